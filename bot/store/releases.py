"""Releases: the row of a tag is the lock and the plan of its release. Each change names the state it starts from.

armed → (gate found open, plan kept) tagging → (everything is on GitHub) released; or cancelled, and armed again.
A released one never changes: the database refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.store.database import Connection
from bot.store.text import repository_key, storable


class ReleaseState(StrEnum):
    """How far a release is."""

    ARMED = "armed"
    TAGGING = "tagging"
    RELEASED = "released"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a plan from being carried out, with the one next action and its owner."""

    text: str
    owner: str
    action: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What was judged open, and will be signed and tagged: this and nothing else.

    `judged_sha` is the commit, `record` the signed release record, `tagger_at` the time that the tag will bear:
    with it kept, the same tag object is made however often it is tried.
    """

    judged_sha: str
    policy_digest: str
    decision_digest: str
    record: bytes
    tagger_at: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """One tag that was ever armed. `target` None: the release branch's head, wherever that moves.

    `issue_number` is where it was armed first. `plan` is there while it is tagged and from then on.
    """

    id: int
    repository: str
    tag: str
    state: ReleaseState
    target: str | None
    armed_by: str
    armed_at: datetime
    issue_number: int
    plan: Plan | None = None
    tag_object_sha: str | None = None
    release_id: int | None = None
    obstacle: Obstacle | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    repository: str
    tag: str
    state: str
    target: str | None
    armed_by: str
    armed_at: datetime
    issue_number: int
    judged_sha: str | None
    policy_digest: str | None
    decision_digest: str | None
    record: bytes | None
    tagger_at: datetime | None
    tag_object_sha: str | None
    release_id: int | None
    obstacle: dict[str, str] | None
    finished_at: datetime | None


_COLUMNS = """id, repository, tag, state, target, armed_by, armed_at, issue_number, judged_sha, policy_digest,
              decision_digest, record, tagger_at, tag_object_sha, release_id, obstacle, finished_at"""


def arm(
    connection: Connection,
    repository: str,
    tag: str,
    *,
    target: str | None,
    by: str,
    issue_number: int,
    now: datetime,
) -> tuple[Release, bool]:
    """Arm a release; and whether it is newly so.

    Of two at once one arms it and the other is told of that one's. One that is armed, tagged or released already
    stays as it is, also when its target is another. A cancelled one is armed again.
    """
    key, tag = repository_key(repository), storable(tag)
    while True:
        newly = _select(
            connection,
            f"""
            INSERT INTO releases AS known (repository, tag, state, target, armed_by, armed_at, issue_number)
            VALUES (%s, %s, 'armed', %s, lower(%s), %s, %s)
            ON CONFLICT (repository, tag) DO UPDATE
                SET state = 'armed', target = excluded.target, armed_by = excluded.armed_by,
                    armed_at = excluded.armed_at, finished_at = NULL
                WHERE known.state = 'cancelled'
            RETURNING {_COLUMNS}
            """,  # noqa: S608  (the columns are the constant above)
            [key, tag, target, storable(by), now, issue_number],
        )
        if newly:
            return newly[0], True
        known = release_of(connection, key, tag)
        if known is not None:  # else it was erased in between
            return known, False


def release_of(connection: Connection, repository: str, tag: str) -> Release | None:
    """The release of this tag (case counts in tags), or None if it was never armed."""
    found = _select(
        connection,
        f"SELECT {_COLUMNS} FROM releases WHERE repository = %s AND tag = %s",  # noqa: S608  (constant columns)
        [repository_key(repository), storable(tag)],
    )
    return found[0] if found else None


def active_releases(connection: Connection, repository: str) -> list[Release]:
    """The releases that are armed or being tagged, in the order they were armed."""
    return _select(
        connection,
        f"""
        SELECT {_COLUMNS} FROM releases WHERE repository = %s AND state IN ('armed', 'tagging')
        ORDER BY armed_at, id
        """,  # noqa: S608  (the columns are the constant above)
        [repository_key(repository)],
    )


def has_active_releases(connection: Connection, repository: str) -> bool:
    """Whether any release is armed or being tagged: what may open a release gate matters only then."""
    row = connection.execute(
        "SELECT 1 FROM releases WHERE repository = %s AND state IN ('armed', 'tagging') LIMIT 1",
        [repository_key(repository)],
    ).fetchone()
    return row is not None


def repositories_with_active_releases(connection: Connection) -> set[str]:
    """The repositories (in lower case) with a release that is armed or being tagged."""
    rows = connection.execute("SELECT DISTINCT repository FROM releases WHERE state IN ('armed', 'tagging')")
    return {repository for (repository,) in rows}


def released(connection: Connection, repository: str) -> dict[str, tuple[str, str]]:
    """The tags that the gate made: (commit, tag object's SHA) of each."""
    rows = connection.execute(
        "SELECT tag, judged_sha, tag_object_sha FROM releases WHERE repository = %s AND state = 'released'",
        [repository_key(repository)],
    )
    return {tag: (commit, tag_object) for tag, commit, tag_object in rows}


def cancel(connection: Connection, release: Release, now: datetime) -> bool:
    """armed → cancelled; False when it is not armed (any more), for instance since it is being tagged."""
    return _change(connection, release, "armed", "state = 'cancelled', obstacle = NULL, finished_at = %s", [now])


def keep_plan(connection: Connection, release: Release, plan: Plan) -> bool:
    """armed → tagging: the gate was found open. False when it is not armed as `release` says any more."""
    return _change(
        connection,
        release,
        "armed",
        """
        state = 'tagging', judged_sha = %s, policy_digest = %s, decision_digest = %s, record = %s, tagger_at = %s,
        obstacle = NULL
        """,
        [plan.judged_sha, plan.policy_digest, plan.decision_digest, plan.record, plan.tagger_at],
    )


def drop_plan(connection: Connection, release: Release) -> bool:
    """tagging → armed: what was judged no longer holds, and the tag is not on GitHub."""
    return _change(
        connection,
        release,
        "tagging",
        """
        state = 'armed', judged_sha = NULL, policy_digest = NULL, decision_digest = NULL, record = NULL,
        tagger_at = NULL, tag_object_sha = NULL, release_id = NULL, obstacle = NULL
        """,
        [],
    )


def note_tag_object(connection: Connection, release: Release, tag_object_sha: str) -> bool:
    """While tagging: the tag's object is on GitHub, before any reference to it."""
    return _change(connection, release, "tagging", "tag_object_sha = %s", [tag_object_sha])


def note_release_id(connection: Connection, release: Release, release_id: int) -> bool:
    """While tagging: GitHub's release is there, perhaps still a draft."""
    return _change(connection, release, "tagging", "release_id = %s", [release_id])


def finish(connection: Connection, release: Release, now: datetime) -> bool:
    """tagging → released, for good. False when it is not being tagged as `release` says any more.

    Raises psycopg.errors.CheckViolation while tag object and release are not noted.
    """
    return _change(connection, release, "tagging", "state = 'released', obstacle = NULL, finished_at = %s", [now])


def set_obstacle(connection: Connection, release: Release, obstacle: Obstacle | None) -> bool:
    """Keep what is in the way of `release`, or that nothing is; False unless it still is armed or being tagged."""
    if release.state not in (ReleaseState.ARMED, ReleaseState.TAGGING):
        return False
    value = None if obstacle is None else Jsonb({key: storable(text) for key, text in asdict(obstacle).items()})
    return _change(connection, release, release.state.value, "obstacle = %s", [value])


def _change(
    connection: Connection, release: Release, expected: str, changes: LiteralString, values: Iterable[Any]
) -> bool:
    """Change the row if it still is the `release` that its caller saw: armed then, and with that very plan."""
    plan = release.plan
    seen = [None, None] if plan is None else [plan.judged_sha, plan.tagger_at]
    changed = connection.execute(
        f"""
        UPDATE releases SET {changes} WHERE id = %s AND state = %s AND armed_at = %s
            AND judged_sha IS NOT DISTINCT FROM %s AND tagger_at IS NOT DISTINCT FROM %s
        """,  # noqa: S608  (the changes are the texts above)
        [*values, release.id, expected, release.armed_at, *seen],
    )
    return changed.rowcount == 1


def _select(connection: Connection, query: LiteralString, values: list[Any]) -> list[Release]:
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        return [_release(row) for row in cursor.execute(query, values)]


def _release(row: _Row) -> Release:
    plan = None
    if (
        row.judged_sha is not None
        and row.policy_digest is not None
        and row.decision_digest is not None
        and row.record is not None
        and row.tagger_at is not None
    ):
        plan = Plan(row.judged_sha, row.policy_digest, row.decision_digest, row.record, row.tagger_at)
    return Release(
        row.id,
        row.repository,
        row.tag,
        ReleaseState(row.state),
        row.target,
        row.armed_by,
        row.armed_at,
        row.issue_number,
        plan,
        row.tag_object_sha,
        row.release_id,
        None if row.obstacle is None else Obstacle(**row.obstacle),
        row.finished_at,
    )
