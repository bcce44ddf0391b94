"""The sandbox as Python sees it: start it, seed it, act as people and Apps, look at what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from . import seeding
from .access import has_role
from .app import create_app
from .behaviour import Behaviour
from .check_facts import runs_of_commit
from .client import Client
from .clock import Clock
from .faults import Faults
from .operations import merge_queue
from .operations import repositories as repository_operations
from .people import Person, Pull, name_of
from .request_log import Exchange, GraphQLExchange, RequestLog, WebhookSent
from .rest.hooks import hook_config
from .server import Server
from .state import App, CheckRun, Installation, PullRequest, Repository, Team
from .webhooks.delivery import Deliverer, Delivery
from .world import World


class SandboxCrashedError(Exception):
    """The sandbox itself failed while answering; its tracebacks."""


class Sandbox:
    """A local GitHub. Use `Sandbox.start(...)` as a context manager, or `stop()` it yourself.

    `url` is the REST root; GraphQL is at `<url>/graphql`. `behaviour`, `faults`, `requests` and `clock` are
    described in their own modules.
    """

    def __init__(
        self, directory: Path, *, port: int = 0, behaviour: Behaviour | None = None, clock: Clock | None = None
    ) -> None:
        self.world = World(Path(directory) / "repositories", behaviour or Behaviour(), clock or Clock())
        self.faults = Faults()
        self.crashes: list[str] = []
        self._tokens: dict[str, str] = {}
        self._people: dict[str, Person] = {}
        self._app_clients: dict[int, Client] = {}
        self._server = Server(create_app(self.world, self.faults, self.crashes), "127.0.0.1", port)
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
    def clock(self) -> Clock:
        """The sandbox's clock."""
        return self.world.clock

    @property
    def requests(self) -> RequestLog:
        """The request log."""
        return self.world.requests

    @property
    def webhooks(self) -> Deliverer:
        """Pause, resume and look at webhook deliveries."""
        return self.world.dispatcher.deliverer

    # Seeding

    def add_user(self, login: str, *, email: str | None = None) -> str:
        """A person; returns their token."""
        with self.world.lock:
            account = seeding.add_account(self.world, login, "User", email)
            self._tokens[login.lower()] = self.world.tokens.for_user(account)
            return self._tokens[login.lower()]

    def token_of(self, login: str) -> str:
        """A person's token."""
        return self._tokens[login.lower()]

    def import_repository(
        self,
        full_name: str,
        *,
        source: Path | None = None,
        files: Mapping[str, str | bytes] | None = None,
        collaborators: Mapping[str, str] | None = None,
        private: bool = False,
        default_branch: str | None = None,
    ) -> Repository:
        """A repository: a copy of the git repository at `source`, or a new one with these `files` on main.

        `collaborators` maps logins to roles. An unknown owner becomes an organisation.
        """
        with self.world.lock:
            repository = seeding.import_repository(
                self.world,
                full_name,
                source,
                collaborators or {},
                private=private,
                default_branch=default_branch,
            )
            if files is not None:
                seeding.commit_files(self.world, repository, files, repository.default_branch)
            return repository

    def add_team(
        self, organization: str, slug: str, members: Sequence[str], roles: Mapping[str, str] | None = None
    ) -> Team:
        """A team with members by login, and roles by repository (`owner/name`)."""
        with self.world.lock:
            return seeding.add_team(self.world, organization, slug, members, roles or {})

    def register_app(
        self,
        slug: str,
        *,
        permissions: Mapping[str, str],
        events: Sequence[str] = (),
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        private_key_pem: str | None = None,
    ) -> App:
        """A GitHub App: `id`, `client_id`, `private_key_pem`. Making a key takes a moment: pass one to save it."""
        with self.world.lock:
            return seeding.register_app(
                self.world,
                slug,
                permissions=permissions,
                events=events,
                webhook_url=webhook_url,
                secret=webhook_secret,
                private_key_pem=private_key_pem,
            )

    def install(self, app: App, *repositories: str | Repository, account: str | None = None) -> Installation:
        """Install an App on repositories of one owner, or on all that `account` has."""
        with self.world.lock:
            chosen = [self.repository(each) for each in repositories]
            owner = seeding.owner_account(self.world, account) if account else chosen[0].owner
            covered = None if account else chosen
            return repository_operations.install(self.world, app, owner, covered, owner)

    def uninstall(self, installation: Installation) -> None:
        """Remove an installation; its tokens stop working at once."""
        with self.world.lock:
            repository_operations.uninstall(self.world, installation, installation.account)

    def change_installation(self, installation: Installation, repository: str | Repository, *, add: bool) -> None:
        """Add a repository to an installation, or take it away."""
        with self.world.lock:
            found = self.repository(repository)
            repository_operations.change_repositories(
                self.world, installation, found, installation.account, add=add
            )

    def actions_app(self) -> App:
        """GitHub Actions (App ID 15368), installed on every account that owns repositories."""
        with self.world.lock:
            return seeding.actions_app(self.world)

    def set_webhook(self, app: App, url: str, secret: str | None = None, *, ping: bool = False) -> None:
        """Set where an App's webhooks go."""
        with self.world.lock:
            app.webhook_url = url
            app.webhook_secret = secret or app.webhook_secret
            if ping:
                self.world.dispatcher.ping(app, self._hook(app))

    def _hook(self, app: App) -> dict[str, Any]:
        moment = app.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        url = f"{self.url}/app/hook"
        return {
            "type": "App",
            "id": app.hook_id,
            "name": "web",
            "active": True,
            "app_id": app.id,
            "events": list(app.events),
            "config": hook_config(app),
            "updated_at": moment,
            "created_at": moment,
            "url": url,
            "ping_url": f"{url}/pings",
            "deliveries_url": f"{url}/deliveries",
        }

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

    def enqueue(self, pull: Pull, *, by: str) -> None:
        """Put a pull request into its base branch's merge queue."""
        with self.world.lock:
            merge_queue.enqueue(self.world, self.pull(pull), self.world.account(by))

    def create_merge_group(self, repository: str | Repository, branch: str = "main", *, by: str) -> str:
        """Build a merge group of the queue and ask for its checks; returns its head SHA."""
        with self.world.lock:
            found = self.repository(repository)
            return merge_queue.create_group(self.world, found, branch, self.world.account(by))

    def destroy_merge_group(
        self, repository: str | Repository, branch: str = "main", *, by: str, reason: str = "dequeued"
    ) -> None:
        """Give up the merge group of a branch: `merged`, `invalidated` or `dequeued`."""
        with self.world.lock:
            found = self.repository(repository)
            merge_queue.destroy_group(self.world, found, branch, self.world.account(by), reason)

    # Looking

    def repository(self, repository: str | Repository) -> Repository:
        """A repository's record, by name; raises LookupError."""
        if isinstance(repository, Repository):
            return repository
        found = self.world.find_repository(repository)
        if found is None:
            raise LookupError(f"there is no repository {repository}")
        return found

    def pull(self, pull: Pull) -> PullRequest:
        """A pull request's record."""
        found = self.repository(pull.repository).issues[pull.number]
        if not isinstance(found, PullRequest):
            raise TypeError(f"#{pull.number} is no pull request")
        return found

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
