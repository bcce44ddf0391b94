"""A worker that is told to stop, or dies, in the middle of evaluations: another goes on, nothing is doubled."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.killable_world import KillableWorld, killable_world
from tests.support.postgres import new_session_database
from tests.support.service import wait_until

pytestmark = pytest.mark.chaos
ROOT = Path(__file__).parents[2]
ONLY_DOCS = {"docs/guide.md": "# Guide\n"}


class ShippedWorld(KillableWorld):
    """The world with a worker as it is shipped: `trackgate worker`, whose log is kept."""

    log: Path

    def start_worker(self) -> None:
        """Start the worker, in the place of the one before."""
        with self.log.open("ab") as output:
            command = [sys.executable, "-m", "bot.cli", "worker"]
            self.worker = subprocess.Popen(command, env=dict(self.environment), cwd=ROOT, stderr=output)

    def stop_worker(self) -> float:
        """SIGTERM; how many seconds it took to end, well."""
        began = time.monotonic()
        self.worker.send_signal(signal.SIGTERM)
        assert self.worker.wait(15) == 0
        return time.monotonic() - began

    def count(self, status: str) -> int:
        """How many jobs are in this state."""
        with psycopg.connect(self._database_url) as connection:
            query = "SELECT count(*) FROM procrastinate_jobs WHERE status = %s::procrastinate_job_status"
            row = connection.execute(query, [status]).fetchone()
        assert row is not None
        return int(row[0])

    def has_worker(self) -> bool:
        """Whether a living worker has told the database of itself."""
        with psycopg.connect(self._database_url) as connection:
            query = "SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '4 seconds'"
            return connection.execute(query).fetchone() is not None and self.worker.poll() is None


@pytest.fixture
def world(database_server: str, tmp_path: Path) -> Iterator[ShippedWorld]:
    """A world of its own for each test, with the shipped worker."""
    with new_session_database(database_server) as url, killable_world(tmp_path, url) as world:
        world.kill_worker()
        world.__class__ = ShippedWorld
        assert isinstance(world, ShippedWorld)
        world.log = tmp_path / "worker.log"
        world.start_worker()
        yield world
        world.github.faults.clear()


def is_posted_once(world: ShippedWorld, repository: str, sha: str) -> bool:
    """Whether the gate is there, and never was there twice at once."""
    gate = world.gate(repository, sha)
    assert gate is None or gate.runs == 1
    return gate is not None


def test_sigterm_drains_within_10_s_while_github_is_slow(world: ShippedWorld) -> None:
    """An evaluation that waits 15 s for GitHub is left to others, at once: they need not wait for a heartbeat."""
    repository = world.repository()
    asked = world.github.faults.delay(15, path="graphql", times=1)
    pull = world.open("sofia", repository, ONLY_DOCS)
    wait_until(lambda: asked.times == 0, what="the request that takes long")
    assert world.stop_worker() < 10
    assert (world.count("doing"), world.count("todo")) == (0, 1)
    world.start_worker()
    wait_until(lambda: is_posted_once(world, repository, pull.head_sha), what="the gate by the other worker")
    assert "job that nobody does" not in world.log.read_text()
    assert world.shown(repository, pull.head_sha).runs == 1


def test_sigterm_drains_within_10_s_while_github_is_quick(world: ShippedWorld) -> None:
    """Evaluations that can be finished are; what waits stays, and the next worker does it."""
    repository = world.repository()
    world.github.faults.delay(0.5, path="graphql")
    pulls = [world.open("sofia", repository, {f"docs/{number}.md": "# Page\n"}) for number in range(6)]
    wait_until(lambda: world.count("doing"), what="the first evaluation")
    assert world.stop_worker() < 10
    assert world.count("doing") == 0
    assert "others take them" not in world.log.read_text()
    world.github.faults.clear()
    world.start_worker()
    assert [world.shown(repository, pull.head_sha).runs for pull in pulls] == [1] * 6


def test_worker_killed_while_holding_a_subject(world: ShippedWorld) -> None:
    """SIGKILL right before and right after a write: another takes over within 30 s, nothing is doubled."""
    repository = world.repository()
    for is_done in (False, True):
        fault = world.kill_at(is_done=is_done, operation="createCheckRun")
        pull = world.open("sofia", repository, {f"docs/{is_done}.md": "# Page\n"})
        world.wait_killed(fault)
        world.start_worker()
        wait_until(world.has_worker, 60, what="the start of the other worker")
        began = time.monotonic()
        wait_until(lambda: world.count("doing") == world.count("todo") == 0, 40, what="the takeover")
        assert time.monotonic() - began < 30
        assert world.shown(repository, pull.head_sha).runs == 1
        assert world.requested(repository, pull.number) == {"raj", "mira"}
