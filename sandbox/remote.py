"""A sandbox in a process of its own, driven from this one.

    with remote_sandbox(folder) as github:
        github.add_user("alice")
        github.import_repository("meta/a", files={"README.md": "Hello"}, collaborators={"alice": "write"})
        github.behaviour(latency=0.05)
        github.as_user("alice").open_pull_request("meta/a", branch="feature", files={"a.py": "x = 1\\n"})

Whatever has no method here is a command of `sandbox.control`, by `github.command(name, …)`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from .client import Client
from .people import Person

ROOT = Path(__file__).parents[1]
STOP_SECONDS = 10.0


class RemoteSandboxError(Exception):
    """The sandbox refused a command, or did not start; its reason."""


@dataclass(frozen=True, slots=True)
class RemoteApp:
    """A GitHub App as its owner knows it."""

    id: int
    slug: str
    client_id: str
    private_key_pem: str
    webhook_secret: str


class RemoteSandbox:
    """The commands of a sandbox elsewhere. `url` is the root of its REST API; threads may share it."""

    def __init__(self, url: str, control_url: str) -> None:
        self.url = url
        self.control_url = control_url
        self._pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=urllib3.Timeout(connect=5, read=600))
        self._clients: dict[str, Client] = {}

    def command(self, command: str, /, **arguments: Any) -> Any:
        """Have it do a command of `sandbox.control`; returns its value. Raises RemoteSandboxError."""
        headers = {"Content-Type": "application/json"}
        target = f"{self.control_url}/{command}"
        answer = self._pool.request("POST", target, body=json.dumps(arguments).encode(), headers=headers)
        said = answer.json()
        if answer.status != 200:
            raise RemoteSandboxError(f"{command}: {said['error']}")
        return said["value"]

    def disconnect(self) -> None:
        """Close all connections to it."""
        for client in self._clients.values():
            client.disconnect()
        self._pool.clear()

    # Seeding

    def add_user(self, login: str) -> str:
        """A person; their token."""
        return str(self.command("add_user", login=login))

    def import_repository(self, full_name: str, *, source: Path | None = None, **more: Any) -> dict[str, Any]:
        """A repository; `more` as `Sandbox.import_repository` takes it. Its `id` and `node_id`."""
        folder = None if source is None else str(source)
        made: dict[str, Any] = self.command("import_repository", full_name=full_name, source=folder, **more)
        return made

    def register_app(
        self, slug: str, *, permissions: Mapping[str, str], events: Sequence[str] = (), **more: Any
    ) -> RemoteApp:
        """A GitHub App; `more` are `webhook_url`, `webhook_secret`, `private_key_pem`."""
        given = {"permissions": dict(permissions), "events": list(events), **more}
        return RemoteApp(**self.command("register_app", slug=slug, **given))

    def actions_app(self) -> RemoteApp:
        """GitHub Actions."""
        return RemoteApp(**self.command("actions_app"))

    def install(self, app: RemoteApp, *repositories: str, account: str | None = None) -> int:
        """Install an App on repositories of one owner, or on all of an account; the installation's number."""
        return int(self.command("install", app=app.slug, repositories=list(repositories), account=account))

    # Acting

    def as_user(self, login: str) -> Person:
        """A person's client on the real endpoints."""
        key = f"@{login.lower()}"
        if key not in self._clients:
            emails = {login: f"{login.lower()}@example.com"}
            self._clients[key] = Person(self.url, self.command("token_of", login=login), login, emails)
        found = self._clients[key]
        assert isinstance(found, Person)  # noqa: S101 - the key says so
        return found

    def as_app(self, app: RemoteApp, repository: str) -> Client:
        """An App's client on the real endpoints, with a token of its installation."""
        key = f"{app.slug} {repository}"
        if key not in self._clients:
            token = self.command("token_for", app=app.slug, repository=repository)
            self._clients[key] = Client(self.url, token)
        return self._clients[key]

    def complete_check(self, repository: str, sha: str, name: str, conclusion: str = "success") -> dict[str, Any]:
        """A completed check run of GitHub Actions."""
        body = {"name": name, "head_sha": sha, "status": "completed", "conclusion": conclusion}
        actions = self.as_app(self.actions_app(), repository)
        made: dict[str, Any] = actions.call("POST", f"/repos/{repository}/check-runs", body)
        return made

    # Looking, and making GitHub different

    def behaviour(self, **changes: Any) -> dict[str, Any]:
        """Change switches of `Behaviour`; all of them as they are then."""
        switches: dict[str, Any] = self.command("behaviour", **changes)
        return switches

    def add_fault(self, **fields: Any) -> int:
        """Set a fault by the fields of `Fault`; its number."""
        return int(self.command("add_fault", **fields))

    def requests(self, **filters: Any) -> list[dict[str, Any]]:
        """The request log, as `RequestRecord` has it; `since`, `token_kind`, `login`, `kind` choose."""
        found: list[dict[str, Any]] = self.command("requests", **filters)
        return found

    def request_counts(self) -> dict[str, int]:
        """Counts such as `installation write`, and `total`."""
        counts: dict[str, int] = self.command("request_counts")
        return counts

    def reset_requests(self) -> None:
        """Forget the requests so far."""
        self.command("reset_requests")

    def wait_for_deliveries(self, timeout: float = 10.0) -> None:
        """Return once every delivery so far has its answer. Raises RemoteSandboxError."""
        self.command("wait_for_deliveries", timeout=timeout)

    def export(self, repositories: Sequence[str] | None = None) -> dict[str, Any]:
        """All that people can see, as `sandbox.export` has it."""
        shown: dict[str, Any] = self.command("export", repositories=repositories)
        return shown


@contextmanager
def remote_sandbox(directory: Path, *, port: int = 0, log: Path | None = None) -> Iterator[RemoteSandbox]:
    """An empty sandbox in a process of its own, ended with the block or with this process.

    Its git repositories lie below `directory`; what it has to say goes to `log`, if given. Raises
    RemoteSandboxError when it does not start, or had faults of its own by the end of the block.
    """
    directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "sandbox.control", "--directory", str(directory), "--port", str(port)]
    with (log or Path("/dev/null")).open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, start_new_session=True
        )
    try:
        github = _connected(process)
        yield github
        crashes = github.command("crashes")
        github.disconnect()
        if crashes:
            raise RemoteSandboxError("\n".join(crashes))
    finally:
        _stop(process)


def _connected(process: subprocess.Popen[bytes]) -> RemoteSandbox:
    line = process.stdout.readline() if process.stdout is not None else b""
    if not line:
        raise RemoteSandboxError(f"it did not start ({process.wait()})")
    return RemoteSandbox(**json.loads(line))


def _stop(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
