"""The web server as a real process: what was answered is stored, and what is in flight gets its answer."""

import signal
import threading
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection

from tests.support.service import pull_request_payload, wait_until, web_process


def stored(url: str) -> tuple[int, int]:
    """How many deliveries and how many waiting jobs there are."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM deliveries), (SELECT count(*) FROM procrastinate_jobs)"
        ).fetchone()
    assert row is not None
    return row


@pytest.mark.chaos
def test_killed_right_after_202(database_url: str, tmp_path: Path) -> None:
    """The server and its workers are killed as soon as the answer is there: delivery and job are stored."""
    with web_process(database_url, tmp_path) as web:
        answer = web.post(pull_request_payload())
        web.kill()
        assert answer.status == 202
    assert stored(database_url) == (1, 1)


@pytest.mark.chaos
def test_sigterm_in_flight(database_url: str, tmp_path: Path) -> None:
    """A delivery that is being stored when the server is told to stop still gets its 202."""
    answers: list[int] = []
    with web_process(database_url, tmp_path) as web, psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE deliveries")
        sender = threading.Thread(target=lambda: answers.append(web.post(pull_request_payload()).status))
        sender.start()
        wait_until(lambda: _is_blocked(blocker), what="the delivery's wait for the lock")
        web.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not web.accepts_connections(), what="the end of listening")
        blocker.rollback()
        sender.join(20)
        assert web.process.wait(20) == 0
    assert answers == [202]
    assert stored(database_url) == (1, 1)


@pytest.mark.chaos
def test_without_a_database(database_url: str, tmp_path: Path) -> None:
    """While the database does not take connections, deliveries get 503 and readiness says why; then it goes on."""
    with web_process(database_url, tmp_path) as web:
        name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
        server = database_url.replace(f"/{name}?", "/postgres?")
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            ready = web.pool.request("GET", f"{web.url}/readyz")
            assert (ready.status, b"database" in ready.data) == (503, True)
            assert web.pool.request("GET", f"{web.url}/healthz").status == 200
            assert web.post(pull_request_payload()).status == 503
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
        wait_until(lambda: web.post(pull_request_payload()).status == 202, what="recovery")


def _is_blocked(connection: Connection) -> bool:
    row = connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return row is not None and row[0] > 0
