"""Old rows go, a few thousand at a time. The decision log is no part of this: nothing of it is ever deleted.

What is decided about releases, sign-offs, holds and tags stays as well: it is small, and still in force.
"""

from __future__ import annotations

from datetime import datetime

from bot.store.database import Connection, Database

BATCH = 2_000
"""Rows a transaction: small enough that nobody waits long for what it locks."""

# A table, its key, and which of its rows are done with and older than %(before)s.
_DONE_WITH: tuple[tuple[str, str, str], ...] = (
    # Each GUID must be known for as long as GitHub can deliver it again: 3 days, on Enterprise Server 7.
    ("deliveries", "guid", "received_at < %(before)s"),
    ("commands", "(comment_id, line_number)", "state = 'answered' AND received_at < %(before)s"),
    ("deployments", "(repository, run_id, environment)", "answered_at < %(before)s"),
    ("merge_groups", "(repository, head_sha)", "head_seen_at < %(before)s"),
    (
        "refused_requests",
        "(repository, number, head_sha, login)",
        """(repository, number) IN (
            SELECT repository, number FROM pull_requests WHERE NOT is_open AND head_seen_at < %(before)s)""",
    ),
    ("parked_jobs", "key", "parked_at < %(before)s"),
    ("failing_jobs", "key", "next_at < %(before)s"),
    # What is kept for installations that ask nothing of GitHub any more, most of which are gone.
    ("installation_tokens", "installation_id", "renew_at < %(before)s"),
    (
        "github_accounts",
        "account",
        """paused_until < %(before)s AND account IN (
            SELECT account FROM github_budgets GROUP BY account HAVING max(resets_at) < %(before)s)""",
    ),
    (
        "procrastinate_jobs",
        "id",
        "status IN ('succeeded', 'failed', 'cancelled', 'aborted') AND queued_at < %(before)s",
    ),
)


def prune(database: Database, before: datetime) -> dict[str, int]:
    """Delete what is done with and older than `before`; how many rows of which table. Safe to stop and repeat.

    Raises DatabaseUnreachableError.
    """
    return {table: _prune(database, table, key, condition, before) for table, key, condition in _DONE_WITH}


def _prune(database: Database, table: str, key: str, condition: str, before: datetime) -> int:
    total = 0
    while True:
        with database.transaction() as connection:
            deleted = _delete_some(connection, table, key, condition, before)
        total += deleted
        if deleted < BATCH:
            return total


def _delete_some(connection: Connection, table: str, key: str, condition: str, before: datetime) -> int:
    # Rows that somebody works on are left for the next time. The texts are the constants above, never input.
    statement = f"""DELETE FROM {table} WHERE {key} IN (
        SELECT {key.strip("()")} FROM {table} WHERE {condition} LIMIT {BATCH} FOR UPDATE SKIP LOCKED)"""  # noqa: S608
    return connection.execute(statement, {"before": before}).rowcount
