"""Whatever is asked, in whatever order and by whom: no window exceeds a limit, and no room is left unused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.github_api.errors import LimitReached
from bot.github_api.limits import GRAPHQL, REST, Cost, Rules, Said
from bot.store.limits import SharedLimiter
from tests.support.database_clock import DatabaseClock

# Small, so that a few requests fill each of them; a write fills all points of REST.
RULES = Rules(rest_points=5, graphql_points=12, creations_a_minute=2, creations_an_hour=3, in_flight=None)
SLOTS = 62
"""Seconds for which a slot counts at most (see migration 0004)."""
_numbers = count()


@dataclass(frozen=True)
class Sent:
    """One request that was let through."""

    at: datetime
    cost: Cost


resources = st.sampled_from([REST, GRAPHQL])
kinds = st.sampled_from([(False, 0), (True, 0), (True, 1), (True, 2)])
asked = st.lists(st.tuples(resources, kinds), min_size=2, max_size=6)
# Just before and just after a window ends is where a count goes wrong.
pauses = st.sampled_from([0.0, 0.3, 1.0, 20.0, 55.0, 59.5, 63.0, 1700.0, 3300.0, 3599.0])
streams = st.lists(st.tuples(pauses, asked), min_size=2, max_size=8)


@given(streams)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_window_exceeds_a_limit_and_none_is_idle(
    database_url: str,
    database_clock: DatabaseClock,
    stream: list[tuple[float, list[tuple[str, tuple[bool, int]]]]],
) -> None:
    """Two limiters ask in three threads: what they send fits, and what they do not send would not have."""
    account = f"installation:{next(_numbers)}"
    sent: list[Sent] = []
    with (
        closing(SharedLimiter(database_url, RULES)) as one,
        closing(SharedLimiter(database_url, RULES)) as other,
        ThreadPoolExecutor(3) as threads,
    ):
        for seconds, wanted in stream:
            database_clock.pass_time(seconds)
            now = database_clock.now
            costs = [Cost(account, resource, *kind) for resource, kind in wanted]
            turns = list(zip(costs, [one, other] * len(costs), strict=False))
            went = list(threads.map(lambda turn: goes(*turn), turns))
            sent += [Sent(now, cost) for cost, through in zip(costs, went, strict=True) if through]
            for cost, through in zip(costs, went, strict=True):
                assert through or not certainly_fits(cost, sent, now)
    for moment in {one.at for one in sent}:
        assert_within_limits(sent, moment)


def goes(cost: Cost, limiter: SharedLimiter) -> bool:
    """Whether the request was let through; it is over at once."""
    try:
        limiter.settle(limiter.acquire(cost), Said(succeeded=True))
    except LimitReached:
        return False
    return True


def points(sent: list[Sent], resource: str, start: datetime, end: datetime) -> int:
    """The points of one resource in a window, its ends included."""
    return sum(one.cost.points for one in sent if one.cost.resource == resource and start <= one.at <= end)


def creations(sent: list[Sent], start: datetime, end: datetime) -> int:
    """The requests with creations in a window."""
    return sum(one.cost.creations > 0 for one in sent if start <= one.at <= end)


def assert_within_limits(sent: list[Sent], moment: datetime) -> None:
    """The 60 seconds and the hour that begin with `moment` are within each limit."""
    minute, hour = moment + timedelta(seconds=60), moment + timedelta(hours=1)
    assert points(sent, REST, moment, minute) <= 5
    assert points(sent, GRAPHQL, moment, minute) <= 12
    assert creations(sent, moment, minute) <= 2
    assert creations(sent, moment, hour) <= 3


def certainly_fits(cost: Cost, sent: list[Sent], now: datetime) -> bool:
    """Whether there was room, however the slots lay, with all that was sent until now counted."""
    minute, hour = now - timedelta(seconds=SLOTS), now - timedelta(minutes=61)
    most = RULES.points(cost.resource) or 0
    used = points(sent, cost.resource, minute, now) + cost.points
    writes = [one.at for one in sent if one.cost.writes]
    is_spaced = cost.writes and used > 0.8 * most and any(now - at < timedelta(seconds=1) for at in writes)
    has_room = used <= most and not is_spaced
    if not cost.creations:
        return has_room
    return has_room and creations(sent, minute, now) < 2 and creations(sent, hour, now) < 3
