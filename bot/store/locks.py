"""Locks that outlive no process: held in PostgreSQL, let go when their transaction ends, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.store.database import Database
from bot.store.text import repository_key

# GitHub is asked while a lock is held, for longer than a transaction may sleep elsewhere (`bot.store.connecting`).
_LOCK = """
    SELECT set_config('idle_in_transaction_session_timeout', '600s', true),
           pg_advisory_xact_lock(hashtextextended(%s, 0))
"""


@contextmanager
def head_lock(database: Database, repository: str, head_sha: str) -> Iterator[None]:
    """Only one process at a time is inside for one head SHA of one repository; others wait."""
    with database.transaction() as connection:
        key = f"head:{repository_key(repository)}:{head_sha}"
        connection.execute(_LOCK, [key])
        yield


@contextmanager
def desk_lock(database: Database, repository: str) -> Iterator[None]:
    """Only one process at a time is inside for the releases and tags of one repository; others wait."""
    with database.transaction() as connection:
        key = f"desk:{repository_key(repository)}"
        connection.execute(_LOCK, [key])
        yield
