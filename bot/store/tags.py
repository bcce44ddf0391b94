"""What the tag guard remembers: the tags that were there before it, and what it found wrong since.

Tags that the gate made or is making are read from the releases themselves: there is one truth about them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.core.tags import IncidentKind, KnownTag, TagIncident, TagKind
from bot.store.database import Connection
from bot.store.text import repository_key, storable


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """One incident until it is over. `is_undone`: the tag was put right, and the issue is still to be opened."""

    id: int
    name: str
    kind: IncidentKind
    seen_sha: str | None
    right_sha: str | None
    actor: str | None
    found_at: datetime
    is_undone: bool
    issue_number: int | None

    def __post_init__(self) -> None:
        """Kinds come from the database as plain text."""
        object.__setattr__(self, "kind", IncidentKind(self.kind))


def take_baseline(
    connection: Connection,
    repository: str,
    tags: Mapping[str, str],
    now: datetime,
    patterns: Iterable[str] = (),
) -> bool:
    """Keep the tags (name → object SHA) as they are when the repository is first seen; False if they are kept.

    `patterns` are the policy's at that time: what they did not call release tags, nobody guarded.
    """
    taken = connection.execute(
        """
        INSERT INTO tag_baselines (repository, tags, patterns, taken_at) VALUES (%s, %s, %s, %s)
        ON CONFLICT DO NOTHING
        """,
        [repository_key(repository), _as_json(tags), sorted(patterns), now],
    )
    return taken.rowcount == 1


def baseline_patterns(connection: Connection, repository: str) -> tuple[str, ...]:
    """The policy's patterns that tags were last guarded by."""
    row = connection.execute(
        "SELECT patterns FROM tag_baselines WHERE repository = %s", [repository_key(repository)]
    ).fetchone()
    return () if row is None else tuple(row[0])


def widen_baseline(
    connection: Connection, repository: str, tags: Mapping[str, str], patterns: Iterable[str]
) -> None:
    """The policy calls other tags release tags from now on: those that are there were nobody's business."""
    connection.execute(
        "UPDATE tag_baselines SET tags = %s || tags, patterns = %s WHERE repository = %s",
        [_as_json(tags), sorted(patterns), repository_key(repository)],
    )


def known_tags(connection: Connection, repository: str) -> dict[str, KnownTag] | None:
    """The tags that may be there, by name; None before the baseline was taken.

    A tag that is being made is known once its object is noted. What the gate made goes before the baseline.
    """
    key = repository_key(repository)
    baseline = connection.execute("SELECT tags FROM tag_baselines WHERE repository = %s", [key]).fetchone()
    if baseline is None:
        return None
    known = {name: KnownTag(name, sha, TagKind.BASELINE) for name, sha in baseline[0].items()}
    made = connection.execute(
        """
        SELECT tag, tag_object_sha, CASE state WHEN 'released' THEN 'released' ELSE 'planned' END FROM releases
        WHERE repository = %s AND state IN ('released', 'tagging') AND tag_object_sha IS NOT NULL
        """,
        [key],
    )
    return known | {name: KnownTag(name, sha, TagKind(kind)) for name, sha, kind in made}


def keep_incidents(
    connection: Connection,
    repository: str,
    found: Iterable[TagIncident],
    now: datetime,
    actors: Mapping[str, str] | None = None,
) -> list[StoredIncident]:
    """Keep all that the guard finds wrong at this moment; all incidents that are not over, the oldest first.

    One that is known already stays one row, with its issue: a tag that is left as it is is reported once. One that
    was undone and is there again has to be undone again. A reported one that is no longer found is over.
    `actors` are the logins, by the tag's name, of those who did it, as far as known.
    """
    key, incidents = repository_key(repository), sorted(found, key=lambda one: (one.name, one.kind))
    for one in incidents:
        actor = (actors or {}).get(one.name)
        connection.execute(
            """
            INSERT INTO tag_incidents AS known (repository, name, kind, seen_sha, right_sha, actor, found_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (repository, name, kind, coalesce(seen_sha, ''), coalesce(right_sha, ''))
                WHERE over_at IS NULL
            DO UPDATE SET state = CASE known.state WHEN 'undone' THEN 'found' ELSE known.state END,
                          actor = coalesce(known.actor, excluded.actor)
            """,
            [
                key,
                storable(one.name),
                one.kind.value,
                one.seen_sha,
                one.right_sha,
                None if actor is None else storable(actor),
                now,
            ],
        )
    present = {(storable(one.name), one.kind, one.seen_sha, one.right_sha) for one in incidents}
    lasting = incidents_of(connection, key)
    over = [
        one.id
        for one in lasting
        if one.issue_number is not None and (one.name, one.kind, one.seen_sha, one.right_sha) not in present
    ]
    connection.execute("UPDATE tag_incidents SET over_at = %s WHERE id = ANY(%s)", [now, over])
    return [one for one in lasting if one.id not in over]


def incidents_of(connection: Connection, repository: str) -> list[StoredIncident]:
    """The incidents that are not over, the oldest first."""
    with connection.cursor(row_factory=class_row(StoredIncident)) as cursor:
        return cursor.execute(
            """
            SELECT id, name, kind, seen_sha, right_sha, actor, found_at, state = 'undone' AS is_undone,
                   issue_number
            FROM tag_incidents WHERE repository = %s AND over_at IS NULL ORDER BY id
            """,
            [repository_key(repository)],
        ).fetchall()


def note_undone(connection: Connection, incident: StoredIncident) -> bool:
    """The tag was put right on GitHub. False when the incident was reported already, or undone."""
    changed = connection.execute(
        "UPDATE tag_incidents SET state = 'undone' WHERE id = %s AND state = 'found'", [incident.id]
    )
    return changed.rowcount == 1


def note_issue(connection: Connection, incident: StoredIncident, issue_number: int, now: datetime) -> bool:
    """An issue tells of it. With that an undone one is over; one that was left lasts until the tag is right.

    False when it had an issue already.
    """
    changed = connection.execute(
        """
        UPDATE tag_incidents SET state = 'reported', issue_number = %s,
            over_at = CASE state WHEN 'undone' THEN %s::timestamptz END
        WHERE id = %s AND state <> 'reported'
        """,
        [issue_number, now, incident.id],
    )
    return changed.rowcount == 1


def _as_json(tags: Mapping[str, str]) -> Jsonb:
    return Jsonb({storable(name): sha for name, sha in tags.items()})
