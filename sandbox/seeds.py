"""The seeding half of the sandbox's Python side: what a fresh GitHub lacks, made without HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from . import seeding
from .handles import Pull
from .operations import merge_queue
from .operations import repositories as repository_operations
from .payloads.hooks import hook_json
from .state import App, Installation, PullRequest, Repository, Team
from .world import World


class Seeds:
    """Accounts, repositories, Apps, installations and merge groups. `Sandbox` is the one to use."""

    world: World

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}

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

    def make_owner(self, organization: str, login: str) -> None:
        """Make a person an owner of an organisation: administrator of all that it has."""
        with self.world.lock:
            seeding.owner_account(self.world, organization).owners.add(self.world.account(login).id)

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

    def suspend(self, installation: Installation) -> None:
        """Suspend an installation, as an owner of the account does."""
        with self.world.lock:
            repository_operations.suspend(self.world, installation, installation.account)

    def unsuspend(self, installation: Installation) -> None:
        """End an installation's suspension."""
        with self.world.lock:
            repository_operations.unsuspend(self.world, installation, installation.account)

    def revoke_tokens(self, installation: Installation) -> None:
        """Make all tokens of an installation worthless at once: each gets 401 from now on."""
        with self.world.lock:
            self.world.tokens.revoke_installation(installation)

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
                self.world.dispatcher.ping(app, hook_json(self.world, app))

    def enqueue(self, pull: Pull, *, by: str) -> None:
        """Put a pull request into its base branch's merge queue."""
        with self.world.lock:
            merge_queue.enqueue(self.world, self.pull(pull), self.world.account(by))

    def dequeue(self, pull: Pull, *, by: str, reason: str = "MANUAL") -> None:
        """Take a pull request out of its merge queue, for a reason of GitHub's (MANUAL, CI_FAILURE …)."""
        with self.world.lock:
            merge_queue.dequeue(self.world, self.pull(pull), self.world.account(by), reason)

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
