"""Three hosts: A has PostgreSQL, GitHub and a load balancer; B and C each run the service's web and worker.

The workers have the options that are shipped. The test's own thread is on host A while the world lasts.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import urllib3

from demo.local import sandbox_github
from sandbox.faults import Faults
from tests.support.hosts import SUBNET, Host, hosts
from tests.support.killable_postgres import killable_postgres
from tests.support.relay import relay
from tests.support.service import SECRET, free_port, wait_until
from tests.support.storm_world import KillableProcess, ServedWorld, environment_of, web_command

PORT = 8000
GITHUB_SECONDS = 0.2
"""GitHub takes this long for each answer while a host is to be busy."""


@dataclass
class Station:
    """A host with the service's processes on it; `worker_ids` are those that the queue knows its worker by."""

    host: Host
    processes: list[KillableProcess]
    worker_ids: set[int] = field(default_factory=set)

    def start(self) -> None:
        """Start what does not run."""
        with self.host.entered():
            for process in self.processes:
                process.start()

    def answers(self) -> bool:
        """Whether its web process takes deliveries in."""
        try:
            return (
                urllib3.request(
                    "GET", f"http://{self.host.address}:{PORT}/readyz", retries=False, timeout=5.0
                ).status
                == 200
            )
        except urllib3.exceptions.HTTPError:
            return False

    def signal(self, number: int) -> None:
        """Send a signal to all of them, and to what they started."""
        for process in self.processes:
            if process.process is not None:
                os.killpg(process.process.pid, number)


class HostsWorld(ServedWorld):
    """The service on hosts B and C."""

    station_b: Station
    station_c: Station


@dataclass
class Disappearance:
    """Host C is gone in the middle of its work: no packet gets through, and its processes stand still or die.

    Later it is back. `taken_over` and `quiet` are seconds from its end until others had its jobs, and until all
    work was done.
    """

    world: HostsWorld
    dies: bool
    struck: int = 0
    killed: int = 0
    held_jobs: int = 0
    held_locks: int = 0
    taken_over: float = 0.0

    def attach(self, faults: Faults) -> None:
        """GitHub is slow, so that jobs take a while."""
        self.world.github.behaviour.latency = GITHUB_SECONDS

    def run(self, is_over: Callable[[], bool]) -> None:
        """Wait until C works, let it go, measure, and bring it back; only once."""
        if self.killed:
            return
        station = self.world.station_c
        with psycopg.connect(self.world.postgres.url, autocommit=True) as connection:
            wait_until(lambda: self._is_busy(connection), 60, what="work on host C that holds a lock")
            station.host.cut_off()
            station.signal(signal.SIGKILL if self.dies else signal.SIGSTOP)
            began, self.struck, self.killed = time.monotonic(), 1, len(station.processes)
            wait_until(lambda: not self._jobs(connection), 120, what="the takeover")
            self.taken_over = round(time.monotonic() - began, 1)
        self.world.github.behaviour.latency = 0.0
        wait_until(is_over, 60, what="the end of the story")
        self.world.settle()
        station.host.reconnect()
        if self.dies:
            station.start()
        else:
            station.signal(signal.SIGCONT)
        wait_until(station.answers, 60, what="the return of host C")

    def _is_busy(self, connection: psycopg.Connection[tuple[int]]) -> bool:
        self.held_jobs, self.held_locks = self._jobs(connection), self._locks(connection)
        return self.held_jobs >= 2 and self.held_locks >= 1

    def _jobs(self, connection: psycopg.Connection[tuple[int]]) -> int:
        """How many jobs the queue takes for running on host C."""
        row = connection.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(%s)",
            [list(self.world.station_c.worker_ids)],
        ).fetchone()
        assert row is not None
        return row[0]

    def _locks(self, connection: psycopg.Connection[tuple[int]]) -> int:
        """How many subjects are locked by a connection from host C."""
        row = connection.execute(
            """
            SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE locktype = 'advisory' AND granted AND client_addr = %s
            """,
            [self.world.station_c.host.address],
        ).fetchone()
        assert row is not None
        return row[0]


@contextmanager
def hosts_world(folder: Path) -> Iterator[HostsWorld]:
    """The world, up and answering; hosts and processes are gone with the block, however it ends."""
    with (
        hosts("a", "b", "c") as (a, b, c),
        a.entered(),
        killable_postgres(a.address, SUBNET) as postgres,
        ExitStack() as running,
    ):
        balancer = ("127.0.0.1", free_port())
        running.enter_context(relay(balancer, [(b.address, PORT), (c.address, PORT)]))
        url = f"http://127.0.0.1:{balancer[1]}"
        github, app = running.enter_context(sandbox_github(folder / "github", url, SECRET))
        port = int(github.url.rpartition(":")[2])
        running.enter_context(relay((a.address, port), [("127.0.0.1", port)]))
        world = HostsWorld(github, app, postgres, url, folder)
        database_url = f"postgresql://postgres@{a.address}:5432/trackgate"
        environment = environment_of(github, app, database_url, PORT, f"http://{a.address}:{port}")
        stations = []
        for host in (b, c):
            commands = {
                "web": web_command(host.address, PORT),
                "worker": [sys.executable, "-m", "bot.cli", "worker"],
            }
            processes = [
                KillableProcess(command, environment, folder / f"{host.name}-{kind}.log")
                for kind, command in commands.items()
            ]
            station = Station(host, processes)
            for process in processes:
                running.callback(process.stop)
            known = set().union(*(one.worker_ids for one in stations))
            station.start()
            station.worker_ids = wait_until(lambda known=known: _workers(postgres.url) - known, what="a worker")
            stations.append(station)
        world.station_b, world.station_c = stations
        world.wait_ready()
        world.settle()
        yield world


def _workers(database_url: str) -> set[int]:
    with psycopg.connect(database_url) as connection:
        return {number for (number,) in connection.execute("SELECT id FROM procrastinate_workers").fetchall()}
