"""What an evaluation works with; made once for each process by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.github_api.client import GitHubClient
from bot.policy_selection import PolicySelection
from bot.records.keys import SigningKey
from bot.release_test_apps import TestAppMemory
from bot.settings import Settings
from bot.store.database import Database
from bot.store.queue import Queue


@dataclass(frozen=True)
class Services:
    """Everything that knows or acts, for one process. `clock` gives the present as an aware time in UTC.

    `signing_key` is what release records are signed with.
    """

    settings: Settings
    database: Database
    queue: Queue
    github: GitHubClient
    policies: PolicySelection
    clock: Callable[[], datetime]
    signing_key: Callable[[], SigningKey]
    test_apps: TestAppMemory = field(default_factory=TestAppMemory)

    def page_of(self, repository: str, number: int) -> str:
        """The address of a pull request's page: where `details_url` leads."""
        return f"{self.settings.public_url}/repositories/{repository}/pull-requests/{number}"

    def page_of_releases(self, repository: str) -> str:
        """The address of the page that a repository's release checks lead to."""
        return f"{self.settings.public_url}/repositories/{repository}/releases"
