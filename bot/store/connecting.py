"""How every connection to PostgreSQL notices that its other end is gone without a word.

A host that vanishes sends no end of its connections. Without the settings below the server keeps its transactions
and locks for two hours (Linux's default), and a client waits as long for an answer. They do not matter on a Unix
socket, where the kernel knows that a process has ended.
"""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg
from psycopg_pool import AsyncConnectionPool

PARAMETERS: dict[str, int] = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds that what was sent may stay unacknowledged
}
"""Parameters of libpq: our side gives up a silent server after 20 to 25 seconds."""

SESSION: LiteralString = """
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = 20000; SET idle_in_transaction_session_timeout = '120s'
"""
"""Settings of the session: the server gives up a silent client as soon, and one that sleeps within a transaction
(its machine was stopped) after two minutes. GitHub is asked within a transaction only where a lock has to be held
(`bot.store.locks`), and each of its answers comes within seconds."""


def configure(connection: psycopg.Connection[object], *, statement_seconds: float = 0) -> None:
    """Make the server notice our end, on a new connection of a pool, and end what takes longer (0: nothing)."""
    connection.execute(SESSION)
    if statement_seconds:
        connection.execute(
            "SELECT set_config('statement_timeout', %s, false)", [f"{int(statement_seconds * 1000)}ms"]
        )
    connection.commit()


async def configure_for_queue(connection: psycopg.AsyncConnection[object]) -> None:
    """The same for the queue's own connections, each of whose statements is a transaction.

    What the worker notes of a job need not survive the power cut that ends the worker: a job that was begun, or
    ended, but is not known to be, is done again. So it does not wait for the disk.
    """
    await connection.set_autocommit(True)
    await connection.execute(SESSION)
    await connection.execute("SET synchronous_commit = off")


def queue_pool(**options: Any) -> AsyncConnectionPool:
    """The pool of the queue's connections, whose `options` Procrastinate gives.

    Without its question to the server before each use, which would double what an idle look or a job's end costs:
    when a connection is broken, the worker notices it at the next heartbeat at the latest, and starts again.
    """
    return AsyncConnectionPool(**{**options, "check": None})
