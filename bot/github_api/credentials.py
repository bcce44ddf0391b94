"""What GitHub says once for all processes: installation tokens, and who the App is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AppIdentity:
    """The App as GitHub knows it. `slug` is the name in its own comments' `slug[bot]`."""

    app_id: int
    slug: str


@dataclass(frozen=True, slots=True)
class InstallationToken:
    """A token and the time from which it is no longer used, by GitHub's clock. The text is never shown."""

    text: str = field(repr=False)
    renew_at: datetime


class SharedCredentials(Protocol):
    """Where processes keep it for each other. Threads share it."""

    def token(
        self,
        installation_id: int,
        is_good: Callable[[InstallationToken], bool],
        mint: Callable[[], InstallationToken],
    ) -> InstallationToken:
        """The kept token if `is_good`, else what `mint` gives. One mint at a time; others wait for its token."""

    def identity(self, issuer: str, ask: Callable[[], AppIdentity]) -> AppIdentity:
        """Who `issuer` (an App ID or client ID) is: as kept, or as `ask` says."""


class OwnCredentials:
    """Nothing is shared: each process asks for itself."""

    def token(
        self,
        installation_id: int,  # noqa: ARG002
        is_good: Callable[[InstallationToken], bool],  # noqa: ARG002
        mint: Callable[[], InstallationToken],
    ) -> InstallationToken:
        """A new token."""
        return mint()

    def identity(self, issuer: str, ask: Callable[[], AppIdentity]) -> AppIdentity:  # noqa: ARG002
        """What GitHub says now."""
        return ask()
