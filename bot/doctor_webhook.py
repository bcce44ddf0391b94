"""The doctor's look at what GitHub sends us: the webhook's settings, its last deliveries, and the two clocks."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.diagnosis import Diagnosis
from bot.core.webhook_diagnosis import Attempt, judge_clock, judge_deliveries, judge_webhook
from bot.services import Services


def examine_webhook(services: Services) -> Iterator[Diagnosis]:
    """Settings, deliveries and clock (2 requests). Raises GitHubError."""
    yield from judge_webhook(services.github.webhook_settings(), f"{services.settings.public_url}/webhooks/github")
    newest = services.github.deliveries(None).deliveries
    attempts = [Attempt(str(one.guid), one.delivered_at, one.succeeded) for one in newest]
    yield judge_deliveries(attempts, services.clock())
    yield judge_clock(services.github.clock_skew)
