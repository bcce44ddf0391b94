"""What an evaluation works with; made once for each process by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.github_api.client import GitHubClient
from bot.policy_selection import PolicySelection
from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that knows or acts. `clock` gives the present as an aware time; `public_url` has no slash at its end."""

    database: Database
    github: GitHubClient
    policies: PolicySelection
    clock: Callable[[], datetime]
    public_url: str

    def page_of(self, repository: str, number: int) -> str:
        """The address of a pull request's page: where `details_url` leads."""
        return f"{self.public_url}/repositories/{repository}/pull-requests/{number}"
