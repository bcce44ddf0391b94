"""Acknowledgements of real web server processes: many at once, twice at once, while they are told to stop."""

import json
import shlex
import signal
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import psycopg
import pytest
import urllib3

from bench.deliveries import request_of
from bench.load import send_all
from bot.serving import WEB_OPTIONS
from tests.support.service import SECRET, WebProcess, pull_request_payload, wait_until, web_process

MOST_BYTES = 120_000_000
GITHUB_HANGS_UP = 10.0
PADDING = {"body": "Lorem ipsum dolor sit amet, consectetur. " * 400}
"""Some 16 KB: what GitHub sends of a pull request is as large."""


def prepared(web: WebProcess, count: int) -> list[bytes]:
    """Requests about 200 pull requests, each with a GUID of its own."""
    host = web.url.removeprefix("http://")
    bodies = [json.dumps(pull_request_payload(number + 1, **PADDING)).encode() for number in range(200)]
    return [
        request_of(SECRET, host, "/webhooks/github", "pull_request", bodies[place % 200], uuid4())
        for place in range(count)
    ]


def address(web: WebProcess) -> tuple[str, int]:
    """Where it listens."""
    host, port = web.url.removeprefix("http://").split(":")
    return host, int(port)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """What the database says."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_procfile_serves_as_trackgate_serve_does() -> None:
    """The options that the tests here run with are those of the Procfile."""
    line = Path(__file__).parents[2].joinpath("Procfile").read_text().splitlines()[0]
    words = shlex.split(line)
    place = words.index(WEB_OPTIONS[0])
    assert tuple(words[place : place + len(WEB_OPTIONS)]) == WEB_OPTIONS


@pytest.mark.chaos
def test_same_guid_at_once_on_two_web_processes(database_url: str, tmp_path: Path) -> None:
    """Of the same delivery at two processes at the same moment one is 202 and one 200: one row, one job."""
    barrier = threading.Barrier(2)

    def deliver(web: WebProcess, number: int, guid: str) -> int:
        barrier.wait(20)
        return web.post(pull_request_payload(number), guid=guid).status

    with (
        web_process(database_url, tmp_path) as one,
        web_process(database_url, tmp_path, workers=2) as other,
        ThreadPoolExecutor(2) as threads,
    ):
        for number in range(1, 21):
            guid = str(uuid4())
            futures = [threads.submit(deliver, web, number, guid) for web in (one, other)]
            assert sorted(future.result() for future in futures) == [200, 202]
    assert rows(database_url, "SELECT count(*) FROM deliveries") == [(20,)]
    assert rows(database_url, "SELECT count(*), count(DISTINCT queueing_lock) FROM procrastinate_jobs") == [
        (20, 20)
    ]


@pytest.mark.chaos
def test_redelivered_guid_after_a_failure(database_url: str, tmp_path: Path) -> None:
    """500 for what the database refuses, others beside it go on; delivered again it is 202, and has its job."""
    guid = str(uuid4())
    with web_process(database_url, tmp_path) as web, ThreadPoolExecutor(8) as threads:
        with psycopg.connect(database_url) as connection:
            connection.execute("ALTER TABLE pull_requests ADD CONSTRAINT refuse CHECK (number <> 12)")
        others = [threads.submit(web.post, pull_request_payload(number)) for number in range(100, 107)]
        assert web.post(pull_request_payload(12), guid=guid).status == 500
        assert {future.result().status for future in others} == {202}
        with psycopg.connect(database_url) as connection:
            connection.execute("ALTER TABLE pull_requests DROP CONSTRAINT refuse")
        assert web.post(pull_request_payload(12), guid=guid).status == 202
        assert web.post(pull_request_payload(12), guid=guid).status == 200
    assert rows(database_url, "SELECT outcome, count(*) FROM deliveries GROUP BY 1") == [("queued", 8)]
    assert rows(database_url, "SELECT count(*) FROM procrastinate_jobs") == [(8,)]


@pytest.mark.chaos
def test_burst_is_refused_nothing_and_memory_stays(database_url: str, tmp_path: Path) -> None:
    """5,000 deliveries, 2,000 of them in a burst on 64 connections: all are 202, in at most 120 MB."""
    with web_process(database_url, tmp_path) as web:
        burst = send_all(*address(web), prepared(web, 2000), 64)
        assert (burst.statuses, burst.broken) == ({202: 2000}, 0)
        more = send_all(*address(web), prepared(web, 3000), 32)
        assert (more.statuses, more.broken) == ({202: 3000}, 0)
        used = [child.memory_info().rss for child in psutil.Process(web.process.pid).children()]
        assert max(used) <= MOST_BYTES
    assert rows(database_url, "SELECT count(*) FROM deliveries") == [(5000,)]
    assert rows(database_url, "SELECT count(*) FROM procrastinate_jobs") == [(200,)]


@pytest.mark.chaos
def test_slow_bodies_hold_up_nobody(database_url: str, tmp_path: Path) -> None:
    """While ten bodies arrive byte by byte, or never, other deliveries are answered; each at once."""
    with web_process(database_url, tmp_path) as web:
        slow = [socket.create_connection(address(web)) for _ in range(10)]
        whole = prepared(web, len(slow))
        for connection, request in zip(slow, whole, strict=True):
            connection.sendall(request[:-100])
        assert [web.post(pull_request_payload(number)).status for number in range(1, 30)] == [202] * 29
        slow[0].sendall(whole[0][-100:])
        assert slow[0].recv(65536).startswith(b"HTTP/1.1 202 ")
        for connection in slow:
            connection.close()


class Senders:
    """Threads that deliver without a pause until the server is gone; what each GUID was answered, or None."""

    def __init__(self, web: WebProcess, count: int) -> None:
        self.answers: dict[UUID, int | None] = {}
        self._web = web
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def _send(self, number: int) -> None:
        while True:
            guid = uuid4()
            try:
                answer = self._web.post(pull_request_payload(number + 1, **PADDING), guid=str(guid))
            except urllib3.exceptions.HTTPError:
                self.answers[guid] = None
                return
            self.answers[guid] = answer.status

    def join(self) -> None:
        """Wait for all."""
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()


@pytest.mark.chaos
@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_drains_within_10_s(database_url: str, tmp_path: Path, workers: int) -> None:
    """Under load: whatever was acknowledged is stored, and the rest heard an error or nothing."""
    with web_process(database_url, tmp_path, workers=workers) as web:
        senders = Senders(web, 16)
        wait_until(lambda: len(senders.answers) > 200, what="load")
        told = time.monotonic()
        web.process.send_signal(signal.SIGTERM)
        assert web.process.wait(20) == 0
        assert time.monotonic() - told < GITHUB_HANGS_UP
        senders.join()
    kept = {guid for (guid,) in rows(database_url, "SELECT guid FROM deliveries")}
    acknowledged = {guid for guid, status in senders.answers.items() if status in (200, 202)}
    assert len(acknowledged) > 200
    assert acknowledged - kept == set()
    assert set(Counter(senders.answers.values())) <= {202, 503, None}


@pytest.mark.chaos
def test_sigterm_with_a_delivery_that_hangs(database_url: str, tmp_path: Path) -> None:
    """What somebody's lock keeps from being stored is 503 before GitHub hangs up, and nothing of it is stored."""
    answers: list[int] = []
    with web_process(database_url, tmp_path) as web, psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE deliveries")
        sender = threading.Thread(target=lambda: answers.append(web.post(pull_request_payload()).status))
        sender.start()
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted"
        wait_until(lambda: rows(database_url, waiting), what="the wait for the lock")
        told = time.monotonic()
        web.process.send_signal(signal.SIGTERM)
        assert web.process.wait(20) == 0
        assert time.monotonic() - told < GITHUB_HANGS_UP
        sender.join(20)
        blocker.rollback()
    assert answers == [503]
    assert rows(database_url, "SELECT count(*) FROM deliveries") == [(0,)]
