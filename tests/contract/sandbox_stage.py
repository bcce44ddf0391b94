"""The people, repositories and Apps of the story that the sandbox's contract test tells."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from sandbox import App, Client, Installation, Person, Pull, Repository, Sandbox
from tests.contract.recorder import Recorder
from tests.support.scripted_http import Reply, scripted_server

NAME = "meta/integration"
ROOT = f"/repos/{NAME}"
PEOPLE = {"sofia": "admin", "maya": "write", "raj": "write", "priya": "triage", "lina": "read"}
PERMISSIONS = {
    "actions": "read",
    "administration": "read",
    "checks": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "members": "read",
    "merge_queues": "read",
    "pull_requests": "write",
    "statuses": "write",
}
EVENTS = (
    "create",
    "delete",
    "deployment_protection_rule",
    "issue_comment",
    "issues",
    "member",
    "merge_group",
    "pull_request",
    "pull_request_review",
    "push",
    "release",
    "repository",
    "repository_ruleset",
    "status",
)
FILES: dict[str, str | bytes] = {
    "README.md": "# Hello\n",
    "backend/app/oauth.py": "".join(f"SCOPE_{number} = {number}\n" for number in range(20)),
    'docs/a b/ünï "quoted".md': "text\n",
    "docs/logo.png": bytes(range(256)),
}


@dataclass
class Stage:
    """A sandbox with meta/integration in it, two Apps, and everything that was said so far."""

    github: Sandbox
    recorder: Recorder
    repository: Repository
    app: App
    other: App
    installation: Installation
    team_id: str
    _open: ExitStack

    def person(self, login: str) -> Person:
        """A person's client."""
        return self.github.as_user(login)

    @property
    def bot(self) -> Client:
        """The App's client, with a token of its installation on meta/integration."""
        return self.github.as_app(self.app, self.repository)

    def client(self, token: str) -> Client:
        """A client with any token."""
        client = Client(self.github.url, token)
        self._open.callback(client.disconnect)
        return client

    def as_itself(self) -> Client:
        """The App as itself, with a JWT."""
        now = int(time.time())
        claims = {"iat": now - 60, "exp": now + 540, "iss": self.app.client_id}
        return self.client(jwt.encode(claims, self.app.private_key_pem, "RS256"))

    def open(self, login: str, branch: str, **changes: Any) -> Pull:
        """A pull request into main."""
        changes.setdefault("files", {f"backend/{branch}.py": "x = 1\n"})
        return self.person(login).open_pull_request(NAME, branch=branch, **changes)

    def listen(self) -> None:
        """Let the App's webhooks go to a server that takes them all."""
        server = self._open.enter_context(scripted_server(lambda _: Reply(202, {"outcome": "queued"})))
        self.github.set_webhook(self.app, f"{server.url}/hook", ping=True)


def refused(
    status: int,
    client: Client,
    method: str,
    path: str,
    body: Any = None,
    *,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Send a request that must get this status."""
    got, answer, _ = client.send(method, path, body, query, headers)
    assert got == status, f"{method} {path}: {got} {answer}"


@contextmanager
def running_stage(directory: Path, key_pem: str) -> Iterator[Stage]:
    """The stage before the story begins; a fault of the sandbox itself is raised at the end."""
    with ExitStack() as opened, Sandbox.start(directory) as github:
        recorder = Recorder.of(github)
        for login in (*PEOPLE, "outsider", "omar"):
            github.add_user(login)
        repository = github.import_repository(NAME, files=FILES, collaborators=PEOPLE)
        team = github.add_team("meta", "leads", ["raj", "maya"], {NAME: "write"})
        app, other = (
            github.register_app(
                slug, permissions=PERMISSIONS, events=EVENTS, webhook_secret="a secret", private_key_pem=key_pem
            )
            for slug in ("trackgate", "other")
        )
        installation = github.install(app, repository)
        github.install(other, account="meta")
        yield Stage(github, recorder, repository, app, other, installation, team.node_id, opened)
