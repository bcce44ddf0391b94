"""Which checks may change a gate: those that the policy in force reads, by base branch, as last known.

Whatever is not known may matter. By a row, events of other checks are left aside; so when a policy changes, the
rows are forgotten with the event that says so (`forget_watched`), and whoever replaces a row by another looks at
the repository once more, since events may have been left aside by the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.core.subjects import CommitSubject
from bot.store.database import Connection
from bot.store.rows import rows_of
from bot.store.text import repository_key, storable


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whose gates may change: pull requests by number, in order; merge groups of that head by base branch."""

    numbers: list[int] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)


def keep_watched(connection: Connection, repository: str, base_branch: str, names: Sequence[str]) -> bool:
    """Keep which checks are watched for a base branch, by their names in lower case and in order.

    Whether this replaces others that were known until now.
    """
    key, branch, given = repository_key(repository), storable(base_branch), [storable(name) for name in names]
    inserted = connection.execute(
        """
        INSERT INTO watched_checks (repository, base_branch, names) VALUES (%s, %s, %s)
        ON CONFLICT DO NOTHING
        """,
        [key, branch, given],
    )
    if inserted.rowcount == 1:
        return False
    updated = connection.execute(
        """
        UPDATE watched_checks SET names = %(names)s
        WHERE repository = %(key)s AND base_branch = %(branch)s AND names <> %(names)s::text[]
        """,
        {"key": key, "branch": branch, "names": given},
    )
    return updated.rowcount == 1


def forget_watched(connection: Connection, repository: str) -> None:
    """The repository's policy may have changed: any check may matter until it was read."""
    connection.execute("DELETE FROM watched_checks WHERE repository = %s", [repository_key(repository)])


def concerned_by(connection: Connection, subjects: Sequence[CommitSubject]) -> dict[CommitSubject, Concerned]:
    """Whose gate a check on a commit may change: the open pull requests and merge groups at that head, and the
    pull requests that the event names, as far as their policies watch the check.

    Without a check, everybody at that head.
    """
    found = {subject: Concerned() for subject in subjects}
    if not found:
        return found
    asked = list(found)
    named = [(place, number) for place, subject in enumerate(asked) for number in subject.named]
    values = {
        "asked": rows_of([_columns(place, subject) for place, subject in enumerate(asked)]),
        "named": rows_of([{"place": place, "number": number} for place, number in named]),
    }
    rows = connection.execute(
        """
        WITH asked AS (
            SELECT place, repository, head_sha, name
            FROM json_to_recordset(%(asked)s) AS asked (place int, repository text, head_sha text, name text)
        ), candidates AS (
            SELECT place, repository, name, number FROM asked JOIN pull_requests USING (repository, head_sha)
            WHERE is_open
            UNION
            SELECT place, repository, name, number
            FROM json_to_recordset(%(named)s) AS named (place int, number bigint)
            JOIN asked USING (place)
        ), gates AS (
            SELECT place, repository, name, number, known.base_branch FROM candidates
            LEFT JOIN pull_requests AS known USING (repository, number)
            WHERE known.is_open IS DISTINCT FROM false
            UNION ALL
            SELECT place, repository, name, NULL, base_branch
            FROM asked JOIN merge_groups USING (repository, head_sha)
        )
        SELECT place, number, base_branch FROM gates
        LEFT JOIN watched_checks AS watched USING (repository, base_branch)
        -- What is not known (no row) may matter, and so may an event that names no check.
        WHERE watched.names IS NULL OR name IS NULL OR name = ANY(watched.names)
        ORDER BY number
        """,
        values,
    )
    for place, number, base in rows:
        concerned = found[asked[place]]
        if number is None:
            concerned.bases.append(base)
        else:
            concerned.numbers.append(number)
    return found


def _columns(place: int, subject: CommitSubject) -> dict[str, object]:
    return {
        "place": place,
        "repository": repository_key(subject.repository),
        "head_sha": storable(subject.sha),
        "name": None if subject.check is None else storable(subject.check).lower(),
    }
