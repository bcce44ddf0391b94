"""The sandbox as Python sees it: start it, seed it, act as people and Apps, look at what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from . import seeding
from .access import has_role
from .app import bound_to
from .behaviour import Behaviour
from .check_facts import runs_of_commit
from .client import Client
from .clock import Clock
from .deploying import DeploymentSeeds
from .export import export
from .faults import Faults
from .handles import Pull, name_of
from .people import Person
from .request_log import Exchange, GraphQLExchange, RequestLog, WebhookSent
from .secondary_limits import SecondaryLimits
from .server import Server
from .state import App, CheckRun, Repository, Team
from .webhooks.deliverer import Deliverer
from .webhooks.delivery import Delivery
from .world import World


class SandboxCrashedError(Exception):
    """The sandbox itself failed while answering; its tracebacks."""


class Sandbox(DeploymentSeeds):
    """A local GitHub. Use `Sandbox.start(...)` as a context manager, or `stop()` it yourself.

    `url` is the REST root; GraphQL is at `<url>/graphql`. `behaviour`, `faults`, `requests` and `clock` are
    described in their own modules.
    """

    def __init__(
        self, directory: Path, *, port: int = 0, behaviour: Behaviour | None = None, clock: Clock | None = None
    ) -> None:
        self.world = World(Path(directory) / "repositories", behaviour or Behaviour(), clock or Clock())
        super().__init__()
        self._people: dict[str, Person] = {}
        self._app_clients: dict[int, Client] = {}
        self._server = Server(bound_to(self.world), "127.0.0.1", port)
        self.world.url = self._server.url

    @classmethod
    def start(
        cls,
        directory: Path,
        *,
        port: int = 0,
        behaviour: Behaviour | None = None,
        clock: Clock | None = None,
    ) -> Sandbox:
        """A running sandbox with its git repositories below `directory`, on a port of the system's choice."""
        sandbox = cls(directory, port=port, behaviour=behaviour, clock=clock)
        sandbox._server.start()
        sandbox.world.dispatcher.deliverer.start()
        return sandbox

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None and self.crashes:
            raise SandboxCrashedError("\n".join(self.crashes))

    def stop(self) -> None:
        """Stop serving and delivering, and end git's processes."""
        self.world.dispatcher.deliverer.stop()
        self._server.stop()
        for client in [*self._people.values(), *self._app_clients.values()]:
            client.disconnect()
        for git in self.world.git_repositories():
            git.close()

    @property
    def url(self) -> str:
        """The root of the REST API."""
        return self.world.url

    @property
    def behaviour(self) -> Behaviour:
        """The switches."""
        return self.world.behaviour

    @property
    def faults(self) -> Faults:
        """Faults on demand."""
        return self.world.faults

    @property
    def crashes(self) -> list[str]:
        """Tracebacks of the sandbox's own faults; any of them fails the `with` block at its end."""
        return self.world.crashes

    @property
    def clock(self) -> Clock:
        """The sandbox's clock."""
        return self.world.clock

    @property
    def requests(self) -> RequestLog:
        """The request log."""
        return self.world.requests

    @property
    def limits(self) -> SecondaryLimits:
        """What installations used of GitHub's secondary limits: `peaks()`, `violations()`, `reset()`."""
        return self.world.secondary

    @property
    def webhooks(self) -> Deliverer:
        """Pause, resume and look at webhook deliveries."""
        return self.world.dispatcher.deliverer

    # Acting

    def as_user(self, login: str) -> Person:
        """A person's client on the real endpoints."""
        key = login.lower()
        if key not in self._people:
            emails = {account.login: account.email for account in self.world.accounts.values()}
            self._people[key] = Person(self.url, self._tokens[key], login, emails)
        return self._people[key]

    def token_for(
        self, app: App, repository: str | Repository, permissions: Mapping[str, str] | None = None
    ) -> str:
        """An installation token of an App, made in-process; with the App's own permissions, or these."""
        with self.world.lock:
            installation = seeding.find_installation(self.world, app, self.repository(repository))
            granted = dict(installation.permissions if permissions is None else permissions)
            return self.world.tokens.for_installation(installation, granted, None)[0]

    def as_app(self, app: App, repository: str | Repository) -> Client:
        """An App's client on the real endpoints, with a token of its installation on the repository."""
        with self.world.lock:
            installation = seeding.find_installation(self.world, app, self.repository(repository))
        client = self._app_clients.get(installation.id)
        if client is None or self.world.tokens.find(client.token) is None:
            if client is not None:
                client.disconnect()
            client = Client(self.url, self.token_for(app, repository))
            self._app_clients[installation.id] = client
        return client

    def complete_check(
        self,
        repository: str | Repository,
        sha: str,
        name: str,
        *,
        conclusion: str = "success",
        app: App | None = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """A completed check run, made by HTTP with the App's own token (GitHub Actions by default)."""
        body = {"name": name, "head_sha": sha, "status": "completed", "conclusion": conclusion, **fields}
        return self._create_check(repository, body, app)

    def start_check(
        self, repository: str | Repository, sha: str, name: str, *, app: App | None = None, **fields: Any
    ) -> dict[str, Any]:
        """A check run in progress, made by HTTP with the App's own token (GitHub Actions by default)."""
        body = {"name": name, "head_sha": sha, "status": "in_progress", **fields}
        return self._create_check(repository, body, app)

    def _create_check(
        self, repository: str | Repository, body: Mapping[str, Any], app: App | None
    ) -> dict[str, Any]:
        client = self.as_app(app or self.actions_app(), repository)
        answer: dict[str, Any] = client.call("POST", f"/repos/{name_of(repository)}/check-runs", dict(body))
        return answer

    def status(
        self,
        repository: str | Repository,
        sha: str,
        context: str,
        *,
        state: str = "success",
        app: App | None = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """A commit status, made by HTTP with the App's own token (GitHub Actions by default)."""
        client = self.as_app(app or self.actions_app(), repository)
        body = {"context": context, "state": state, **fields}
        answer: dict[str, Any] = client.call("POST", f"/repos/{name_of(repository)}/statuses/{sha}", body)
        return answer

    # Looking

    def requested_reviewers(self, pull: Pull) -> set[str]:
        """Logins and team slugs that are asked to review."""
        with self.world.lock:
            asked = [request.reviewer for request in self.pull(pull).review_requests]
            return {one.slug if isinstance(one, Team) else one.login for one in asked}

    def check_runs(self, repository: str | Repository, sha: str, app: App | None = None) -> list[CheckRun]:
        """All check runs on a commit, oldest first; of one App if given."""
        with self.world.lock:
            runs = runs_of_commit(self.repository(repository), sha)
            return [run for run in runs if app is None or run.suite.app is app]

    def may(self, login: str, repository: str | Repository, role: str) -> bool:
        """Whether a person has at least this role."""
        return has_role(self.world, self.repository(repository), self.world.account(login), role)

    def deliveries(self, app: App | None = None) -> list[Delivery]:
        """The webhook deliveries made so far, newest first."""
        return self.webhooks.log(app)

    def export(self, repositories: Sequence[str] | None = None) -> dict[str, Any]:
        """All that people can see of the repositories (all, or those named), as `sandbox.export` has it."""
        with self.world.lock:
            return export(self.world, repositories)

    def wait_for_deliveries(self, timeout: float = 10.0) -> None:
        """Return once every webhook sent so far has its answer; raises TimeoutError."""
        self.webhooks.wait(timeout)

    # Watching

    def observe(self, observer: Callable[[Exchange], None]) -> None:
        """Be told of every REST exchange."""
        self.world.observers.rest.append(observer)

    def observe_graphql(self, observer: Callable[[GraphQLExchange], None]) -> None:
        """Be told of every GraphQL exchange."""
        self.world.observers.graphql.append(observer)

    def observe_webhooks(self, observer: Callable[[WebhookSent], None]) -> None:
        """Be told of every webhook, before it is sent (also of those that go nowhere)."""
        self.world.observers.webhooks.append(observer)
