"""The App's JWT and the shared installation token."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.github_api.client import GitHubClient
from bot.github_api.credentials import AppIdentity
from bot.github_api.errors import BadCredentials
from tests.support.scripted_http import Received, Reply

if TYPE_CHECKING:
    from tests.github_api.conftest import Stages

NOW = datetime(2026, 2, 19, 12, 0, tzinfo=UTC)  # where the stages' clock stands
REPOSITORIES = Reply(200, {"total_count": 0, "repositories": []})
UNAUTHORISED = Reply(401, {"message": "Bad credentials"})


def test_the_jwt_is_what_github_takes(stages: Stages, key: RSAPrivateKey) -> None:
    """RS256 by our key, issued a minute back, for at most ten minutes, in the App's name."""
    stage = stages.start(lambda _: REPOSITORIES)
    stage.client.identity()
    scheme, _, token = stage.server.requests[0].headers["authorization"].partition(" ")
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(token, key.public_key(), algorithms=["RS256"], options=options)
    assert scheme == "Bearer"
    assert claims["iss"] == "77"
    assert claims["iat"] == int(NOW.timestamp()) - 60
    assert claims["exp"] - claims["iat"] == 9 * 60


def test_identity_is_asked_once(stages: Stages) -> None:
    """However often it is wanted, GitHub is asked one time."""
    stage = stages.start(lambda _: REPOSITORIES)
    assert [stage.client.identity() for _ in range(3)] == [AppIdentity(77, "trackgate")] * 3
    assert len(stage.server.requests) == 1


def test_one_mint_for_many_threads(stages: Stages) -> None:
    """Sixteen threads that need a first token at the same moment share one."""
    stage = stages.start(lambda _: REPOSITORIES)
    start = Barrier(16)

    def work(_: int) -> None:
        start.wait(10)
        stage.client.installation(1).repositories()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))
    assert stage.minted == 1
    used = {r.headers["authorization"] for r in stage.server.requests if r.path.startswith("/installation/")}
    assert used == {"token ghs_secret1"}


def test_a_token_is_renewed_before_it_ends(stages: Stages) -> None:
    """It is used until five minutes before its end, and not after."""
    stage = stages.start(lambda _: REPOSITORIES)
    installation = stage.client.installation(1)
    installation.repositories()
    stage.pass_time(timedelta(minutes=54))
    installation.repositories()
    assert stage.minted == 1
    stage.pass_time(timedelta(minutes=2))
    installation.repositories()
    assert stage.minted == 2


def test_a_refused_token_is_renewed_once(stages: Stages) -> None:
    """A revoked token costs one renewal; the request is then answered."""

    def script(received: Received) -> Reply:
        return UNAUTHORISED if received.headers["authorization"].endswith("secret1") else REPOSITORIES

    stage = stages.start(script)
    assert stage.client.installation(1).repositories() == ()
    assert stage.minted == 2


def test_many_threads_with_a_refused_token_renew_it_once(stages: Stages) -> None:
    """Who finds the token renewed already uses the new one."""
    everybody_refused = Barrier(8)

    def script(received: Received) -> Reply:
        if received.headers["authorization"].endswith("secret1"):
            everybody_refused.wait(10)
            return UNAUTHORISED
        return REPOSITORIES

    stage = stages.start(script)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: stage.client.installation(1).repositories(), range(8)))
    assert stage.minted == 2


def test_a_token_that_stays_refused_is_an_error(stages: Stages) -> None:
    """After one renewal it is given up."""
    stage = stages.start(lambda _: UNAUTHORISED)
    with pytest.raises(BadCredentials):
        stage.client.installation(1).repositories()
    assert stage.minted == 2


def test_installations_have_their_own_tokens(stages: Stages) -> None:
    """Two installations, two mints, at their own addresses; the same ID gives the same object."""
    stage = stages.start(lambda _: REPOSITORIES)
    stage.client.installation(1).repositories()
    stage.client.installation(2).repositories()
    minted = [r.path for r in stage.server.requests if r.path.endswith("/access_tokens")]
    assert minted == ["/app/installations/1/access_tokens", "/app/installations/2/access_tokens"]
    assert stage.client.installation(1) is stage.client.installation(1)


def test_only_rsa_keys(stages: Stages) -> None:
    """A key of another kind is refused at start, and not at the first request."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ValueError, match="not an RSA key"):
        GitHubClient("https://api.github.com", "https://api.github.com/graphql", "1", pem.decode(), lambda: NOW)
