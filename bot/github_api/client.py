"""The way in: one `GitHubClient` for the process, and from it one `Installation` for each installation.

Both are safe to share between threads. What they raise is of `errors.py`'s family.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from bot.core.evidence_changes import ChangedBlob
from bot.core.model import Effect, Wanted
from bot.core.webhook_diagnosis import WebhookSettings
from bot.github_api import (
    evidence_read,
    glimpses_read,
    hook_deliveries,
    merge_group_read,
    pull_request_read,
    repository_read,
    rulesets_read,
    tags_read,
    writes,
)
from bot.github_api.auth import AppCredential, InstallationCredential
from bot.github_api.budget import Budget, RequestCounter
from bot.github_api.credentials import AppIdentity, SharedCredentials
from bot.github_api.glimpses_read import ListedRepository
from bot.github_api.hook_deliveries import DeliveryPage
from bot.github_api.limits import Limiter
from bot.github_api.readings import (
    Handles,
    InstalledApp,
    InstalledRepository,
    MergeGroupReading,
    OpenPullRequest,
    Outcome,
    PullRequestReading,
)
from bot.github_api.release_access import ReleaseAccess
from bot.github_api.release_readings import Grants
from bot.github_api.session import Session
from bot.github_api.shared_writes import SharedWriter
from bot.github_api.tags_read import GuardReading
from bot.github_api.transport import Observer, Transport


class GitHubClient:
    """GitHub as this App sees it.

    `api_url` is the REST root and `graphql_url` the GraphQL address, on the same scheme, host and port;
    `private_key` is PEM text; `clock` gives the present as an aware datetime; `timeout` is in seconds for each
    answer. Each of `observers` is called after each request, from the requesting thread, and must not raise.
    `limiter` lets requests through, by default as long as GitHub does not ask for a pause; `shared` is what
    processes share so that GitHub is asked once, by default nothing.
    Raises ValueError for addresses or a key that cannot be used.
    """

    def __init__(
        self,
        api_url: str,
        graphql_url: str,
        app_id: str,
        private_key: str,
        clock: Callable[[], datetime],
        *,
        timeout: float = 15.0,
        observers: Iterable[Observer] = (),
        limiter: Limiter | None = None,
        shared: SharedCredentials | None = None,
    ) -> None:
        self._transport = Transport(
            api_url, graphql_url, clock, timeout=timeout, observers=observers, limiter=limiter
        )
        self._app = AppCredential(self._transport, app_id, private_key, shared)
        self._installations: dict[int, Installation] = {}
        self._lock = threading.Lock()

    @property
    def requests(self) -> RequestCounter:
        """The count of requests sent, by kind."""
        return self._transport.counter

    def close(self) -> None:
        """Close idle connections. The client stays usable."""
        self._transport.close()

    @property
    def clock_skew(self) -> float | None:
        """Seconds by which this machine's clock is ahead of GitHub's (negative: behind); None before an answer."""
        return self._transport.clock.skew_seconds

    def identity(self) -> AppIdentity:
        """Who we are; asked once and kept (1 request), also by another process."""
        return self._app.identity()

    def ask_identity(self) -> AppIdentity:
        """Who we are as GitHub says now, whatever is kept (1 request)."""
        return self._app.ask_identity()

    def installations(self) -> tuple[InstalledApp, ...]:
        """Every installation of the App (1 request for each 100)."""
        return repository_read.read_installations(self._app)

    def installation_of(self, repository: str) -> int | None:
        """The installation that covers a repository, or None (1 request)."""
        return repository_read.read_installation_of(self._app, repository)

    def webhook_settings(self) -> WebhookSettings:
        """Where the App's webhook leads, and how (1 request)."""
        return hook_deliveries.read_webhook_settings(self._app)

    def deliveries(self, page: str | None) -> DeliveryPage:
        """A page of the list of our webhook's deliveries, newest first (1 request)."""
        return hook_deliveries.read_deliveries(self._app, page)

    def ask_for_delivery(self, delivery_id: int) -> None:
        """Let GitHub deliver this one again (1 write). Raises Refused or NotFound when it will not."""
        hook_deliveries.ask_for_delivery(self._app, delivery_id)

    def app_grants(self) -> Grants:
        """The permissions and events that the App asks for (1 request)."""
        return rulesets_read.read_app_grants(self._app)

    def installation_grants(self, installation_id: int) -> Grants:
        """The permissions and events that one installation has (1 request)."""
        return rulesets_read.read_installation_grants(self._app, installation_id)

    def installation(self, installation_id: int) -> Installation:
        """The same object for the same ID; no request."""
        with self._lock:
            if installation_id not in self._installations:
                credential = InstallationCredential(self._transport, self._app, installation_id)
                self._installations[installation_id] = Installation(
                    Session(self._transport, credential), self.identity
                )
            return self._installations[installation_id]


class Installation(ReleaseAccess):
    """One installation: reads and writes with its own token. What releases need is in `release_access.py`."""

    def __init__(self, session: Session, identity: Callable[[], AppIdentity]) -> None:
        super().__init__(session, identity)
        self._writer = SharedWriter(session)

    @property
    def budgets(self) -> Mapping[str, Budget]:
        """The rate limits as GitHub last told them, by resource (`core`, `graphql` …)."""
        return dict(self._session.budgets)

    @property
    def writes_waiting(self) -> int:
        """How many callers of `write` wait for GitHub's answer just now."""
        return self._writer.waiting

    def replace_token(self) -> None:
        """Send what follows with a new token, which has the permissions of now (1 request, with the next one)."""
        self._session.replace_token()

    def repositories(self) -> tuple[InstalledRepository, ...]:
        """The repositories it may see (1 request for each 100)."""
        return repository_read.read_repositories(self._session)

    def read_pull_request(
        self, repository: str, number: int, wanted: Wanted, now: datetime
    ) -> PullRequestReading | None:
        """All that a decision needs; None when there is no such pull request. 1 request in the usual case."""
        own_app_id = self._identity().app_id
        return pull_request_read.read_pull_request(self._session, own_app_id, repository, number, wanted, now)

    def read_open_pull_requests(self, repository: str) -> list[OpenPullRequest]:
        """The open pull requests, oldest first (1 request for each 100)."""
        return repository_read.read_open_pull_requests(self._session, repository)

    def read_glimpses(self, repository: str) -> ListedRepository:
        """The open pull requests, with just enough to compare each gate (1 request for each 50)."""
        return glimpses_read.read_glimpses(self._session, self._identity().app_id, repository)

    def read_guarded(self, repository: str) -> GuardReading | None:
        """The tags and the policy of a repository; None when it does not exist. 1 request in the usual case."""
        return tags_read.read_guarded(self._session, repository)

    def read_tag_digests(self, repository_ids: Sequence[str]) -> dict[str, str | None]:
        """A digest of the tags of each of these repositories, by node ID (1 request for each 50)."""
        return tags_read.read_tag_digests(self._session, repository_ids)

    def read_merge_group(
        self, repository: str, head_sha: str, base_branch: str, wanted: Wanted
    ) -> MergeGroupReading | None:
        """A merge group's head and its queue; None when the commit is gone. 1 request in the usual case."""
        own_app_id = self._identity().app_id
        return merge_group_read.read_merge_group(
            self._session, own_app_id, repository, head_sha, base_branch, wanted
        )

    def read_changed_evidence(
        self, repository: str, head_sha: str, paths: Sequence[str]
    ) -> tuple[ChangedBlob, ...]:
        """Changed evidence files at a head (1 request for each 25, none for none)."""
        return evidence_read.read_changed_evidence(self._session, repository, head_sha, paths)

    def read_permission(self, repository: str, login: str) -> str:
        """`admin`, `maintain`, `write`, `triage`, `read` or `none` (1 request)."""
        return repository_read.read_permission(self._session, repository, login)

    def write(self, handles: Handles, effects: Sequence[Effect], details_url: str) -> tuple[Outcome, ...]:
        """Do `effects`, each apart from the others; outcomes in the same order.

        1 request for up to 20 effects, none for none; those of others who write now may share it. Raises
        Retryable when it is unknown what was done.
        """
        return writes.write(self._writer, handles, effects, details_url)
