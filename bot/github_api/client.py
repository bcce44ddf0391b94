"""The way in: one `GitHubClient` for the process, and from it one `Installation` for each installation.

Both are safe to share between threads. Everything here may raise the errors of `errors.py`, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from bot.core.model import Effect, Wanted
from bot.github_api.auth import AppIdentity
from bot.github_api.readings import (
    Handles,
    InstalledApp,
    InstalledRepository,
    MergeGroupReading,
    OpenPullRequest,
    Outcome,
    PullRequestReading,
)


class GitHubClient:
    """GitHub as this App sees it. `clock` gives the present as an aware datetime."""

    def __init__(
        self,
        api_url: str,
        graphql_url: str,
        app_id: str,
        private_key: str,
        clock: Callable[[], datetime],
        *,
        timeout: float = 15.0,
        observers: Iterable[Callable[..., None]] = (),
    ) -> None:
        raise NotImplementedError

    def identity(self) -> AppIdentity:
        """Who we are; asked once and kept (1 request)."""
        raise NotImplementedError

    def installations(self) -> tuple[InstalledApp, ...]:
        """Every installation of the App (1 request for each 100)."""
        raise NotImplementedError

    def installation_of(self, repository: str) -> int | None:
        """The installation that covers a repository, or None (1 request)."""
        raise NotImplementedError

    def installation(self, installation_id: int) -> Installation:
        """The same object for the same ID; no request."""
        raise NotImplementedError


class Installation:
    """One installation: reads and writes with its own token."""

    def repositories(self) -> tuple[InstalledRepository, ...]:
        """The repositories it may see (1 request for each 100)."""
        raise NotImplementedError

    def read_pull_request(
        self, repository: str, number: int, wanted: Wanted, now: datetime
    ) -> PullRequestReading | None:
        """All that a decision needs; None when there is no such pull request. 1 request in the usual case."""
        raise NotImplementedError

    def read_open_pull_requests(self, repository: str) -> list[OpenPullRequest]:
        """The open pull requests, oldest first (1 request for each 100)."""
        raise NotImplementedError

    def read_merge_group(
        self, repository: str, head_sha: str, base_branch: str, wanted: Wanted
    ) -> MergeGroupReading | None:
        """A merge group's head and its queue; None when the commit is gone. 1 request in the usual case."""
        raise NotImplementedError

    def read_permission(self, repository: str, login: str) -> str:
        """`admin`, `maintain`, `write`, `triage`, `read` or `none` (1 request)."""
        raise NotImplementedError

    def write(
        self, repository: str, handles: Handles, effects: Sequence[Effect], details_url: str
    ) -> tuple[Outcome, ...]:
        """Do `effects`, each apart from the others; outcomes in the same order. 1 request for up to 20 effects."""
        raise NotImplementedError
