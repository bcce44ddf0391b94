"""From an Authorization header to a caller: App JWTs are really verified, other tokens looked up."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta

import jwt

from .errors import Refusal
from .state import App
from .tokens import ANONYMOUS, Caller
from .world import World

MAXIMUM_LIFE = timedelta(minutes=10)
CLOCK_SKEW = timedelta(seconds=60)


def bad_credentials(message: str = "Bad credentials") -> Refusal:
    """The 401 of an unknown, expired or malformed token."""
    return Refusal("UNAUTHENTICATED", message)


def caller_of(world: World, authorization: str | None) -> Caller:
    """Who sends this Authorization header; raises a 401 refusal when the token is worth nothing."""
    if not authorization:
        return ANONYMOUS
    scheme, _, value = authorization.strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        value = _password(value)
    elif scheme.lower() not in ("bearer", "token"):
        raise bad_credentials()
    if value.count(".") == 2 and not value.startswith("gh"):
        if scheme.lower() != "bearer":
            raise bad_credentials("A JSON web token must be sent as Bearer")
        return Caller("app", app=app_of_jwt(world, value), token=value)
    caller = world.tokens.find(value)
    if caller is None:
        raise bad_credentials()
    if caller.installation is not None and caller.installation.suspended_at is not None:
        raise Refusal("FORBIDDEN", "This installation has been suspended")
    return caller


def _password(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        raise bad_credentials() from None


def app_of_jwt(world: World, token: str) -> App:
    """The App whose key signed this JWT; issuer, signature, `iat` and `exp` are all checked."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise bad_credentials("A JSON web token could not be decoded") from None
    app = _app_of_issuer(world, claims.get("iss"))
    try:
        jwt.decode(
            token,
            app.public_key_pem,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
        )
    except jwt.PyJWTError:
        raise bad_credentials("A JSON web token could not be decoded") from None
    _check_times(world, claims)
    return app


def _app_of_issuer(world: World, issuer: object) -> App:
    for app in world.apps.values():
        if str(issuer) in (str(app.id), app.client_id):
            return app
    raise Refusal("UNAUTHENTICATED", "'Issuer' claim ('iss') must name an existing GitHub App")


def _check_times(world: World, claims: dict[str, object]) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    now = world.clock.now().timestamp()
    if not isinstance(issued, int | float) or issued > now + CLOCK_SKEW.total_seconds():
        raise bad_credentials(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )
    if not isinstance(expires, int | float) or expires <= now:
        raise bad_credentials(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which"
            " the assertion expires"
        )
    if expires > now + (MAXIMUM_LIFE + CLOCK_SKEW).total_seconds():
        raise bad_credentials("'Expiration time' claim ('exp') is too far in the future")
