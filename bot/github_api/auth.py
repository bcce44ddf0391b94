"""Who we are to GitHub: the App's JWT, and one shared token for each installation."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github.Auth import AppAuthToken, Auth, Token

from bot.github_api.budget import RequestKind
from bot.github_api.errors import BadCredentials, Forbidden
from bot.github_api.transport import Answer, Request, Transport

# GitHub takes at most 10 minutes from `iat` to `exp`; a minute back allows for clocks that differ
# (docs: generating a JSON Web Token for a GitHub App).
JWT_BACKDATED = timedelta(seconds=60)
JWT_LIFETIME = timedelta(minutes=8)
# Tokens live an hour. A new one is minted while the old one still has this long, so none ends within a request.
RENEWAL_MARGIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AppIdentity:
    """The App as GitHub knows it. `slug` is the name in its own comments' `slug[bot]`."""

    app_id: int
    slug: str


class AppCredential:
    """The App itself: its key, loaded once (signing from PEM text costs a hundred times as much)."""

    def __init__(self, transport: Transport, app_id: str, private_key: str) -> None:
        key = load_pem_private_key(private_key.encode(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("the App's private key is not an RSA key")  # noqa: TRY004 - it is a setting
        self._transport = transport
        self._app_id = app_id
        self._key = key
        self._identity: AppIdentity | None = None
        self._lock = threading.Lock()

    def send(self, request: Request) -> Answer:
        """Send a request as the App itself."""
        return self._transport.send(request, AppAuthToken(self.signed_jwt(self._transport.clock())))

    def signed_jwt(self, now: datetime) -> str:
        """A JWT that is good for about eight minutes from `now`."""
        claims = {"iat": now - JWT_BACKDATED, "exp": now + JWT_LIFETIME, "iss": self._app_id}
        return jwt.encode(claims, self._key, algorithm="RS256")

    def identity(self) -> AppIdentity:
        """Our App ID and slug; one request in the life of the process."""
        with self._lock:
            if self._identity is None:
                app = self.send(Request("GET", "/app", RequestKind.AUTHENTICATION, "read our App")).data
                self._identity = AppIdentity(app_id=int(app["id"]), slug=str(app["slug"]))
            return self._identity


class InstallationCredential:
    """The token of one installation, shared by all threads; one mint at a time, and the others wait for it."""

    def __init__(self, transport: Transport, app: AppCredential, installation_id: int) -> None:
        self._transport = transport
        self._app = app
        self._path = f"/app/installations/{installation_id}/access_tokens"
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._renew_at = datetime.min.replace(tzinfo=UTC)

    def send(self, request: Request) -> Answer:
        """Send a request with the installation's token.

        A 401 means that the token was refused and nothing was done: one renewal, then BadCredentials. A 403 may
        come of permissions that were granted after the token was minted, which it never gets: the next request
        is sent with a new one.
        """
        token = self._current()
        try:
            return self._transport.send(request, token)
        except Forbidden:
            self._forget(token)
            raise
        except BadCredentials:
            return self._transport.send(request, self._renewed(token))

    def _current(self) -> Auth:
        with self._lock:
            if self._token is None or self._transport.clock() >= self._renew_at:
                return self._mint()
            return self._token

    def _renewed(self, refused: Auth) -> Auth:
        with self._lock:
            if self._token is None or self._token is refused:
                return self._mint()
            return self._token

    def _forget(self, token: Auth) -> None:
        with self._lock:
            if self._token is token:
                self._token = None

    def _mint(self) -> Token:
        request = Request("POST", self._path, RequestKind.AUTHENTICATION, "mint an installation token")
        answer = self._app.send(request).data
        self._token = Token(answer["token"])
        self._renew_at = datetime.fromisoformat(answer["expires_at"]) - RENEWAL_MARGIN
        return self._token
