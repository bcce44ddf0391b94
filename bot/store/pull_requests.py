"""Pull requests and merge groups as last seen: only to find them again, by their head SHA or as open ones.

Nothing here is a fact for a decision, with one exception: `head_seen_at`, when a head SHA was first seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from bot.store.database import Connection
from bot.store.text import repository_key, storable

_COLUMNS = """repository, number, installation_id, head_sha, base_branch, is_open, is_draft, title, author,
              head_seen_at"""


@dataclass(frozen=True, slots=True)
class KnownPullRequest:
    """One pull request as last seen. `repository` is in lower case; `head_seen_at` is our clock, in UTC."""

    repository: str
    number: int
    installation_id: int
    head_sha: str
    base_branch: str
    is_open: bool
    is_draft: bool
    title: str
    author: str
    head_seen_at: datetime


def remember_pull_request(
    connection: Connection, seen: KnownPullRequest, *, updated_at: datetime | None = None
) -> datetime:
    """Keep what was seen; returns when this head SHA was first seen.

    `updated_at` is GitHub's own time of the state that was seen: a delivery that comes late then changes
    nothing. None means: this was just read from GitHub, so it is the newest.
    """
    row = connection.execute(
        """
        INSERT INTO pull_requests AS known
            (repository, number, installation_id, head_sha, base_branch, is_open, is_draft, title, author,
             head_seen_at, updated_at)
        VALUES (%(repository)s, %(number)s, %(installation_id)s, %(head_sha)s, %(base_branch)s, %(is_open)s,
                %(is_draft)s, %(title)s, %(author)s, %(head_seen_at)s,
                coalesce(%(updated_at)s::timestamptz, '-infinity'))
        ON CONFLICT (repository, number) DO UPDATE
            SET installation_id = excluded.installation_id, head_sha = excluded.head_sha,
                base_branch = excluded.base_branch, is_open = excluded.is_open, is_draft = excluded.is_draft,
                title = excluded.title, author = excluded.author,
                head_seen_at = CASE WHEN known.head_sha = excluded.head_sha THEN known.head_seen_at
                                    ELSE excluded.head_seen_at END,
                updated_at = greatest(known.updated_at, excluded.updated_at)
            WHERE %(updated_at)s::timestamptz IS NULL OR known.updated_at <= %(updated_at)s::timestamptz
        RETURNING head_seen_at
        """,
        {
            "repository": repository_key(seen.repository),
            "number": seen.number,
            "installation_id": seen.installation_id,
            "head_sha": storable(seen.head_sha),
            "base_branch": storable(seen.base_branch),
            "is_open": seen.is_open,
            "is_draft": seen.is_draft,
            "title": storable(seen.title),
            "author": storable(seen.author),
            "head_seen_at": seen.head_seen_at,
            "updated_at": updated_at,
        },
    ).fetchone()
    return row[0] if row is not None else seen.head_seen_at


def find_pull_request(connection: Connection, repository: str, number: int) -> KnownPullRequest | None:
    """The pull request as last seen, or None."""
    query = f"SELECT {_COLUMNS} FROM pull_requests WHERE repository = %s AND number = %s"  # noqa: S608 (constant)
    with connection.cursor(row_factory=class_row(KnownPullRequest)) as cursor:
        return cursor.execute(query, [repository_key(repository), number]).fetchone()


def pull_requests_with_head(connection: Connection, repository: str, sha: str) -> list[KnownPullRequest]:
    """The open pull requests whose head is `sha`: GitHub allows several."""
    query = f"""SELECT {_COLUMNS} FROM pull_requests
                WHERE repository = %s AND head_sha = %s AND is_open ORDER BY number"""  # noqa: S608 (constant)
    with connection.cursor(row_factory=class_row(KnownPullRequest)) as cursor:
        return cursor.execute(query, [repository_key(repository), storable(sha)]).fetchall()


def open_pull_requests(connection: Connection, repository: str | None = None) -> list[KnownPullRequest]:
    """The open pull requests of a repository, or of all, by repository and number."""
    key = None if repository is None else repository_key(repository)
    query = f"""SELECT {_COLUMNS} FROM pull_requests
                WHERE is_open AND (%(key)s::text IS NULL OR repository = %(key)s)
                ORDER BY repository, number"""  # noqa: S608 (constant)
    with connection.cursor(row_factory=class_row(KnownPullRequest)) as cursor:
        return cursor.execute(query, {"key": key}).fetchall()


def close_pull_requests(connection: Connection, repository: str, *, except_for: tuple[int, ...] = ()) -> None:
    """Mark as closed what GitHub no longer lists as open (`except_for` is its list)."""
    connection.execute(
        "UPDATE pull_requests SET is_open = false WHERE repository = %s AND is_open AND NOT number = ANY(%s)",
        [repository_key(repository), list(except_for)],
    )


def remember_merge_group(
    connection: Connection, repository: str, head_sha: str, base_branch: str, now: datetime
) -> datetime:
    """Keep a merge group's head, so that checks on it can be told apart; returns when it was first seen."""
    row = connection.execute(
        """
        INSERT INTO merge_groups AS known (repository, head_sha, base_branch, head_seen_at)
        VALUES (%s, %s, %s, %s)
        ON CONFLICT (repository, head_sha) DO UPDATE SET base_branch = excluded.base_branch
        RETURNING head_seen_at
        """,
        [repository_key(repository), storable(head_sha), storable(base_branch), now],
    ).fetchone()
    return row[0] if row is not None else now


def merge_group_base(connection: Connection, repository: str, head_sha: str) -> str | None:
    """The base branch of the merge group with this head, or None when it is no merge group's head."""
    row = connection.execute(
        "SELECT base_branch FROM merge_groups WHERE repository = %s AND head_sha = %s",
        [repository_key(repository), storable(head_sha)],
    ).fetchone()
    return None if row is None else row[0]


def forget_merge_group(connection: Connection, repository: str, head_sha: str) -> None:
    """A merge group is gone: merged, or given up."""
    connection.execute(
        "DELETE FROM merge_groups WHERE repository = %s AND head_sha = %s",
        [repository_key(repository), storable(head_sha)],
    )


def waiting_merge_groups(
    connection: Connection, repository: str, base_branch: str | None = None
) -> list[tuple[str, str]]:
    """Head SHA and base branch of the merge groups that may still wait: not gone, and seen within the last day."""
    return connection.execute(
        """
        SELECT head_sha, base_branch FROM merge_groups
        WHERE repository = %(repository)s AND head_seen_at > now() - interval '1 day'
            AND (%(base)s::text IS NULL OR base_branch = %(base)s)
        ORDER BY head_sha
        """,
        {
            "repository": repository_key(repository),
            "base": None if base_branch is None else storable(base_branch),
        },
    ).fetchall()
