"""The tokens that are in force, and whom each one stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .clock import Clock
from .identifiers import installation_token, user_token
from .state import Account, App, Installation

CallerKind = Literal["user", "installation", "app", "anonymous"]
INSTALLATION_TOKEN_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """Who makes a request: a user, an App as itself (JWT), an installation, or nobody.

    `permissions` and `repository_ids` are an installation token's own, which may be narrower than the
    installation's; `repository_ids` None means all of the installation's.
    """

    kind: CallerKind
    account: Account | None = None
    app: App | None = None
    installation: Installation | None = None
    permissions: tuple[tuple[str, str], ...] = ()
    repository_ids: frozenset[int] | None = None
    token: str = ""

    def permission(self, name: str) -> str | None:
        """The level (read, write, admin) of one permission."""
        return dict(self.permissions).get(name)


ANONYMOUS = Caller("anonymous")


@dataclass(frozen=True, slots=True)
class _Issued:
    caller: Caller
    expires_at: datetime | None


class Tokens:
    """Issues tokens and says whose a token is, while it lasts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, _Issued] = {}

    def for_user(self, account: Account) -> str:
        """A new personal access token."""
        token = user_token()
        self._issued[token] = _Issued(Caller("user", account=account, token=token), None)
        return token

    def for_installation(
        self, installation: Installation, permissions: dict[str, str], repository_ids: set[int] | None
    ) -> tuple[str, datetime]:
        """A new installation token with these rights, and when it expires."""
        token = installation_token(installation.app.id)
        expires_at = self._clock.now() + INSTALLATION_TOKEN_LIFE
        caller = Caller(
            "installation",
            account=installation.app.bot,
            app=installation.app,
            installation=installation,
            permissions=tuple(sorted(permissions.items())),
            repository_ids=None if repository_ids is None else frozenset(repository_ids),
            token=token,
        )
        self._issued[token] = _Issued(caller, expires_at)
        return token, expires_at

    def find(self, token: str) -> Caller | None:
        """Whose token this is; None when it is unknown, expired or revoked."""
        issued = self._issued.get(token)
        if issued is None or (issued.expires_at is not None and issued.expires_at <= self._clock.now()):
            return None
        return issued.caller

    def revoke(self, token: str) -> None:
        """Make a token worthless at once."""
        self._issued.pop(token, None)

    def revoke_installation(self, installation: Installation) -> None:
        """Make every token of an installation worthless, as uninstalling does."""
        for token, issued in list(self._issued.items()):
            if issued.caller.installation is installation:
                del self._issued[token]
