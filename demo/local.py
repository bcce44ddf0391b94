"""A sandbox GitHub and the service beside it, on loopback: what `make run` shows and the end-to-end tests use.

The service is `trackgate serve` with the environment that a real installation would have; only the addresses
and the key differ. Nothing of the service is imported here.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

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
    "member",
)
"""The events to subscribe to; those of checks and installations come by themselves."""

START_SECONDS = 90.0


class ServiceDidNotStartError(Exception):
    """The service ended or did not answer in time. The text says what to look at."""


@dataclass(frozen=True, slots=True)
class Service:
    """The running service: its address, and its process."""

    url: str
    process: subprocess.Popen[bytes]


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
    output: IO[bytes],
    extra: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """`trackgate serve` for the sandbox, ready to work; stopped (SIGTERM) at the end.

    `output` gets its log. Raises ServiceDidNotStartError.
    """
    url = f"http://localhost:{port}"
    environment = {
        **os.environ,
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_APP_PRIVATE_KEY": app.private_key_pem,
        "GITHUB_WEBHOOK_SECRET": secret,
        "GITHUB_API_URL": github.url,
        "PORT": str(port),
        "PUBLIC_URL": url,
        **(extra or {}),
    }
    command = [sys.executable, "-m", "bot.cli", "serve", "--var", str(var)]
    process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_until_ready(process, url)
        yield Service(url, process)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    http = urllib3.PoolManager(retries=False)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServiceDidNotStartError(f"the service ended by itself (exit code {process.returncode})")
        try:
            if http.request("GET", f"{url}/readyz", timeout=5.0).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.05)
    raise ServiceDidNotStartError(f"the service did not answer within {START_SECONDS:.0f} seconds")
