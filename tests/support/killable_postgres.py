"""A PostgreSQL that keeps its promises (fsync and all), and can be killed and started again at one address."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

from bot.store.embedded import embedded_postgres
from bot.store.migrate import migrate

DEATH_SECONDS = 20.0


class KillablePostgres:
    """One cluster. Start it from a thread that lives as long as the server shall: the server ends with it."""

    def __init__(self, folder: Path, options: tuple[str, ...] = ()) -> None:
        self._folder = folder
        self._options = options
        self._running = ExitStack()
        self.url = ""

    def start(self) -> None:
        """Start the server, which recovers what was committed before; returns when it answers."""
        self.url = self._running.enter_context(embedded_postgres(self._folder, options=self._options))

    def stop(self) -> None:
        """Stop the server as an orderly restart does (fast: open transactions are rolled back)."""
        self._running.close()

    def kill(self) -> None:
        """SIGKILL the postmaster and all of its processes at once; returns when all of them are gone."""
        try:
            server = psutil.Process(self.pid)
            processes = [server, *server.children(recursive=True)]
        except (OSError, psutil.NoSuchProcess):
            processes = []
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._running.close()  # reaps the server, and gives its folder free
        psutil.wait_procs(processes, timeout=DEATH_SECONDS)

    @property
    def pid(self) -> int:
        """The postmaster's process; raises OSError when there is none."""
        return int((self._folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


@contextmanager
def killable_postgres(address: str = "", network: str = "") -> Iterator[KillablePostgres]:
    """A started, migrated server in a folder of its own, whose path is short enough for a socket's.

    It also listens on `address`, if one is given, and lets in whoever comes from `network` (such as 10.0.0.0/24).
    """
    folder = Path(tempfile.mkdtemp(prefix="trackgate-chaos-"))
    server = KillablePostgres(folder, ("-c", f"listen_addresses={address}"))
    try:
        server.start()
        migrate(server.url)
        if network:
            with (folder / "data" / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {network} trust\n")
            with psycopg.connect(server.url) as connection:
                connection.execute("SELECT pg_reload_conf()")
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def kill_group(pid: int) -> None:
    """SIGKILL a process that leads a group, and all of the group: no handler runs, nothing is finished."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
