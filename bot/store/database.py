"""The pool of connections to PostgreSQL that one process keeps. Any `DATABASE_URL` will do."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from bot.store.connecting import PARAMETERS, configure
from bot.store.outages import READ_ONLY, why_read_only

Connection = psycopg.Connection[Any]
Cursor = psycopg.Cursor[Any]

POOL_SIZE = 10
WAIT_SECONDS = 5.0
"""GitHub cuts a delivery after 10 seconds: a 503 before that is worth more than a connection after."""


class DatabaseUnreachableError(Exception):
    """PostgreSQL did not answer in time or hung up. The text holds no address and no secret."""


class ConflictError(DatabaseUnreachableError):
    """What another transaction holds was in the way; the same may well go through now."""


def require_writable(connection: Connection) -> None:
    """Raise psycopg.errors.ReadOnlySqlTransaction when nothing can be written; finds out without writing."""
    reason = why_read_only(connection)
    if reason is not None:
        raise psycopg.errors.ReadOnlySqlTransaction(f"the database {reason}")


def is_refusal_of_values(error: psycopg.Error) -> bool:
    """Whether the database refused a value (type, constraint, size), so that the same would fail again."""
    return isinstance(error, (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded))


@contextmanager
def one_connection(url: str) -> Iterator[Connection]:
    """A connection without a pool, within one transaction, for a command that soon ends. Raises psycopg.Error.

    A pool would try again and again while the database is down, and log each failure.
    """
    with psycopg.connect(url, connect_timeout=max(2, int(WAIT_SECONDS))) as connection:
        yield connection


def _check(connection: Connection) -> None:
    """Raise psycopg.OperationalError when the server has hung up since.

    A server that did so, or says anything else now, has sent something; otherwise a question that costs another
    exchange would tell no more.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        ConnectionPool.check_connection(connection)


class Database:
    """A pool of connections, opened on first use so that a process can start before its database.

    Create it after a fork: connections must not be shared between processes. `statement_seconds`: the server ends
    a statement that takes longer, where somebody waits for the answer.
    """

    def __init__(
        self,
        url: str,
        *,
        size: int = POOL_SIZE,
        wait_seconds: float = WAIT_SECONDS,
        statement_seconds: float = 0,
    ) -> None:
        self.url = url
        self._wait_seconds = wait_seconds
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            timeout=wait_seconds,
            # Attempts are ever further apart up to this: after an outage we must not wait for minutes.
            reconnect_timeout=wait_seconds,
            open=False,
            # A connection that the server has closed since is replaced before anybody gets it.
            check=_check,
            configure=partial(configure, statement_seconds=statement_seconds),
            kwargs={**PARAMETERS, "connect_timeout": max(2, int(wait_seconds)), "application_name": "trackgate"},
        )

    @property
    def pool(self) -> ConnectionPool[Connection]:
        """The pool itself, for the queue's connector; opened."""
        self._pool.open()
        return self._pool

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection within one transaction: committed at the end, rolled back on an exception.

        Raises DatabaseUnreachableError when there is no connection to be had, it breaks on the way, or nothing can
        be written; as ConflictError when only another transaction was in the way. What else the database says to
        a statement comes out as it is.
        """
        try:
            with self.pool.connection() as connection:
                yield connection
        except psycopg.errors.ProgramLimitExceeded:
            raise  # about a value that is too large, and yet of the family of errors that tell of an outage
        except (psycopg.errors.TransactionRollback, psycopg.errors.LockNotAvailable) as error:
            raise ConflictError(f"another transaction was in the way ({type(error).__name__})") from error
        except psycopg.errors.ReadOnlySqlTransaction as error:
            # A session keeps what its database was set to when it began, also when that has changed since.
            self.pool.drain()
            raise DatabaseUnreachableError(f"database {READ_ONLY}") from error
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise DatabaseUnreachableError(f"database does not answer ({type(error).__name__})") from error

    @contextmanager
    def pipelined(self) -> Iterator[Connection]:
        """The same, for many statements: the server is waited for only where a result is read.

        What else a statement raises comes with the next result that is read, or at the end. So nothing in the
        block may rely on a statement whose result it does not read; the number of rows is no result here.
        """
        with self.transaction() as connection, connection.pipeline():
            yield connection
            connection.commit()  # goes along with the last statement

    def close(self) -> None:
        """Give all connections back to the server."""
        self._pool.close()
