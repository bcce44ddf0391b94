"""A real PostgreSQL for tests: one server for the whole run, one migrated, empty database for each test.

The server starts with the first test that asks for a database. Under pytest-xdist the controlling process starts
it and tells the workers its address, so there is one however many workers run.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.store.database import Connection, Database
from bot.store.embedded import embedded_postgres
from bot.store.migrate import migrate
from tests.support.reused_databases import ReusedDatabases, address

_TEMPLATE = "migrated_template"
_running = ExitStack()
_numbers = itertools.count()


def _start_server() -> str:
    """Start the server, with a migrated template in it; gives the address of its first database."""
    folder = Path(tempfile.mkdtemp(prefix="trackgate-tests-"))
    _running.callback(shutil.rmtree, folder, ignore_errors=True)
    url = _running.enter_context(embedded_postgres(folder, durable=False))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_TEMPLATE}")
    migrate(address(url, _TEMPLATE))
    return url


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """(pytest-xdist) Tell a new worker the address of the one server."""
    config = node.config  # type: ignore[attr-defined]
    if not hasattr(config, "trackgate_database_server"):
        config.trackgate_database_server = _start_server()
    node.workerinput["database_server"] = config.trackgate_database_server  # type: ignore[attr-defined]


def pytest_unconfigure() -> None:
    """Stop the server with whoever started it."""
    _running.close()


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> str:
    """The address of a database on the run's PostgreSQL server, to make others beside it."""
    told = getattr(request.config, "workerinput", {}).get("database_server")
    return told or _start_server()


@pytest.fixture
def empty_database_url(database_server: str) -> Iterator[str]:
    """The address of a new database without any schema; dropped after the test."""
    yield from _new_database(database_server, "template1")


@pytest.fixture(scope="session")
def migrated_databases(database_server: str) -> Iterator[ReusedDatabases]:
    """Migrated databases, each for one test at a time."""
    databases = ReusedDatabases(database_server, _TEMPLATE)
    yield databases
    databases.close()


@pytest.fixture
def database_url(migrated_databases: ReusedDatabases) -> Iterator[str]:
    """The address of a migrated database as new, for this test alone."""
    name = migrated_databases.take()
    yield address(migrated_databases.server, name)
    migrated_databases.give_back(name)


def _new_database(server: str, template: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield address(server, name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def new_session_database(server: str) -> Iterator[str]:
    """The address of a new, migrated database, for fixtures that outlive one test."""
    yield from _new_database(server, _TEMPLATE)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A pool on a new, migrated database."""
    opened = Database(database_url, size=8)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """One connection to a new, migrated database, with a transaction that the test may commit."""
    with psycopg.connect(database_url) as opened:
        yield opened
