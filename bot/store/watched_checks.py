"""Which checks may change a gate: those that the policy in force reads, by base branch, as last known.

Whatever is not known may matter. By a row, events of other checks are left aside; so when a policy changes, the
rows are forgotten with the event that says so (`forget_watched`), and whoever replaces a row by another looks at
the repository once more, since events may have been left aside by the old one.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.subjects import CommitSubject
from bot.store.database import Connection
from bot.store.text import repository_key, storable


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


# What is not known (no row) may matter, and so may an event that names no check.
_MATTERS = "(watched.repository IS NULL OR coalesce(%(check)s::text = ANY(watched.names), true))"


def pull_requests_concerned(connection: Connection, subject: CommitSubject) -> list[int]:
    """The pull requests whose gate the check may change: open ones with this head, and those the event names."""
    rows = connection.execute(
        f"""
        WITH candidates AS (
            SELECT number FROM pull_requests
            WHERE repository = %(repository)s AND head_sha = %(sha)s AND is_open
            UNION SELECT unnest(%(named)s::bigint[])
        )
        SELECT candidates.number FROM candidates
        LEFT JOIN pull_requests AS known
            ON known.repository = %(repository)s AND known.number = candidates.number
        LEFT JOIN watched_checks AS watched
            ON watched.repository = known.repository AND watched.base_branch = known.base_branch
        WHERE known.is_open IS DISTINCT FROM false AND {_MATTERS}
        ORDER BY candidates.number
        """,  # noqa: S608 (constant)
        _values(subject),
    )
    return [number for (number,) in rows]


def merge_group_concerned(connection: Connection, subject: CommitSubject) -> str | None:
    """The base branch of the merge group with this head, when the check may change its gate."""
    row = connection.execute(
        f"""
        SELECT base_branch FROM merge_groups AS known
        LEFT JOIN watched_checks AS watched USING (repository, base_branch)
        WHERE known.repository = %(repository)s AND known.head_sha = %(sha)s AND {_MATTERS}
        """,  # noqa: S608 (constant)
        _values(subject),
    ).fetchone()
    return None if row is None else str(row[0])


def _values(subject: CommitSubject) -> dict[str, object]:
    return {
        "repository": repository_key(subject.repository),
        "sha": storable(subject.sha),
        "named": list(subject.named),
        "check": None if subject.check is None else storable(subject.check).lower(),
    }
