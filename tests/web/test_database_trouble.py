"""A database that takes nothing, read-only or full: 503, nothing half done; on it goes when it is well again."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.support.service import WebProcess, pull_request_payload, wait_until, web_process

pytestmark = pytest.mark.chaos

TABLES = ("deliveries", "pull_requests", "installations", "procrastinate_jobs")


def contents(url: str) -> dict[str, int]:
    """How many rows each table has that a delivery writes to."""
    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()[0]  # type: ignore[index]  # noqa: S608
            for table in TABLES
        }


def accepts(web: WebProcess, number: int) -> bool:
    """Whether a delivery about this pull request is taken."""
    return web.post(pull_request_payload(number)).status == 202


def test_database_read_only(database_url: str, tmp_path: Path) -> None:
    """A database that may only be read, such as a standby: 503, nothing stored; the GUID is taken later."""
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    guid = str(uuid4())
    with web_process(database_url, tmp_path) as web, psycopg.connect(database_url, autocommit=True) as admin:
        assert accepts(web, 1)
        before = contents(database_url)

        def switch(value: str) -> None:
            admin.execute("SET default_transaction_read_only = off")
            admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {value}".encode())
            admin.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = %s AND pid <> pg_backend_pid()
                """,
                [name],
            )

        switch("on")
        assert [web.post(pull_request_payload(2), guid=guid).status for _ in range(3)] == [503] * 3
        assert contents(database_url) == before
        switch("off")
        wait_until(lambda: web.post(pull_request_payload(2), guid=guid).status == 202, what="recovery")
    assert contents(database_url) == {**before, "deliveries": 2, "pull_requests": 2, "procrastinate_jobs": 2}


@pytest.fixture
def small_disk(database_server: str) -> Iterator[Path]:
    """A disk of 4 MB that the database's server may write to."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    with psycopg.connect(database_server) as connection:
        data = connection.execute("SHOW data_directory").fetchone()
    assert data is not None
    folder = Path(tempfile.mkdtemp(prefix="trackgate-small-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        owner = Path(data[0]).stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def on_small_disk(small_disk: Path, database_url: str, database_server: str) -> Iterator[str]:
    """A database whose deliveries lie on the small disk."""
    space = f"small_{os.getpid()}"
    with psycopg.connect(database_server, autocommit=True) as admin:
        admin.execute(f"CREATE TABLESPACE {space} LOCATION '{small_disk}'".encode())
        with psycopg.connect(database_url) as connection:
            connection.execute(f"ALTER TABLE deliveries SET TABLESPACE {space}".encode())
        try:
            yield database_url
        finally:
            with psycopg.connect(database_url) as connection:
                connection.execute("DROP TABLE deliveries")
            admin.execute("CHECKPOINT")  # dropped files are gone only then
            admin.execute(f"DROP TABLESPACE {space}".encode())


def fill(file: Path) -> None:
    """Write until the disk is full."""
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))


def test_database_full(on_small_disk: str, small_disk: Path, tmp_path: Path) -> None:
    """Without room on its disk a delivery is 503 and leaves no pull request and no job; with room it is taken."""
    with web_process(on_small_disk, tmp_path) as web:
        assert accepts(web, 1)
        fill(small_disk / "filler")
        number = 1
        while accepts(web, number + 1):  # what fits into pages that are there already
            number += 1
        full = contents(on_small_disk)
        assert (full["deliveries"], full["pull_requests"], full["procrastinate_jobs"]) == (number, number, number)
        refused = {web.post(pull_request_payload(1000 + other)).status for other in range(5)}
        assert refused == {503}
        assert contents(on_small_disk) == full
        (small_disk / "filler").unlink()
        wait_until(lambda: accepts(web, number + 1), what="recovery")
    assert contents(on_small_disk)["pull_requests"] == number + 1


def test_database_stands_still(database_url: str, tmp_path: Path) -> None:
    """Its processes are stopped: who waits hears 503 before GitHub hangs up, and /healthz answers."""
    with (
        web_process(database_url, tmp_path) as web,
        psycopg.connect(database_url, autocommit=True) as admin,
        ThreadPoolExecutor(6) as threads,
    ):
        assert accepts(web, 1)
        name = admin.info.dbname
        sql = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        stopped = [pid for (pid,) in admin.execute(sql, [name])]
        assert stopped
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            sent = [threads.submit(accepts, web, number) for number in range(2, 8)]
            assert [one.result(30) for one in sent] == [False] * 6
            assert time.monotonic() - began < 10
            assert web.pool.request("GET", f"{web.url}/healthz").status == 200
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        wait_until(lambda: accepts(web, 9), what="that deliveries are taken again")
