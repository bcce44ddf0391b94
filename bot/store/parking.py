"""Jobs that failed too often: kept apart, to be seen and to be tried again when somebody says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from bot.store.database import Connection
from bot.store.queue import Job, Queue
from bot.store.text import storable


@dataclass(frozen=True, slots=True)
class ParkedJob:
    """A job that was given up. `error` is what it failed with last: one harmless line, without secrets."""

    job: Job
    error: str
    delivery: UUID | None
    parked_at: datetime


def park(connection: Connection, job: Job, error: str, delivery: UUID | None) -> None:
    """Keep `job` as given up, in the place of an earlier one of its key."""
    connection.execute(
        """
        INSERT INTO parked_jobs (key, task, arguments, priority, error, delivery) VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (key) DO UPDATE
            SET arguments = excluded.arguments, priority = excluded.priority, error = excluded.error,
                delivery = coalesce(excluded.delivery, parked_jobs.delivery), parked_at = excluded.parked_at
        """,
        [job.key, job.task, Jsonb(job.arguments), job.priority, storable(error), delivery],
    )


def parked_jobs(connection: Connection, limit: int = 1000) -> list[ParkedJob]:
    """What is parked, the newest first."""
    rows = connection.execute(
        """
        SELECT key, task, arguments, priority, error, delivery, parked_at FROM parked_jobs
        ORDER BY parked_at DESC, key LIMIT %s
        """,
        [limit],
    )
    return [
        ParkedJob(Job(task, key, arguments, priority), error, delivery, parked_at)
        for key, task, arguments, priority, error, delivery, parked_at in rows
    ]


def try_parked_again(connection: Connection, queue: Queue, key: str) -> bool:
    """Queue a parked job from its first attempt; False when none of this key is parked.

    It stays parked until it succeeds, so that it is not out of sight when it fails on the way.
    """
    row = connection.execute("SELECT task, arguments, priority FROM parked_jobs WHERE key = %s", [key]).fetchone()
    if row is None:
        return False
    task, arguments, priority = row
    queue.defer(connection, Job(task, key, {**_first_attempt(arguments)}, priority))
    return True


def _first_attempt(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name != "attempt"}
