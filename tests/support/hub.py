"""The GitHub client on a real sandbox: one sandbox for a module's tests, a repository of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from bot.core.model import PullRequestFacts, Wanted
from bot.github_api.client import GitHubClient, Installation
from bot.github_api.readings import PullRequestReading
from sandbox import Person, Pull, Sandbox

NOW = datetime(2026, 2, 19, 12, 0, tzinfo=UTC)
PEOPLE = ("raj", "mira", "sofia", "maya", "priya", "lina")
PERMISSIONS = {
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "write",
    "statuses": "write",
    "members": "read",
    "merge_queues": "read",
    "administration": "read",
    "deployments": "write",
    "actions": "read",
}
FILES = {
    "README.md": "# Meta\n",
    "backend/app/oauth.py": "SCOPES = ('ads_read', 'business_management')\n",
    "backend/app/sync.py": "def sync(tenant: str) -> None:\n    return None\n",
    "qa/tests/meta.ts": "test('callback', async () => {})\n",
    "docs/runbooks/operations.md": "# Operations\n",
}
WANTED = Wanted(
    logins=PEOPLE,
    documents=("docs/runbooks/operations.md", "docs/none.md"),
    folders=("", "backend/", "qa/", "docs/"),
)


class Hub:
    """A sandbox, our App on it, and a client of ours that speaks for the App."""

    def __init__(self, github: Sandbox, key_pem: str) -> None:
        self.github = github
        self.app = github.register_app("trackgate", permissions=PERMISSIONS, private_key_pem=key_pem)
        self.other_app = github.register_app("other", permissions=PERMISSIONS, private_key_pem=key_pem)
        for login in (*PEOPLE, "omar"):
            github.add_user(login)
        self._key_pem = key_pem
        self.client = self._client()
        self._made = 0

    def _client(self) -> GitHubClient:
        url, app_id = self.github.url, str(self.app.id)
        return GitHubClient(url, f"{url}/graphql", app_id, self._key_pem, self.github.clock.now)

    def repository(self, files: Mapping[str, str | bytes] | None = None) -> str:
        """A new repository in which everybody of PEOPLE may write, with our App installed."""
        self._made += 1
        name = f"meta/integration-{self._made}"
        rights = dict.fromkeys(PEOPLE, "write")
        self.github.import_repository(name, files={**FILES, **(files or {})}, collaborators=rights)
        for app in (self.app, self.other_app):
            self.github.install(app, name)
        return name

    def administrator(self) -> Person:
        """An owner of the organisation, who may make rulesets."""
        self.github.make_owner("meta", "omar")
        return self.github.as_user("omar")

    def installation(self, repository: str) -> Installation:
        """Our installation on a repository, found as the service finds it."""
        installation_id = self.client.installation_of(repository)
        assert installation_id is not None
        return self.client.installation(installation_id)

    def open(self, login: str, repository: str, files: Mapping[str, Any], **how: Any) -> Pull:
        """Open a pull request into main."""
        given = {"base": "main", "branch": f"{login}-1", "title": "Change something", **how}
        return self.github.as_user(login).open_pull_request(repository, files=dict(files), **given)

    def read(self, pull: Pull, wanted: Wanted = WANTED) -> PullRequestReading:
        """Read a pull request that is there, with a warm token; the counter then holds this read alone."""
        installation = self.installation(pull.repository)
        installation.read_permission(pull.repository, "raj")
        self.client.identity()
        self.client.requests.reset()
        found = installation.read_pull_request(pull.repository, pull.number, wanted, NOW)
        assert found is not None
        return found

    def at(self, repository: str) -> Installation:
        """Our installation, with a warm token and known to itself; the counter then holds what is asked of it."""
        installation = self.installation(repository)
        installation.read_permission(repository, "raj")
        self.client.identity()
        self.client.requests.reset()
        return installation

    def facts(self, pull: Pull, wanted: Wanted = WANTED) -> PullRequestFacts:
        """The facts of a pull request."""
        return self.read(pull, wanted).facts

    @contextmanager
    def permissions(self, repository: str, *, without: Sequence[str]) -> Iterator[Installation]:
        """Our installation with fewer permissions, as an owner who has not accepted them would leave it.

        A new client, as permissions are written into a token when it is minted.
        """
        record = self.github.world.installation_on(self.app, self.github.repository(repository))
        assert record is not None
        before, client = dict(record.permissions), self.client
        for name in without:
            del record.permissions[name]
        self.client = self._client()
        try:
            yield self.installation(repository)
        finally:
            record.permissions.update(before)
            self.client.close()
            self.client = client
