"""Who we are to GitHub: the App's JWT, and one shared token for each installation."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github.Auth import AppAuthToken, Token

from bot.github_api.budget import RequestKind
from bot.github_api.credentials import AppIdentity, InstallationToken, OwnCredentials, SharedCredentials
from bot.github_api.errors import BadCredentials, Forbidden, NotFound, Suspended
from bot.github_api.limits import APP, account_of
from bot.github_api.transport import Answer, Request, Transport

# GitHub takes at most 10 minutes from `iat` to `exp`; a minute back allows for clocks that differ
# (docs: generating a JSON Web Token for a GitHub App).
JWT_BACKDATED = timedelta(seconds=60)
JWT_LIFETIME = timedelta(minutes=8)
# Tokens live an hour. A new one is minted while the old one still has this long, so none ends within a request.
RENEWAL_MARGIN = timedelta(minutes=5)
# A 403 is worth a new token so often, or one installation without a permission would use up the App's own limits.
LEAST_BETWEEN_RENEWALS = timedelta(seconds=30)


class AppCredential:
    """The App itself: its key, loaded once (signing from PEM text costs a hundred times as much)."""

    def __init__(
        self, transport: Transport, app_id: str, private_key: str, shared: SharedCredentials | None = None
    ) -> None:
        key = load_pem_private_key(private_key.encode(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("the App's private key is not an RSA key")  # noqa: TRY004 - it is a setting
        self._transport = transport
        self._app_id = app_id
        self._key = key
        self.shared: SharedCredentials = shared or OwnCredentials()
        self._identity: AppIdentity | None = None
        self._lock = threading.Lock()

    def send(self, request: Request) -> Answer:
        """Send a request as the App itself.

        GitHub refuses a JWT that its clock finds issued in the future or ended (401): if our clock is wrong by its
        `Date`, that is made up for from then on, and the request sent once more.
        """
        try:
            return self._send(request)
        except BadCredentials:
            if not self._transport.clock.correct():
                raise
            return self._send(request)

    def _send(self, request: Request) -> Answer:
        return self._transport.send(request, AppAuthToken(self.signed_jwt(self._transport.clock())), APP)

    def signed_jwt(self, now: datetime) -> str:
        """A JWT that is good for about eight minutes from `now`."""
        claims = {"iat": now - JWT_BACKDATED, "exp": now + JWT_LIFETIME, "iss": self._app_id}
        return jwt.encode(claims, self._key, algorithm="RS256")

    def identity(self) -> AppIdentity:
        """Our App ID and slug; at most one request in the life of the process, none if another has asked."""
        with self._lock:
            if self._identity is None:
                self._identity = self.shared.identity(self._app_id, self.ask_identity)
            return self._identity

    def ask_identity(self) -> AppIdentity:
        """Our App ID and slug as GitHub says them now: one request, which also shows that the key is right."""
        app = self.send(Request("GET", "/app", RequestKind.AUTHENTICATION, "read our App")).data
        return AppIdentity(app_id=int(app["id"]), slug=str(app["slug"]))


class InstallationCredential:
    """The token of one installation, shared by all threads; one mint at a time, and the others wait for it."""

    def __init__(self, transport: Transport, app: AppCredential, installation_id: int) -> None:
        self._transport = transport
        self._app = app
        self._installation_id = installation_id
        self._account = account_of(installation_id)
        self._lock = threading.Lock()
        self._token: InstallationToken | None = None
        self._sent = Token("none")
        self._refused = ""
        self._renewed_at = datetime.min.replace(tzinfo=UTC)

    def send(self, request: Request) -> Answer:
        """Send a request with the installation's token.

        A 401 means that the token was refused and nothing was done: one renewal, then BadCredentials. A 403 may
        come of permissions that were granted after the token was minted, which it never gets: the next request
        is sent with a new one, though not every time. Raises Suspended when there is no token to be had.
        """
        token = self._current()
        try:
            return self._transport.send(request, token, self._account)
        except Forbidden:
            self._doubt(token)
            raise
        except BadCredentials:
            return self._transport.send(request, self._renewed(token), self._account)

    def replace_token(self) -> None:
        """Use another token from now on: a token never gets permissions that were granted after it was minted."""
        with self._lock:
            if self._token is not None:
                self._refused, self._renewed_at = self._token.text, self._transport.clock()

    def _current(self) -> Token:
        with self._lock:
            if self._token is None or not self._is_good(self._token):
                return self._renew()
            return self._sent

    def _renewed(self, refused: Token) -> Token:
        with self._lock:
            if self._sent is refused:
                self._refused = refused.token
                return self._renew()
            return self._sent

    def _doubt(self, token: Token) -> None:
        """Use another token from now on, if it was not renewed a moment ago."""
        with self._lock:
            now = self._transport.clock()
            if self._sent is token and now - self._renewed_at >= LEAST_BETWEEN_RENEWALS:
                self._refused, self._renewed_at = token.token, now

    def _is_good(self, token: InstallationToken) -> bool:
        return token.text != self._refused and self._transport.clock() < token.renew_at

    def _renew(self) -> Token:
        self._token = self._app.shared.token(self._installation_id, self._is_good, self._mint)
        self._sent = Token(self._token.text)
        return self._sent

    def _mint(self) -> InstallationToken:
        path = f"/app/installations/{self._installation_id}/access_tokens"
        try:
            answer = self._app.send(
                Request("POST", path, RequestKind.AUTHENTICATION, "mint an installation token")
            )
        except NotFound as error:  # GitHub's answer for one that was deleted
            raise Suspended(str(error)) from None
        expires_at = datetime.fromisoformat(answer.data["expires_at"])
        return InstallationToken(str(answer.data["token"]), expires_at - RENEWAL_MARGIN)
