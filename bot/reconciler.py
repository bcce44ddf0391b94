"""What the queue's tasks call: one method for each kind of subject. `bot.reconcile` is the one there is."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Protocol, TypeVar
from uuid import UUID

from bot.foundation import Foundation

AnyServices = TypeVar("AnyServices", bound=Foundation)
ServicesT = TypeVar("ServicesT", bound=Foundation, contravariant=True)


class Reconciler(Protocol[ServicesT]):
    """Read, decide, write, for each kind of subject (`bot.reconcile` is one). Anything it raises is tried again.

    `services` is what it works with. `delivery` is the GUID of the delivery that caused the evaluation; None when
    time or a sweep did.
    """

    def pull_request(
        self,
        services: ServicesT,
        repository: str,
        number: int,
        installation_id: int,
        *,
        delivery: UUID | None,
    ) -> None:
        """Make GitHub show the pull request's gate as it is now."""

    def merge_group(
        self,
        services: ServicesT,
        repository: str,
        head_sha: str,
        base_branch: str,
        installation_id: int,
        *,
        delivery: UUID | None,
    ) -> None:
        """Make GitHub show the merge group's gate as it is now."""

    def repository(self, services: ServicesT, repository: str, installation_id: int) -> Sequence[int]:
        """The numbers of the open pull requests, each of which is then looked at."""

    def sweep_repository(self, services: ServicesT, repository: str, installation_id: int) -> Sequence[int]:
        """Compare the open pull requests with what was kept of them; the numbers of those to be evaluated."""

    def sweep_tags(self, services: ServicesT, installation_id: int) -> None:
        """Compare the tags of an installation's repositories with what was kept, and queue a look at others."""

    def recover_deliveries(self, services: ServicesT) -> None:
        """Ask GitHub again for deliveries that never arrived."""

    def installations(self, services: ServicesT) -> Sequence[int]:
        """Ask GitHub who we are and where we are installed; the installations to be looked at."""

    def installation(self, services: ServicesT, installation_id: int, *, has_changed: bool = False) -> Set[str]:
        """Ask GitHub which repositories one installation serves, and remember it; those that are new to us.

        `has_changed`: an event told that it did, perhaps in its permissions.
        """

    def releases(
        self, services: ServicesT, repository: str, installation_id: int, *, delivery: UUID | None
    ) -> None:
        """Obey the commands of the release desk, and bring every armed release as far as it can go."""

    def tags(
        self,
        services: ServicesT,
        repository: str,
        installation_id: int,
        *,
        rulesets: bool,
        delivery: UUID | None,
    ) -> None:
        """Put right what happened to release tags outside the gate."""

    def deployment(
        self,
        services: ServicesT,
        repository: str,
        run_id: int,
        environment: str,
        installation_id: int,
        *,
        delivery: UUID | None,
    ) -> None:
        """Answer a deployment that waits for us."""
