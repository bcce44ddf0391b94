"""Subjects whose jobs fail: how often in a row, and when it is tried again. Kept apart from the jobs.

Sweeps, periodic tasks and events queue the same subject anew while its next attempt waits. Counted by the subject,
its attempts come to an end all the same; and such a job between two attempts is not counted as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from bot.store.database import Connection

MOST_DELIVERIES = 1000
"""Of one subject; more are not waited for by anybody."""


@dataclass(frozen=True, slots=True)
class Failing:
    """A subject after another failure. `seconds` until its next attempt; `deliveries` asked for it, in order."""

    attempts: int
    seconds: float
    deliveries: tuple[UUID, ...]


def note_failure(
    connection: Connection, key: str, attempt: int, delivery: UUID | None, *, waits: list[float]
) -> Failing:
    """The job of `key` failed at its attempt number `attempt`, counted from 0.

    `waits`: seconds to wait after the first failure, the second, and so on. It is counted when the next attempt
    was due, or when this was it; else nothing but its delivery is new.
    """
    row = connection.execute(
        """
        INSERT INTO failing_jobs AS known (key, attempts, next_at, deliveries)
        VALUES (%(key)s, %(attempt)s + 1,
                clock_timestamp() + (%(waits)s::float[])[least(%(attempt)s + 1, %(most)s)] * interval '1 second',
                %(delivery)s)
        ON CONFLICT (key) DO UPDATE SET
            attempts = CASE WHEN %(attempt)s >= known.attempts OR known.next_at <= clock_timestamp()
                THEN greatest(known.attempts, %(attempt)s) + 1 ELSE known.attempts END,
            next_at = CASE WHEN %(attempt)s >= known.attempts OR known.next_at <= clock_timestamp()
                THEN clock_timestamp() + (%(waits)s::float[])[
                    least(greatest(known.attempts, %(attempt)s) + 1, %(most)s)] * interval '1 second'
                ELSE known.next_at END,
            deliveries = CASE WHEN known.deliveries @> excluded.deliveries THEN known.deliveries
                ELSE (known.deliveries || excluded.deliveries)[:%(most_deliveries)s] END
        RETURNING attempts, extract(epoch FROM next_at - clock_timestamp())::float, deliveries
        """,
        {
            "key": key,
            "attempt": attempt,
            "waits": waits,
            "most": len(waits),
            "delivery": [] if delivery is None else [delivery],
            "most_deliveries": MOST_DELIVERIES,
        },
    ).fetchone()
    if row is None:
        raise AssertionError("either the insertion or the update gives a row")
    return Failing(row[0], max(0.0, row[1]), tuple(row[2]))


def forget_failures(connection: Connection, key: str) -> None:
    """The job of `key` is settled: given up, or no longer wanted. (What is done forgets them by itself.)"""
    connection.execute("DELETE FROM failing_jobs WHERE key = %s", [key])


def failing_keys(connection: Connection) -> frozenset[str]:
    """The subjects whose next attempt has its time."""
    rows = connection.execute("SELECT key FROM failing_jobs WHERE next_at > clock_timestamp()")
    return frozenset(key for (key,) in rows)
