"""The webhook's settings, its deliveries and the clocks, judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.diagnosis import Health
from bot.core.webhook_diagnosis import Attempt, WebhookSettings, judge_clock, judge_deliveries, judge_webhook
from tests.support.builders import NOW

URL = "https://gate.example/webhooks/github"
WELL = WebhookSettings(URL, "json", has_secret=True, verifies_certificate=True)


def attempt(guid: int, minutes: int, *, succeeded: bool) -> Attempt:
    """An attempt some minutes ago."""
    return Attempt(str(guid), NOW - timedelta(minutes=minutes), succeeded)


def test_a_webhook_that_is_well() -> None:
    """One line that says where it leads."""
    (found,) = judge_webhook(WELL, URL)
    assert (found.health, found.text) == (Health.OK, f"leads to {URL}")


@pytest.mark.parametrize(
    ("changes", "health", "word"),
    [
        ({"url": ""}, Health.FAILURE, "no address"),
        ({"content_type": "form"}, Health.FAILURE, "content type is form"),
        ({"has_secret": False}, Health.FAILURE, "no secret"),
        ({"verifies_certificate": False}, Health.WARNING, "certificate"),
        ({"url": "https://old.example/webhooks/github"}, Health.WARNING, "leads to https://old.example"),
    ],
)
def test_one_setting_wrong(changes: dict[str, str | bool], health: Health, word: str) -> None:
    """Each is told alone, with one next step."""
    (found,) = judge_webhook(replace(WELL, **changes), URL)
    assert found.health is health
    assert word in found.text
    assert found.next_action is not None


def test_deliveries_that_came_through() -> None:
    """An event that failed once and came through when it was sent again is delivered."""
    again = [attempt(1, 90, succeeded=False), attempt(1, 80, succeeded=True), attempt(2, 5, succeeded=True)]
    found = judge_deliveries(again, NOW)
    assert (found.health, found.text) == (
        Health.OK, "the newest is 5 minutes old; of the last 2 events 0 failed"
    )  # fmt: skip


def test_deliveries_that_failed() -> None:
    """Some in the past are a warning; when the newest failed, it is failing now."""
    past = [attempt(1, 60 * 5, succeeded=False), attempt(2, 60 * 3, succeeded=True)]
    found = judge_deliveries(past, NOW)
    assert (found.health, found.text) == (
        Health.WARNING, "the newest is 3 hours old; of the last 2 events 1 failed"
    )  # fmt: skip
    assert judge_deliveries([*past, attempt(3, 60 * 24 * 2, succeeded=False)], NOW).health is Health.WARNING
    assert judge_deliveries([*past, attempt(3, 1, succeeded=False)], NOW).health is Health.FAILURE
    assert "2 days old" in judge_deliveries([attempt(3, 60 * 24 * 2, succeeded=False)], NOW).text


def test_no_deliveries() -> None:
    """Perhaps nothing has happened yet: a warning."""
    assert judge_deliveries([], NOW).health is Health.WARNING


@pytest.mark.parametrize(
    ("skew", "health", "text"),
    [
        (None, Health.WARNING, "GitHub has not told its time"),
        (29.0, Health.OK, "within 30 seconds of GitHub's"),
        (-29.0, Health.OK, "within 30 seconds of GitHub's"),
        (120.0, Health.WARNING, "120 seconds ahead of GitHub's"),
        (-120.0, Health.WARNING, "120 seconds behind GitHub's"),
        (600.0, Health.FAILURE, "600 seconds ahead of GitHub's"),
        (-600.0, Health.FAILURE, "600 seconds behind GitHub's"),
    ],
)
def test_clocks(skew: float | None, health: Health, text: str) -> None:
    """Seconds are nothing, minutes a warning, ten of them a failure; either way."""
    found = judge_clock(skew)
    assert (found.health, found.text) == (health, text)
