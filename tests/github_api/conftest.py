"""Fixtures of the GitHub client's tests: an RSA key, and a client on a scripted loopback server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.core.model import Wanted
from bot.github_api.budget import RequestObservation
from bot.github_api.client import GitHubClient
from bot.github_api.limits import Limiter
from bot.github_api.readings import PullRequestReading
from sandbox import Sandbox
from tests.support.hub import Hub
from tests.support.scripted_http import Received, Reply, Script, ScriptedServer, scripted_server

NOW = datetime(2026, 2, 19, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def key() -> RSAPrivateKey:
    """One key for the run, as making one takes a while."""
    return generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def key_pem(key: RSAPrivateKey) -> str:
    """The same key as PEM text."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@dataclass
class Stage:
    """A scripted GitHub, a client of it, the client's clock, and what the client's observer saw."""

    server: ScriptedServer
    client: GitHubClient
    now: datetime = NOW
    observed: list[RequestObservation] = field(default_factory=list)
    minted: int = 0

    def pass_time(self, by: timedelta) -> None:
        """Move the clock that both the client and the script see."""
        self.now += by


class Stages:
    """Makes stages. A script answers all but App identity and token minting, which work as GitHub's do."""

    def __init__(self, key_pem: str) -> None:
        self._key_pem = key_pem
        self._open = ExitStack()

    def start(self, script: Script, *, timeout: float = 10.0, limiter: Limiter | None = None) -> Stage:
        """A server that answers by `script`, and a client of it."""
        stage: Stage

        def answer(received: Received) -> Reply:
            if received.path.endswith("/access_tokens"):
                stage.minted += 1
                expires = (stage.now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
                return Reply(201, {"token": f"ghs_secret{stage.minted}", "expires_at": expires})
            if received.path == "/app":
                return Reply(200, {"id": 77, "slug": "trackgate"})
            return script(received)

        server = self._open.enter_context(scripted_server(answer))
        observed: list[RequestObservation] = []
        client = GitHubClient(
            server.url,
            f"{server.url}/graphql",
            "77",
            self._key_pem,
            lambda: stage.now,
            timeout=timeout,
            observers=[observed.append],
            limiter=limiter,
        )
        self._open.enter_context(closing(client))
        stage = Stage(server, client, observed=observed)
        return stage

    def close(self) -> None:
        """Stop every server and client."""
        self._open.close()


@pytest.fixture
def stages(key_pem: str) -> Iterator[Stages]:
    """A maker of stages, which all end with the test."""
    maker = Stages(key_pem)
    try:
        yield maker
    finally:
        maker.close()


@pytest.fixture
def reading(stages: Stages) -> Callable[..., tuple[Stage, PullRequestReading | None]]:
    """Read pull request 1 from a GitHub that gives these answers, in turn."""

    def read(*answers: Any) -> tuple[Stage, PullRequestReading | None]:
        left = iter(answers)

        def script(received: Received) -> Reply:
            body = next(left)
            return body if isinstance(body, Reply) else Reply(200, body)

        stage = stages.start(script)
        found = stage.client.installation(1).read_pull_request("meta/integration", 1, Wanted(), NOW)
        assert next(left, None) is None, "an answer was not asked for"
        return stage, found

    return read


@pytest.fixture(scope="module")
def hub(key_pem: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A real sandbox for the tests of one file, with our App on it."""
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as github:
        running = Hub(github, key_pem)
        with closing(running.client):
            yield running
