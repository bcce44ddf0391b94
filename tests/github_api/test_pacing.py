"""Documents that notify people get fewer, the more of them there were: GitHub's own limit is never reached."""

from __future__ import annotations

from bot.github_api.pacing import WINDOW_SECONDS, Pace

LIMIT = 80
"""What GitHub takes in a minute."""


def sent_as_soon_as_allowed(until: float) -> list[float]:
    """The moments of a sender who always has another one."""
    pace, now, sent = Pace(), 0.0, []
    while now < until:
        now += pace.wait(now)
        pace.note(now)
        sent.append(now)
    return sent


def test_no_minute_ever_holds_more_than_github_takes() -> None:
    """However many wait, for as long as they like."""
    sent = sent_as_soon_as_allowed(600.0)
    most = max(sum(start <= moment < start + WINDOW_SECONDS for moment in sent) for start in sent)
    assert 60 < most < LIMIT


def test_a_lone_one_never_waits() -> None:
    """One every ten seconds is sent at once each time."""
    pace = Pace()
    for number in range(100):
        assert pace.wait(10.0 * number) == 0.0
        pace.note(10.0 * number)


def test_a_burst_is_sent_within_seconds() -> None:
    """Fifteen seconds have room for about fifty documents: enough for two hundred pull requests in them."""
    assert 40 < sum(moment <= 15.0 for moment in sent_as_soon_as_allowed(20.0)) < 60
