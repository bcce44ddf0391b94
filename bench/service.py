"""The service as separate processes: web servers and workers, started as production starts them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3

from bench.ground import wait_for
from bench.memory import tree
from bot.children import ending_with_us
from demo.local import OWN_SETTINGS, free_port

STOP_SECONDS = 40
ROOT = Path(__file__).resolve().parents[1]
POLICIES, PROCFILE = ROOT / "policies", ROOT / "Procfile"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an installation of the service is given: the App on a GitHub, and the secret of its webhook."""

    api_url: str
    app_id: str
    private_key_pem: str
    webhook_secret: str


@dataclass(frozen=True, slots=True)
class Web:
    """A web server that answers, with all its processes."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def pids(self) -> list[int]:
        """The server's process and those it started."""
        return tree(self.process.pid)


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process."""

    process: subprocess.Popen[bytes]

    @property
    def pids(self) -> list[int]:
        """The worker's process."""
        return tree(self.process.pid)


def environment_of(credentials: Credentials, database_url: str, port: int, folder: Path) -> dict[str, str]:
    """The environment of every process of one service; metrics are added up below `folder`."""
    metrics = folder / "metrics"
    metrics.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name not in OWN_SETTINGS}
    return {
        **kept,
        "GITHUB_APP_ID": credentials.app_id,
        "GITHUB_APP_PRIVATE_KEY": credentials.private_key_pem,
        "GITHUB_API_URL": credentials.api_url,
        "GITHUB_WEBHOOK_SECRET": credentials.webhook_secret,
        "DATABASE_URL": database_url,
        "POLICY_DIR": str(POLICIES),
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
    }


@contextmanager
def web(
    environment: Mapping[str, str], folder: Path, *, processes: int = 1, app: str = "app:app"
) -> Iterator[Web]:
    """The web server with this many processes, ready to answer. `app` may be another, on the same settings."""
    port = int(environment["PORT"])
    *command, _own_app = web_command(port, processes)
    with _process([*command, app], environment, folder / "web.log") as process:
        found = Web(f"http://127.0.0.1:{port}", process)
        with urllib3.PoolManager(retries=False, timeout=5.0) as http:
            wait_for(lambda: _is_ready(http, found), "the web server")
        yield found


@contextmanager
def workers(environment: Mapping[str, str], folder: Path, count: int, *options: str) -> Iterator[Sequence[Worker]]:
    """This many worker processes, with the command's own defaults unless `options` say otherwise."""
    with processes([sys.executable, "-m", "bot.cli", "worker", *options], environment, folder, count) as found:
        yield [Worker(process) for process in found]


@contextmanager
def processes(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, count: int
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The same command this many times, each with a log of its own."""
    with ExitStack() as running:
        yield [
            running.enter_context(_process(command, environment, folder / f"worker-{number}.log"))
            for number in range(count)
        ]


def web_command(port: int, processes: int) -> list[str]:
    """The Procfile's command for the web server, on loopback and with this many processes; last the application.

    Raises LookupError when the Procfile has none.
    """
    lines = [line.partition(":") for line in PROCFILE.read_text(encoding="utf-8").splitlines()]
    told = {name: command for name, _, command in lines}
    server, *words = shlex.split(told["web"].replace("${PORT:-8000}", str(port)).replace("0.0.0.0", "127.0.0.1"))  # noqa: S104
    if "--workers" in words:
        place = words.index("--workers")
        del words[place : place + 2]
    *options, app = words
    return [sys.executable, "-m", server, *options, "--log-level", "error", "--workers", str(processes), app]


def new_port() -> int:
    """A loopback port that nobody uses at this moment."""
    return free_port()


@contextmanager
def _process(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            ending_with_us(list(command)),
            env=dict(environment),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_ready(http: urllib3.PoolManager, web: Web) -> bool:
    if web.process.poll() is not None:
        raise RuntimeError(f"the web server ended by itself ({web.process.returncode})")
    try:
        return http.request("GET", f"{web.url}/readyz").status in (200, 404)  # the yardstick has no such page
    except urllib3.exceptions.HTTPError:
        return False
