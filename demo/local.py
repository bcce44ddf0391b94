"""A sandbox GitHub and the service beside it, on loopback: what `make run` shows and the end-to-end tests use.

The service is `trackgate serve` with the environment that a real installation would have; only the addresses
and the key differ. Nothing of the service is imported here.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import urllib3

from sandbox import Sandbox

PEOPLE = ("raj", "mira", "sofia", "maya", "priya", "lina", "omar")
"""The six of the shipped policy, and omar, who is in no matrix."""

PERMISSIONS = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "write",
    "statuses": "write",
    "members": "read",
    "merge_queues": "read",
    "deployments": "write",
    "actions": "read",
    "administration": "read",
}
"""The least permissions of the App; README lists them with their reasons."""

EVENTS = (
    "pull_request",
    "pull_request_review",
    "issue_comment",
    "push",
    "create",
    "delete",
    "release",
    "status",
    "merge_group",
    "repository",
    "repository_ruleset",
    "deployment_protection_rule",
    "member",
)
"""The events to subscribe to; those of checks and installations come by themselves."""

START_SECONDS = 90.0


OWN_SETTINGS = (
    "GITHUB_APP_ID",
    "GITHUB_APP_PRIVATE_KEY",
    "GITHUB_APP_PRIVATE_KEY_FILE",
    "GITHUB_WEBHOOK_SECRET",
    "GITHUB_API_URL",
    "DATABASE_URL",
    "PORT",
    "PUBLIC_URL",
    "RELEASE_SIGNING_KEY",
    "RELEASE_SIGNING_KEY_FILE",
)
"""What the sandbox decides for the service: no part of a real App's environment, database or key is mixed in."""

LISTENS = b"Trackgate listens"
"""What the service says once the port is its own; before that, whoever answers there is somebody else."""


class ServiceDidNotStartError(Exception):
    """The service ended or did not answer in time. The text is the service's own reason where it gave one."""


@dataclass(frozen=True, slots=True)
class Service:
    """The running service: its address, its process, and the environment that it was started with."""

    url: str
    process: subprocess.Popen[bytes]
    environment: Mapping[str, str]


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def sandbox_github(folder: Path, service_url: str, secret: str, port: int = 0) -> Iterator[tuple[Sandbox, Any]]:
    """The sandbox with all people and our App registered on it; yields both."""
    with Sandbox.start(directory=folder, port=port) as github:
        for login in PEOPLE:
            github.add_user(login)
        app = github.register_app(
            slug="trackgate",
            webhook_url=f"{service_url}/webhooks/github",
            webhook_secret=secret,
            permissions=PERMISSIONS,
            events=list(EVENTS),
        )
        yield github, app


@contextmanager
def running_service(
    github: Sandbox,
    app: Any,
    secret: str,
    port: int,
    var: Path,
    log: Path,
    extra: Mapping[str, str] | None = None,
    lock: int | None = None,
) -> Iterator[Service]:
    """`trackgate serve` for the sandbox, ready to work; stopped (SIGTERM) at the end.

    `log` is the file its output goes to; `extra` are further variables. `lock` is a file descriptor
    that the service holds as long as it lives. Raises ServiceDidNotStartError.
    """
    url = f"http://localhost:{port}"
    inherited = {name: value for name, value in os.environ.items() if name not in OWN_SETTINGS}
    environment = {
        **inherited,
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_APP_PRIVATE_KEY": app.private_key_pem,
        "GITHUB_WEBHOOK_SECRET": secret,
        "GITHUB_API_URL": github.url,
        "PORT": str(port),
        "PUBLIC_URL": url,
        **(extra or {}),
    }
    command = _ending_with_us([sys.executable, "-m", "bot.cli", "serve", "--var", str(var)])
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=() if lock is None else (lock,),
        )
        try:
            _wait_until_ready(process, url, log)
            yield Service(url, process, environment)
        finally:
            process.terminate()
            process.wait(timeout=60)


def database_url(var: Path) -> str:
    """The embedded PostgreSQL of a service that runs on `var`.

    Where its socket is, says the fifth line of `postmaster.pid` (PostgreSQL's documentation, "Database File
    Layout").
    """
    socket_folder = (var / "postgres" / "data" / "postmaster.pid").read_text().split("\n")[4]
    return f"postgresql://postgres@/trackgate?host={quote(socket_folder, safe='')}"


def _ending_with_us(command: list[str]) -> list[str]:
    """The command, told to stop by the kernel when we are killed; on Linux with util-linux."""
    setpriv = shutil.which("setpriv")
    return command if setpriv is None else [setpriv, "--pdeathsig", "TERM", *command]


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    http = urllib3.PoolManager(retries=False)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServiceDidNotStartError(_reason(log) or f"the service ended by itself ({process.returncode})")
        if LISTENS in log.read_bytes():
            try:
                if http.request("GET", f"{url}/readyz", timeout=5.0).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
        time.sleep(0.05)
    raise ServiceDidNotStartError(f"the service did not answer within {START_SECONDS:.0f} seconds")


def _reason(log: Path) -> str | None:
    """The last line that the service said to people, without its name."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("trackgate: ")]
    return lines[-1].removeprefix("trackgate: ") if lines else None
