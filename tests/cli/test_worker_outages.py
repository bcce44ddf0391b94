"""`trackgate worker` while its database is away: it says so in a line, waits, and goes on."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.store.migrate import migrate
from tests.support.forwarder import Forwarder, forwarder
from tests.support.service import free_port, service_environment, wait_until

ROOT = Path(__file__).parents[2]
AWAY = "DATABASE_URL: the database cannot be reached: nobody listens at its host and port; trying again"
SWEPT = "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'look_again'"


@dataclass
class Worker:
    """A running `trackgate worker`, the way to its database, and its log."""

    process: subprocess.Popen[bytes]
    way: Forwarder
    log: Path

    def said(self, text: str) -> int:
        """How often the log says it; fails the test when the worker has ended."""
        assert self.process.poll() is None, self.log.read_text()
        return self.log.read_text().count(text)


def new_key() -> str:
    """A key for an App that no GitHub knows."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


StartWorker = Callable[[], AbstractContextManager[Worker]]


@pytest.fixture
def start_worker(database_url: str, tmp_path: Path) -> StartWorker:
    """Start a worker while its database is away, and without a GitHub; killed with the test."""

    @contextmanager
    def start() -> Iterator[Worker]:
        pem = new_key()
        with forwarder(database_url) as way, (tmp_path / "log").open("wb") as log:
            environment = service_environment(
                way.url, tmp_path, 8000, GITHUB_APP_ID="1", GITHUB_APP_PRIVATE_KEY=pem
            )
            environment["GITHUB_API_URL"] = f"http://127.0.0.1:{free_port()}"
            command = [sys.executable, "-m", "bot.cli", "worker"]
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=log)
            try:
                yield Worker(process, way, tmp_path / "log")
            finally:
                process.kill()
                process.wait()

    return start


@pytest.mark.chaos
def test_worker_waits_for_its_database(start_worker: StartWorker, database_url: str) -> None:
    """Absent at the start, and away again later: a line each time, no stack trace, and the work goes on."""
    with start_worker() as worker, psycopg.connect(database_url, autocommit=True) as connection:
        wait_until(lambda: worker.said(AWAY) >= 2, what="the second look at the absent database")
        assert "Traceback" not in worker.log.read_text()
        worker.way.open()
        wait_until(lambda: connection.execute(SWEPT).fetchone(), what="the first sweep")
        before = worker.said(AWAY)
        worker.way.cut()
        wait_until(lambda: worker.said(AWAY) >= before + 3, 60, what="the third look during the outage")
        connection.execute("DELETE FROM procrastinate_jobs")
        worker.way.open()
        wait_until(lambda: connection.execute(SWEPT).fetchone(), 60, what="the sweep after the outage")
        assert worker.said("hunter22") == 0
        worker.process.terminate()
        assert worker.process.wait(30) == 0


def set_read_only(admin: psycopg.Connection[Any]) -> None:
    """Let every new session of this database be read-only, and end the others that are there."""
    name = admin.info.dbname
    admin.execute("SET default_transaction_read_only = off")
    admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    admin.execute(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = %s AND pid <> pg_backend_pid()
        """,
        [name],
    )


NO_ROOM = """
    CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END$$;
    CREATE TRIGGER no_room BEFORE INSERT OR UPDATE OR DELETE ON procrastinate_jobs
        FOR EACH STATEMENT EXECUTE FUNCTION no_room()
"""


@pytest.mark.chaos
def test_database_full_or_read_only(start_worker: StartWorker, database_url: str) -> None:
    """A database that takes nothing: one line at each look, and the work goes on when it takes again.

    Read-only as owners and hosts of databases make it, and full as PostgreSQL tells of it (SQLSTATE 53100).
    """
    with start_worker() as worker, psycopg.connect(database_url, autocommit=True) as admin:
        worker.way.open()
        wait_until(lambda: admin.execute(SWEPT).fetchone(), what="the first sweep")
        set_read_only(admin)
        waits = "DATABASE_URL: the database is read-only; trying again"
        wait_until(lambda: worker.said(waits) >= 2, 60, what="the second look at the read-only database")
        admin.execute("DELETE FROM procrastinate_jobs")
        # Sessions of the meantime stay read-only: nobody ends them now, so the worker has to replace its own.
        admin.execute(f"ALTER DATABASE {admin.info.dbname} RESET default_transaction_read_only".encode())
        wait_until(lambda: admin.execute(SWEPT).fetchone(), 60, what="the sweep of the writable database")
        admin.execute(NO_ROOM)
        full = "the database has no room left on its disk; starting again"
        wait_until(lambda: worker.said(full) >= 2, 60, what="the second try with the full disk")
        admin.execute("DROP FUNCTION no_room CASCADE")
        admin.execute("DELETE FROM procrastinate_jobs")
        wait_until(lambda: admin.execute(SWEPT).fetchone(), 60, what="the sweep with room on the disk")
        worker.process.terminate()
        assert worker.process.wait(30) == 0


@pytest.mark.chaos
def test_worker_stops_while_it_waits(start_worker: StartWorker) -> None:
    """A worker that waits for its database still ends when it is told to, well, and soon."""
    with start_worker() as worker:
        wait_until(lambda: worker.said(AWAY), what="the first look")
        worker.process.terminate()
        assert worker.process.wait(10) == 0


@pytest.mark.chaos
def test_worker_waits_for_the_schema(empty_database_url: str, tmp_path: Path) -> None:
    """On a database without migrations: a line that says what to do, no stack trace; after them, work."""
    environment = service_environment(
        empty_database_url, tmp_path, 8000, GITHUB_APP_ID="1", GITHUB_APP_PRIVATE_KEY=new_key()
    )
    environment["GITHUB_API_URL"] = f"http://127.0.0.1:{free_port()}"
    log = tmp_path / "log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "bot.cli", "worker"]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=output)
    try:
        lacks = "DATABASE_URL: the database lacks 0001_start.sql: run `trackgate migrate`; trying again"
        wait_until(lambda: lacks in log.read_text(), 60, what="the word about the schema")
        assert "Traceback" not in log.read_text()
        migrate(empty_database_url)
        with psycopg.connect(empty_database_url, autocommit=True) as connection:
            wait_until(lambda: connection.execute(SWEPT).fetchone(), 60, what="the first sweep")
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
