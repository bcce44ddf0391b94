"""A sandbox with one repository, a few people and one App, for the sandbox's own tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sandbox import App, Client, Installation, Person, Pull, Repository, Sandbox
from tests.support.scripted_http import Received, Reply, ScriptedServer, scripted_server

ROOT = "/repos/meta/integration"
PERMISSIONS = {
    "administration": "read",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "members": "read",
    "merge_queues": "read",
    "pull_requests": "write",
    "statuses": "write",
}
EVENTS = (
    "create",
    "delete",
    "issue_comment",
    "issues",
    "merge_group",
    "pull_request",
    "pull_request_review",
    "push",
    "release",
    "repository",
    "repository_ruleset",
    "status",
)
FILES = {"README.md": "Hello\n", "backend/old.py": "a\nb\nc\nd\n", "docs/a b.md": "text\n"}
COLLABORATORS = {"alice": "write", "sofia": "admin", "maya": "write", "priya": "triage", "lina": "read"}


@dataclass
class Stage:
    """A sandbox with meta/integration in it, and the App `trackgate` installed there."""

    github: Sandbox
    repository: Repository
    app: App
    installation: Installation
    _open: ExitStack

    def person(self, login: str) -> Person:
        """A person's client."""
        return self.github.as_user(login)

    def bot(self) -> Client:
        """The App's client."""
        return self.github.as_app(self.app, self.repository)

    def client(self, token: str) -> Client:
        """A client with any token."""
        client = Client(self.github.url, token)
        self._open.callback(client.disconnect)
        return client

    def open(self, branch: str = "feature", **changes: Any) -> Pull:
        """A pull request of alice's."""
        changes.setdefault("files", {"backend/new.py": "x = 1\n"})
        return self.person("alice").open_pull_request(self.repository, branch=branch, **changes)

    def listen(self, answer: Callable[[Received], Reply] = lambda _: Reply(202)) -> ScriptedServer:
        """A server that the App's webhooks go to from now on."""
        server = self._open.enter_context(scripted_server(answer))
        self.github.set_webhook(self.app, f"{server.url}/hook")
        return server


@pytest.fixture(scope="session")
def key_pem() -> str:
    """One RSA key for the run, as making one takes a while."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
def stage(tmp_path: Path, key_pem: str) -> Iterator[Stage]:
    """A running sandbox; a fault of the sandbox itself fails the test at its end."""
    with ExitStack() as opened, Sandbox.start(tmp_path) as github:
        for login in (*COLLABORATORS, "outsider"):
            github.add_user(login)
        repository = github.import_repository("meta/integration", files=FILES, collaborators=COLLABORATORS)
        app = github.register_app(
            "trackgate",
            permissions=PERMISSIONS,
            events=EVENTS,
            webhook_secret="a secret",
            private_key_pem=key_pem,
        )
        installation = github.install(app, repository)
        yield Stage(github, repository, app, installation, opened)
