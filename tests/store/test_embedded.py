"""The embedded PostgreSQL: data stay, a killed process leaves nothing that stops the next, one user at a time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from bot.store.embedded import EmbeddedPostgresError, embedded_postgres
from tests.support.service import wait_until

pytestmark = pytest.mark.end_to_end

HOLDER = """
import sys, time
from pathlib import Path
from bot.store.embedded import embedded_postgres
with embedded_postgres(Path(sys.argv[1]), durable=False) as url:
    Path(sys.argv[2]).write_text(url)
    time.sleep(600)
"""


def holder(folder: Path, ready: Path) -> subprocess.Popen[bytes]:
    """Another process that runs a server on `folder`; waits until it does."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder), str(ready)])
    wait_until(ready.exists, 60, what="the other process's server")
    return process


def server_pid(folder: Path) -> int:
    """The process number of the server on `folder`."""
    return int((folder / "data" / "postmaster.pid").read_text().split("\n")[0])


def is_alive(pid: int) -> bool:
    """Whether a process runs (one that has ended and was not yet collected does not)."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_data_stay_and_the_server_does_not(tmp_path: Path) -> None:
    """What was stored is there after a restart; after the block nothing runs and no network was listened on."""
    folder = tmp_path / "postgres"
    with embedded_postgres(folder, durable=False) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        pid = server_pid(folder)
        assert is_alive(pid)
    assert not is_alive(pid)
    with embedded_postgres(folder, durable=False) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_folder_that_only_its_owner_may_enter_and_that_has_a_long_name(tmp_path: Path) -> None:
    """It starts where paths are too long for a socket and closed to others; their permissions stay as they are."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    folder = closed / ("a long name " * 10)
    with embedded_postgres(folder, durable=False) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert closed.stat().st_mode & 0o777 == 0o700


def test_second_user_gets_a_clear_message(tmp_path: Path) -> None:
    """Whoever comes second is told which process is using the folder, and what to do; the first goes on."""
    folder = tmp_path / "postgres"
    with embedded_postgres(folder, durable=False) as url:
        with pytest.raises(EmbeddedPostgresError, match=rf"in use by process {os.getpid()}.*DATABASE_URL"):
            embedded_postgres(folder).__enter__()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.chaos
@pytest.mark.parametrize("survives", [False, True])
def test_after_a_kill(tmp_path: Path, survives: bool) -> None:
    """After a SIGKILL the next start works, whether the server ended with its process or outlived it."""
    folder, ready = tmp_path / "postgres", tmp_path / "ready"
    process = holder(folder, ready)
    pid = server_pid(folder)
    if survives:
        os.kill(pid, signal.SIGSTOP)  # it cannot end with its process now, as on systems without that power
    process.kill()
    process.wait()
    if survives:
        os.kill(pid, signal.SIGCONT)
    with embedded_postgres(folder, durable=False) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert server_pid(folder) != pid
    wait_until(lambda: not is_alive(pid), what="the end of the first server")


@pytest.mark.chaos
def test_crash_of_the_server_itself(tmp_path: Path) -> None:
    """A server that is killed recovers what was committed."""
    folder = tmp_path / "postgres"
    with embedded_postgres(folder) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        os.kill(server_pid(folder), signal.SIGKILL)
    with embedded_postgres(folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    """An initdb that was killed left files but no cluster: the next start begins afresh."""
    folder = tmp_path / "postgres"
    (folder / "data" / "base").mkdir(parents=True)
    with embedded_postgres(folder, durable=False) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    """The last lines of the server's log are in the error."""
    folder = tmp_path / "postgres"
    with embedded_postgres(folder, durable=False):
        pass
    (folder / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedPostgresError, match="not compatible"):
        embedded_postgres(folder).__enter__()


def test_never_as_root(tmp_path: Path) -> None:
    """PostgreSQL runs as somebody else where we are root, and as ourselves where we are not."""
    folder = tmp_path / "postgres"
    with embedded_postgres(folder, durable=False):
        owner = psutil.Process(server_pid(folder)).uids().effective
    assert owner != 0
    assert os.geteuid() in (0, owner)
