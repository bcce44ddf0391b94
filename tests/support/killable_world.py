"""A world whose worker can be killed, as a power cut would, at the very moment of one of its requests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from demo.local import sandbox_github
from sandbox.faults import Fault
from tests.support.service import SECRET, service_environment, wait_until, web_process
from tests.support.world import World

ROOT = Path(__file__).parents[2]


class KillableWorld(World):
    """The sandbox, a web process, and one worker at a time."""

    worker: subprocess.Popen[bytes]
    environment: Mapping[str, str]

    def start_worker(self) -> None:
        """Start a worker in the place of the one that was killed."""
        command = [sys.executable, "-m", "tests.support.quick_worker"]
        self.worker = subprocess.Popen(command, env=dict(self.environment), cwd=ROOT, stderr=subprocess.DEVNULL)

    def kill_worker(self) -> None:
        """SIGKILL: no handler runs, nothing is finished."""
        self.worker.kill()
        self.worker.wait()

    def kill_at(self, *, is_done: bool, **request: str) -> Fault:
        """Kill the worker when it sends the next request like this one, which GitHub then does or does not do."""
        fault = Fault(status=None if is_done else 502, meanwhile=self.kill_worker, **request)
        return self.github.faults.add(fault)

    def wait_killed(self, fault: Fault) -> None:
        """Wait until that has happened."""
        wait_until(lambda: self.worker.poll() is not None and fault.times == 0, what="the worker's end")


@contextmanager
def killable_world(folder: Path, database_url: str) -> Iterator[KillableWorld]:
    """The world, up and answering; all of it is stopped at the end."""
    policies = ROOT / "policies"
    with (
        web_process(database_url, policies) as web,
        sandbox_github(folder / "github", web.url, SECRET) as (github, app),
    ):
        world = KillableWorld(github, app, database_url, web.url, folder)
        world.environment = service_environment(
            database_url,
            policies,
            int(web.url.rpartition(":")[2]),
            GITHUB_APP_ID=str(app.id),
            GITHUB_APP_PRIVATE_KEY=app.private_key_pem,
            GITHUB_API_URL=github.url,
        )
        world.start_worker()
        try:
            yield world
        finally:
            world.kill_worker()
