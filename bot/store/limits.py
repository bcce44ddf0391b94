"""GitHub's limits, counted in PostgreSQL: one count for all processes on all machines.

Each question is one statement and one round trip: the functions of migration 0004 lock the account's row, look at
all limits at once, and count. Connections of its own, in autocommit, spare the statements around a transaction.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from bot.github_api.errors import LimitReached
from bot.github_api.limits import FIRST_PAUSE, LONGEST_PAUSE, OF_GITHUB_COM, Cost, Permit, Rules, Said
from bot.store.connecting import PARAMETERS, configure
from bot.store.database import WAIT_SECONDS, Connection, DatabaseUnreachableError
from bot.store.outages import READ_ONLY

LEASE_SECONDS = 60.0
"""So long a request counts as under way when its process is killed. No request takes as long."""
SHORT_WAIT = 0.2
"""Seconds. So little is waited for in the thread, once: less than another attempt of the job would cost."""
LONGEST_RESET = 86_400.0

_ACQUIRE: LiteralString = "SELECT * FROM github_acquire(%s" + 13 * ", %s" + ")"
_SETTLE: LiteralString = "SELECT github_settle(%s" + 11 * ", %s" + ")"


class SharedLimiter:
    """The limiter of all processes that share the database at `url`. Threads share it.

    Raises DatabaseUnreachableError when the database does not answer: nothing is sent uncounted.
    """

    def __init__(self, url: str, rules: Rules = OF_GITHUB_COM, *, size: int = 4) -> None:
        self._rules = rules
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            timeout=WAIT_SECONDS,
            reconnect_timeout=WAIT_SECONDS,
            open=False,
            configure=configure,
            kwargs={
                **PARAMETERS,
                "connect_timeout": max(2, int(WAIT_SECONDS)),
                "application_name": "trackgate limits",
                "autocommit": True,
            },
        )

    def acquire(self, cost: Cost) -> Permit:
        """Leave to send a request. Raises LimitReached, with the wait, when one of the limits has no room."""
        wait, reason, lease = self._ask(cost)
        if 0 < wait <= SHORT_WAIT:
            time.sleep(wait)
            wait, reason, lease = self._ask(cost)
        if wait > 0:
            raise LimitReached(f"GitHub's limits leave no room: {reason} ({cost.account}, {cost.resource})", wait)
        return Permit(cost, lease)

    def settle(self, permit: Permit, said: Said) -> float | None:
        """The request is over, and this is what GitHub said; the seconds of the pause it leads to, if it does."""
        budget, pause, cost = said.budget, said.pause, permit.cost
        # Some resources are not ours to count: only what we asked for is kept under its name.
        known = budget if budget is not None and budget.resource == cost.resource else None
        row = self._row(
            _SETTLE,
            [
                cost.account,
                cost.resource,
                permit.lease,
                known.limit if known else None,
                known.remaining if known else None,
                min(max(said.resets_in, 0.0), LONGEST_RESET),
                pause is not None,
                pause.resource if pause else None,
                pause.seconds if pause else None,
                said.succeeded,
                FIRST_PAUSE,
                LONGEST_PAUSE,
            ],
        )
        return None if row[0] is None else float(row[0])

    def close(self) -> None:
        """Give the connections back to the server. It opens new ones when it is used again."""
        if not self._pool.closed:
            self._pool.close()

    def _ask(self, cost: Cost) -> tuple[float, str, datetime | None]:
        rules = self._rules
        wait, reason, lease = self._row(
            _ACQUIRE,
            [
                cost.account,
                cost.resource,
                cost.points,
                cost.writes,
                rules.creations(cost),
                cost.background,
                rules.points(cost.resource),
                rules.creations_a_minute,
                rules.creations_an_hour,
                rules.in_flight,
                rules.background_reserve if cost.background else rules.reserve,
                rules.spaced_from,
                rules.spacing,
                LEASE_SECONDS,
            ],
        )
        return float(wait), reason, lease

    def _row(self, statement: LiteralString, values: Sequence[object]) -> Any:
        """The one row of a statement. A connection that the server has closed since is replaced once.

        What was counted before an answer was lost is then counted twice, which is on the safe side.
        """
        self._pool.open()
        for attempt in (1, 2):
            try:
                with self._pool.connection() as connection:
                    return connection.execute(statement, values, prepare=True).fetchone()
            except psycopg.errors.ReadOnlySqlTransaction as error:
                self._pool.drain()  # a session keeps what its database was set to when it began
                raise DatabaseUnreachableError(f"database {READ_ONLY}") from error
            except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
                if attempt == 2 or isinstance(error, PoolTimeout):
                    raise DatabaseUnreachableError(f"database does not answer ({type(error).__name__})") from error
                self._pool.check()
        raise AssertionError("unreachable")


@dataclass(frozen=True, slots=True)
class AccountBudget:
    """What is left of one resource of one account ('installation:42', 'app').

    `limit`, `remaining` and `resets_at` are as GitHub last told them (None: it has not); `points` were used in the
    last minute by our own count; `in_flight` requests are under way.
    """

    account: str
    resource: str
    limit: int | None
    remaining: int | None
    resets_at: datetime | None
    points: int
    in_flight: int
    paused_until: datetime | None


def budgets_now(connection: Connection) -> list[AccountBudget]:
    """Every account's budgets, by account and resource; what is over (a reset, a pause) shows as None."""
    rows = connection.execute(
        """
        SELECT account, resource, budget, CASE WHEN resets_at > now() THEN remaining ELSE budget END,
            CASE WHEN resets_at > now() THEN resets_at END,
            (SELECT coalesce(sum(amount), 0) FROM unnest(seconds, points) AS used (slot, amount)
                WHERE slot > extract(epoch FROM now()) - 60),
            (SELECT count(*) FROM unnest(leases) AS lease WHERE lease > now()),
            CASE WHEN greatest(a.paused_until, b.paused_until) > now()
                THEN greatest(a.paused_until, b.paused_until) END
        FROM github_budgets AS b JOIN github_accounts AS a USING (account) ORDER BY account, resource
        """
    ).fetchall()
    return [AccountBudget(*row) for row in rows]
