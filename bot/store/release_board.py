"""What is known of a repository's releases, for people: read from our own tables, with no request to GitHub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row
from pydantic import TypeAdapter, ValidationError

from bot.core.model import NextAction
from bot.core.release_model import ReleaseDecision
from bot.store.database import Connection
from bot.store.deployments import Deployment
from bot.store.log import Kind, entries
from bot.store.releases import Release, ReleaseState, release_of
from bot.store.text import repository_key

MOST_RELEASES = MOST_INCIDENTS = MOST_DEPLOYMENTS = MOST_ENTRIES = 50
_DECISION = TypeAdapter(ReleaseDecision)


@dataclass(frozen=True, slots=True)
class BoardedRelease:
    """One release and the newest decision on it (None: not judged yet, or by a version of another shape)."""

    release: Release
    decision: ReleaseDecision | None
    decided_at: datetime | None

    @property
    def commit_sha(self) -> str | None:
        """What was tagged or is being tagged, else what was judged last, else what was asked for."""
        if self.release.plan is not None:
            return self.release.plan.judged_sha
        return self.release.target if self.decision is None else self.decision.target_sha

    @property
    def next_action(self) -> NextAction | None:
        """Who acts next, if anybody has to: what GitHub put in the way goes before the gate itself."""
        release = self.release
        if release.state in (ReleaseState.RELEASED, ReleaseState.CANCELLED):
            return None
        if release.obstacle is not None:
            return NextAction(release.obstacle.owner, release.obstacle.action)
        return None if self.decision is None else self.decision.next_action


@dataclass(frozen=True, slots=True)
class BoardedIncident:
    """A tag that was not as it should be. `over_at` is None while that lasts, or is not told in an issue yet."""

    name: str
    kind: str
    seen_sha: str | None
    right_sha: str | None
    actor: str | None
    state: str
    issue_number: int | None
    found_at: datetime
    over_at: datetime | None


@dataclass(frozen=True, slots=True)
class BoardedEntry:
    """One entry of the decision log, without what it holds."""

    id: int
    kind: str
    subject: str
    state: str
    title: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseBoard:
    """One repository's releases, incidents, deployments and log, as far as it is about none of its merge gates.

    `is_known` is False for a repository never heard of.
    """

    repository: str
    is_known: bool
    releases: tuple[BoardedRelease, ...]
    incidents: tuple[BoardedIncident, ...]
    deployments: tuple[Deployment, ...]
    log: tuple[BoardedEntry, ...]


@dataclass(frozen=True, slots=True)
class ReleaseCount:
    """A repository that ever had a release: how many of them wait for something, and how many were made."""

    repository: str
    active: int
    made: int


def read_releases(connection: Connection, repository: str) -> tuple[BoardedRelease, ...]:
    """Releases with their newest decisions: those that wait for something first, then the newest; at most 50."""
    tags = connection.execute(
        """
        SELECT tag FROM releases WHERE repository = %s
        ORDER BY state IN ('armed', 'tagging') DESC, coalesce(finished_at, armed_at) DESC, id DESC LIMIT %s
        """,
        [repository_key(repository), MOST_RELEASES],
    ).fetchall()
    found = [release_of(connection, repository, tag) for (tag,) in tags]
    return tuple(_boarded(connection, release) for release in found if release is not None)


def read_board(connection: Connection, repository: str) -> ReleaseBoard:
    """All that a repository's page shows; of each list the newest."""
    releases = read_releases(connection, repository)
    incidents, deployments = _incidents(connection, repository), _deployments(connection, repository)
    log, is_known = _log(connection, repository), bool(releases) or _is_known(connection, repository)
    return ReleaseBoard(repository, is_known, releases, incidents, deployments, log)


def read_release_counts(connection: Connection) -> list[ReleaseCount]:
    """The repositories that ever had a release, by name."""
    with connection.cursor(row_factory=class_row(ReleaseCount)) as cursor:
        return cursor.execute(
            """
            SELECT repository, count(*) FILTER (WHERE state IN ('armed', 'tagging')) AS active,
                   count(*) FILTER (WHERE state = 'released') AS made
            FROM releases GROUP BY repository ORDER BY repository
            """
        ).fetchall()


def _boarded(connection: Connection, release: Release) -> BoardedRelease:
    kinds = [Kind.RELEASE_GATE]
    newest = entries(connection, release.repository, kinds=kinds, subject=release.tag, limit=1)
    if not newest:
        return BoardedRelease(release, None, None)
    try:
        decision = _DECISION.validate_python(newest[0].content)
    except ValidationError:
        return BoardedRelease(release, None, None)
    return BoardedRelease(release, decision, newest[0].recorded_at)


def _incidents(connection: Connection, repository: str) -> tuple[BoardedIncident, ...]:
    with connection.cursor(row_factory=class_row(BoardedIncident)) as cursor:
        rows = cursor.execute(
            """
            SELECT name, kind, seen_sha, right_sha, actor, state, issue_number, found_at, over_at
            FROM tag_incidents WHERE repository = %s ORDER BY over_at IS NULL DESC, id DESC LIMIT %s
            """,
            [repository_key(repository), MOST_INCIDENTS],
        )
        return tuple(rows)


def _deployments(connection: Connection, repository: str) -> tuple[Deployment, ...]:
    with connection.cursor(row_factory=class_row(Deployment)) as cursor:
        rows = cursor.execute(
            """
            SELECT repository, run_id, environment, ref, sha, callback_path, requested_at, delivery_guid, state,
                   answered_at
            FROM deployments WHERE repository = %s ORDER BY requested_at DESC, run_id DESC, environment LIMIT %s
            """,
            [repository_key(repository), MOST_DEPLOYMENTS],
        )
        return tuple(rows)


def _log(connection: Connection, repository: str) -> tuple[BoardedEntry, ...]:
    with connection.cursor(row_factory=class_row(BoardedEntry)) as cursor:
        rows = cursor.execute(
            """
            SELECT id, kind, subject, state, title, decided_at AS recorded_at FROM decisions
            WHERE repository = %s AND kind NOT IN ('merge_gate', 'merge_group') ORDER BY id DESC LIMIT %s
            """,
            [repository_key(repository), MOST_ENTRIES],
        )
        return tuple(rows)


def _is_known(connection: Connection, repository: str) -> bool:
    row = connection.execute(
        """
        SELECT EXISTS (SELECT FROM installations WHERE repository = %(key)s)
            OR EXISTS (SELECT FROM decisions WHERE repository = %(key)s)
        """,
        {"key": repository_key(repository)},
    ).fetchone()
    return row is not None and bool(row[0])
