"""A service that can lose any of its processes at any moment: PostgreSQL, two web processes, two workers.

The web processes run as the Procfile says and share a port, as several behind a load balancer share an address.
The workers take over from one another within seconds (tests.support.quick_worker). GitHub is the sandbox, in the
test's own process: what was not acknowledged stays in its list, and comes again only when somebody asks for it.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import urllib3

from bot.children import ending_with_us
from bot.store.queue import SWEEP_JOB, Queue, queue_state
from bot.store.recovery import RECOVERY_JOB
from demo.local import sandbox_github
from demo.source import make_repository
from sandbox import Sandbox
from tests.support.forked_workers import ForkedWorker, ForkedWorkers
from tests.support.killable_postgres import KillablePostgres, kill_group, killable_postgres
from tests.support.service import SECRET, free_port, service_environment, wait_until
from tests.support.storm_kills import WEB, WORKERS
from tests.support.storm_play import Players

ROOT = Path(__file__).parents[2]
SETTLING_SECONDS = 90.0
WEBHOOK_CONNECTIONS = 8
"""So many deliveries are on their way at once, and so in no order."""


def web_command(host: str, port: int) -> list[str]:
    """The Procfile's line for a web process, on this address."""
    (line,) = re.findall(r"^web: (.+)$", (ROOT / "Procfile").read_text(), flags=re.MULTILINE)
    program, *options = shlex.split(line.replace("${PORT:-8000}", str(port)).replace("0.0.0.0", host))  # noqa: S104
    return [sys.executable, "-m", program, *options]


@dataclass
class KillableProcess:
    """One process of the service, with a log of its own."""

    command: list[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ending_with_us(self.command, "KILL"),
                env=dict(self.environment),
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL it and whatever it started."""
        if self.process is not None:
            kill_group(self.process.pid)
            self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and kill what is left after ten seconds."""
        if self.process is None:
            return
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        kill_group(self.process.pid)
        self.process.wait()


class ServedWorld:
    """GitHub, the people, and a service at `url`, of whatever processes; and ways to wait for it."""

    def __init__(self, github: Sandbox, app: Any, postgres: KillablePostgres, url: str, folder: Path) -> None:
        self.github = github
        self.app = app
        self.postgres = postgres
        self.url = url
        github.behaviour.webhook_connections = WEBHOOK_CONNECTIONS
        self.players = Players(github, app, make_repository(folder / "source"))
        self._http = urllib3.PoolManager(retries=False, timeout=5.0)
        with psycopg.connect(postgres.url) as connection:  # what GitHub tells of the last minutes is meant for us
            connection.execute("UPDATE schema_migrations SET applied_at = now() - interval '1 hour'")

    def wait_ready(self) -> None:
        """Return when deliveries would be taken in."""

        def answers() -> bool:
            try:
                return self._http.request("GET", f"{self.url}/readyz").status == 200
            except urllib3.exceptions.HTTPError:
                return False

        wait_until(answers, SETTLING_SECONDS, what="the web processes")

    def settle(self) -> None:
        """Return when all is answered, nothing waits or runs, and what failed on the way was tried again."""
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:

            def is_quiet() -> bool:
                self.github.wait_for_deliveries(timeout=SETTLING_SECONDS)
                before = self.github.requests.count()
                state = queue_state(connection)
                quiet = state.waiting == 0 and state.running == 0
                return quiet and not _hurry_retries(connection) and self.github.requests.count() == before

            wait_until(is_quiet, SETTLING_SECONDS, what="quiet")

    def undelivered(self) -> set[str]:
        """Each GUID in GitHub's list of which no attempt was acknowledged."""
        log = self.github.deliveries(self.app)
        return {one.guid for one in log} - {one.guid for one in log if one.succeeded}

    def recover(self) -> None:
        """Two minutes go by, as both sides know it; the service asks for what it missed, and sweeps."""
        for delivery in self.github.deliveries(self.app):
            if not delivery.succeeded:
                delivery.delivered_at -= timedelta(minutes=2)
        with psycopg.connect(self.postgres.url) as connection:
            connection.execute("UPDATE delivery_watch SET seen_until = now() - interval '10 minutes'")
        for job in (RECOVERY_JOB, SWEEP_JOB):
            with psycopg.connect(self.postgres.url) as connection:
                Queue().defer(connection, job)
            self.settle()


class StormWorld(ServedWorld):
    """The processes by name: `web 1`, `web 2`, `worker 1`, `worker 2`, and `postgres`."""

    def __init__(self, github: Sandbox, app: Any, postgres: KillablePostgres, url: str, folder: Path) -> None:
        super().__init__(github, app, postgres, url, folder)
        port = int(url.rpartition(":")[2])
        environment = environment_of(github, app, postgres.url, port)
        self.forked_workers = ForkedWorkers(environment)
        web = web_command("127.0.0.1", port)
        self.processes: dict[str, KillableProcess | ForkedWorker] = {
            **{name: KillableProcess(web, environment, folder / f"{name}.log") for name in WEB},
            **{name: ForkedWorker(self.forked_workers, folder / f"{name}.log") for name in WORKERS},
        }

    def start(self, name: str) -> None:
        """Start one of them, if it does not run."""
        if name == "postgres":
            self.postgres.start()
        else:
            self.processes[name].start()

    def kill(self, name: str) -> None:
        """SIGKILL one of them, at this very moment."""
        if name == "postgres":
            self.postgres.kill()
        else:
            self.processes[name].kill()


def environment_of(
    github: Sandbox, app: Any, database_url: str, port: int, github_url: str | None = None
) -> dict[str, str]:
    """What every process of the service is told."""
    return service_environment(
        database_url,
        ROOT / "policies",
        port,
        GITHUB_APP_ID=str(app.id),
        GITHUB_APP_PRIVATE_KEY=app.private_key_pem,
        GITHUB_API_URL=github_url or github.url,
    )


def _hurry_retries(connection: psycopg.Connection[Any]) -> bool:
    """Let the time come for what is to be tried again; whether there was any. Checks that are late come later.

    What waits for a limit of GitHub's finds that its minute has gone by.
    """
    moved = connection.execute(
        """
        UPDATE procrastinate_jobs SET scheduled_at = now()
        WHERE status = 'todo' AND scheduled_at > now() AND scheduled_at < now() + interval '10 minutes'
        """
    )
    if moved.rowcount > 0:
        connection.execute("UPDATE github_budgets SET seconds = '{}', points = '{}'")
    return moved.rowcount > 0


@contextmanager
def storm_world(folder: Path) -> Iterator[StormWorld]:
    """The world, up and answering; every process of it ends with the block, however it ends."""
    url = f"http://127.0.0.1:{free_port()}"
    with (
        killable_postgres() as postgres,
        sandbox_github(folder / "github", url, SECRET) as (github, app),
        ExitStack() as running,
    ):
        world = StormWorld(github, app, postgres, url, folder)
        running.callback(world.forked_workers.close)
        for name, process in world.processes.items():
            running.callback(process.stop)
            world.start(name)
        world.wait_ready()
        world.settle()
        yield world
