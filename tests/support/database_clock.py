"""A clock for one test's database: it stands still until the test lets time pass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
import pytest

_CLOCK = """
    CREATE SCHEMA test_clock;
    CREATE TABLE test_clock.present (at timestamptz NOT NULL);
    INSERT INTO test_clock.present VALUES (pg_catalog.clock_timestamp());
    CREATE FUNCTION test_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql
        AS 'SELECT at FROM test_clock.present';
    CREATE FUNCTION test_clock.now() RETURNS timestamptz LANGUAGE sql
        AS 'SELECT at FROM test_clock.present';
    DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET search_path = test_clock, pg_catalog, public', current_database());
    END $$
"""


class DatabaseClock:
    """What the database's functions take for the present, on connections that are made from now on."""

    def __init__(self, connection: psycopg.Connection[tuple[datetime]]) -> None:
        self._connection = connection
        connection.execute(_CLOCK)

    def pass_time(self, seconds: float) -> None:
        """Let so much time pass."""
        self._connection.execute("UPDATE test_clock.present SET at = at + %s", [timedelta(seconds=seconds)])

    @property
    def now(self) -> datetime:
        """The present."""
        row = self._connection.execute("SELECT at FROM test_clock.present").fetchone()
        assert row is not None
        return row[0]


@pytest.fixture
def database_clock(database_url: str) -> Iterator[DatabaseClock]:
    """A clock that stands, for the test's database. Ask for it before anything else connects."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield DatabaseClock(connection)
