"""The App's webhook, its deliveries, and the clocks: facts in, diagnoses out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.diagnosis import APP_OWNER, OPERATOR, Diagnosis, failure, fine, warning
from bot.core.titles import counted

APP = "GitHub App"
WEBHOOK, DELIVERIES, CLOCK = "webhook", "deliveries", "clock"
ALLOWED_SKEW, SERIOUS_SKEW = 30.0, 600.0
"""Seconds. Tokens allow for any difference, since it is learnt; waits and the age of evidence go by our clock."""


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """What GitHub has on record for the App's webhook. `url` is empty when there is none."""

    url: str
    content_type: str
    has_secret: bool
    verifies_certificate: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of GitHub to deliver an event."""

    guid: str
    delivered_at: datetime
    succeeded: bool


def judge_webhook(settings: WebhookSettings, expected_url: str) -> Iterator[Diagnosis]:
    """The webhook's settings, against where this service says that it is reached."""
    if not settings.url:
        action = f"set its webhook to {expected_url}"
        yield failure(APP, WEBHOOK, "no address: GitHub tells us nothing", APP_OWNER, action)
        return
    wrong = False
    if settings.content_type != "json":
        wrong = True
        text = f"its content type is {settings.content_type}: every delivery is refused"
        yield failure(APP, WEBHOOK, text, APP_OWNER, "set it to application/json")
    if not settings.has_secret:
        wrong = True
        text = "it has no secret: every delivery is refused"
        yield failure(APP, WEBHOOK, text, APP_OWNER, "set the secret of GITHUB_WEBHOOK_SECRET")
    if not settings.verifies_certificate:
        wrong = True
        text = "GitHub does not check the certificate: somebody in between could read what it sends"
        yield warning(APP, WEBHOOK, text, APP_OWNER, "switch SSL verification on")
    if settings.url != expected_url:
        wrong = True
        text = f"it leads to {settings.url}, and PUBLIC_URL would have it at {expected_url}"
        yield warning(APP, WEBHOOK, text, OPERATOR, "see which of the two is right")
    if not wrong:
        yield fine(APP, WEBHOOK, f"leads to {settings.url}")


def judge_deliveries(attempts: Sequence[Attempt], now: datetime) -> Diagnosis:
    """The newest attempts of GitHub's list. An event counts as delivered once one attempt succeeded."""
    if not attempts:
        text = "GitHub lists none: nothing has happened yet, or the webhook is off"
        return warning(APP, DELIVERIES, text, APP_OWNER, "see that the webhook is active; a push would send one")
    through = {one.guid for one in attempts if one.succeeded}
    missed = {one.guid for one in attempts} - through
    age = _age(now - max(one.delivered_at for one in attempts))
    text = f"the newest is {age} old; of the last {counted(len(through | missed), 'event')} {len(missed)} failed"
    action = "see whether the address can be reached and the secret is right; the service asks for them again"
    if not missed:
        return fine(APP, DELIVERIES, text)
    newest = max(attempts, key=lambda one: one.delivered_at)
    how = warning if newest.guid in through else failure
    return how(APP, DELIVERIES, text, OPERATOR, action)


def judge_clock(skew_seconds: float | None) -> Diagnosis:
    """How far this machine's clock is from GitHub's (positive: ahead)."""
    if skew_seconds is None:
        return warning(APP, CLOCK, "GitHub has not told its time", OPERATOR, "try again")
    text = f"{abs(skew_seconds):.0f} seconds {'ahead of' if skew_seconds > 0 else 'behind'} GitHub's"
    if abs(skew_seconds) < ALLOWED_SKEW:
        return fine(APP, CLOCK, f"within {ALLOWED_SKEW:.0f} seconds of GitHub's")
    how = failure if abs(skew_seconds) >= SERIOUS_SKEW else warning
    action = "set this machine's clock: tokens allow for it, but waits and the age of evidence go by it"
    return how(APP, CLOCK, text, OPERATOR, action)


def _age(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 60:
        return counted(minutes, "minute")
    return counted(minutes // 60, "hour") if minutes < 48 * 60 else counted(minutes // (24 * 60), "day")
