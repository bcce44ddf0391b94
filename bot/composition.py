"""The parts of one process, put together from its settings. Nothing else reaches for a global."""

from __future__ import annotations

from dataclasses import replace

from pydantic import SecretStr

from bot.github_api.budget import RequestObservation
from bot.github_api.client import GitHubClient
from bot.github_api.limits import OF_GITHUB_COM, UNCOUNTED, Rules
from bot.metrics import GITHUB_REQUEST_SECONDS, GITHUB_REQUESTS
from bot.policy_files import PolicyFiles
from bot.policy_selection import PolicySelection
from bot.records.keys import SigningKey
from bot.services import Services
from bot.settings import SettingError, Settings
from bot.signing import signing_key
from bot.store.database import POOL_SIZE, Database
from bot.store.limits import SharedLimiter
from bot.store.tokens import KeptCredentials
from bot.tracing import add_span
from bot.web_composition import compose_web, now

__all__ = ["CONCURRENCY", "compose_web", "compose_worker", "now", "require_app"]

CONCURRENCY = 12
"""Evaluations that one worker runs at once: they mostly wait for GitHub (decision 16)."""


def require_app(settings: Settings) -> tuple[str, SecretStr]:
    """The App's ID and private key, without which nothing can be evaluated. Raises SettingError."""
    if settings.github_app_id is None or settings.private_key_pem is None:
        raise SettingError("GITHUB_APP_ID: missing; without a GitHub App use the sandbox (`make run`)")
    return settings.github_app_id, settings.private_key_pem


def compose_worker(settings: Settings, concurrency: int = CONCURRENCY, *, alone: bool = False) -> Services:
    """What the worker needs: GitHub and the policies too. Opens no connection yet. Raises SettingError.

    `concurrency` is how many jobs run at once: each may hold a lock on one connection and work on another. The
    limiter's are used for a millisecond at a time, so that a few do for all.
    `alone`: GitHub is asked without the database, which counts requests and shares tokens, but may be away.
    """
    app_id, private_key_pem = require_app(settings)
    base = compose_web(settings)
    database = Database(base.database.url, size=max(POOL_SIZE, 2 * concurrency + 2))
    github = GitHubClient(
        settings.github_api_url,
        settings.github_graphql_url,
        app_id,
        private_key_pem.get_secret_value(),
        now,
        observers=[_count_request],
        limiter=None if alone else SharedLimiter(database.url, rules_of(settings), size=max(2, concurrency // 3)),
        shared=None if alone else KeptCredentials(database, private_key_pem.get_secret_value()),
    )
    policies = PolicySelection(PolicyFiles(settings.policy_dir))

    def key() -> SigningKey:
        with database.transaction() as connection:
            return signing_key(connection, settings.signing_key_pem, now())

    return Services(settings, database, base.queue, github, policies, now, key)


def rules_of(settings: Settings) -> Rules:
    """Which of GitHub's limits are counted."""
    if not settings.count_limits:
        return UNCOUNTED
    return replace(OF_GITHUB_COM, each_mutation_counts=settings.each_mutation_counts)


def _count_request(observation: RequestObservation) -> None:
    kind = observation.kind.value
    GITHUB_REQUESTS.labels(kind, str(observation.status or "none")).inc()
    GITHUB_REQUEST_SECONDS.labels(kind).observe(observation.seconds)
    add_span(f"GitHub: {observation.operation}", observation.seconds, kind=kind, status=observation.status)
