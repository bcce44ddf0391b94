"""The whole of a sandbox's state, with the look-ups everything else needs. Hold `lock` while using it."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import Protocol, TypeVar

from .behaviour import Behaviour
from .clock import Clock
from .errors import not_found
from .faults import Faults
from .git.repository import GitRepository
from .limits import Budget
from .request_log import Observers, RequestLog
from .secondary_limits import SecondaryLimits
from .state import Account, App, Installation, Repository, Team
from .tokens import Tokens
from .webhooks.dispatch import Dispatcher


class HasNodeId(Protocol):
    """Anything that GraphQL can address."""

    @property
    def node_id(self) -> str: ...


T = TypeVar("T", bound=HasNodeId)


class World:
    """Accounts, Apps, installations, repositories, and every object that has a node ID.

    `url` is the server's root and is set once it listens; `directory` holds the git repositories.
    """

    def __init__(self, directory: Path, behaviour: Behaviour, clock: Clock) -> None:
        self.directory = directory
        self.behaviour = behaviour
        self.clock = clock
        self.lock = threading.RLock()
        self.url = "http://127.0.0.1"
        self.accounts: dict[str, Account] = {}
        self.accounts_by_email: dict[str, Account] = {}
        self.teams: list[Team] = []
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.repositories: dict[int, Repository] = {}
        self.renamed: dict[str, int] = {}
        self.nodes: dict[str, object] = {}
        self.faults = Faults()
        self.crashes: list[str] = []
        self.budgets: dict[tuple[str, str], Budget] = {}
        self.secondary = SecondaryLimits(behaviour, clock)
        self.tokens = Tokens(clock)
        self.requests = RequestLog()
        self.observers = Observers()
        self.dispatcher = Dispatcher(self)
        self._ids = itertools.count(1001)

    def next_id(self) -> int:
        """A number never used before: no two objects of any kind share one, so mix-ups show."""
        return next(self._ids)

    def register(self, thing: T) -> T:
        """Make an object findable by its node ID."""
        self.nodes[thing.node_id] = thing
        return thing

    # Accounts

    def account(self, login: str) -> Account:
        """An account by login, in any case; raises a not-found refusal."""
        found = self.find_account(login)
        if found is None:
            raise not_found()
        return found

    def find_account(self, login: str) -> Account | None:
        """An account by login, in any case, or None."""
        return self.accounts.get(login.lower())

    def add_account(self, account: Account) -> Account:
        """Remember an account."""
        self.accounts[account.login.lower()] = account
        self.accounts_by_email[account.email.lower()] = account
        return self.register(account)

    def account_of_email(self, email: str) -> Account | None:
        """Whose commits carry this e-mail address."""
        return self.accounts_by_email.get(email.lower())

    # Repositories

    def find_repository(self, full_name: str) -> Repository | None:
        """A repository by `owner/name`, in any case, or None."""
        wanted = full_name.lower()
        for repository in self.repositories.values():
            if not repository.deleted and repository.full_name.lower() == wanted:
                return repository
        return None

    def repository_by_id(self, identifier: int) -> Repository | None:
        """A repository that still exists, or None."""
        found = self.repositories.get(identifier)
        return None if found is None or found.deleted else found

    def new_git_directory(self) -> Path:
        """A place for one more bare repository."""
        self.directory.mkdir(parents=True, exist_ok=True)
        return self.directory / f"{self.next_id()}.git"

    # Apps

    def installation_on(self, app: App, repository: Repository) -> Installation | None:
        """The App's installation that covers a repository, or None."""
        for installation in self.installations.values():
            if installation.app is app and covers(installation, repository):
                return installation
        return None

    def installations_on(self, repository: Repository) -> list[Installation]:
        """Every installation that covers a repository."""
        return [each for each in self.installations.values() if covers(each, repository)]

    def git_repositories(self) -> list[GitRepository]:
        """All git repositories, also those of deleted ones."""
        return [repository.git for repository in self.repositories.values()]


def covers(installation: Installation, repository: Repository) -> bool:
    """Whether an installation gives its App this repository."""
    if installation.account is not repository.owner:
        return False
    return installation.repository_ids is None or repository.id in installation.repository_ids
