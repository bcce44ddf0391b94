"""The count of GitHub's limits that all processes share, on a real PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import psycopg
import pytest

from bot.github_api.budget import Budget
from bot.github_api.errors import LimitReached
from bot.github_api.limits import GRAPHQL, OF_GITHUB_COM, REST, UNCOUNTED, Cost, Pause, Permit, Rules, Said
from bot.store.limits import SharedLimiter, budgets_now
from tests.support.database_clock import DatabaseClock

ONE = "installation:1"
READ, WRITE = Cost(ONE, GRAPHQL), Cost(ONE, GRAPHQL, writes=True)
COMMENT = Cost(ONE, GRAPHQL, writes=True, creations=1)
DONE = Said(succeeded=True)
TENTH = Rules(rest_points=90, graphql_points=200, creations_a_minute=8, creations_an_hour=50)
"""A tenth of GitHub's figures: a burst is over soon."""


@pytest.fixture
def limiter(database_url: str, database_clock: DatabaseClock) -> Iterator[SharedLimiter]:
    """A limiter with a tenth of GitHub's figures, in a database whose clock stands."""
    with closing(SharedLimiter(database_url, TENTH)) as limiter:
        yield limiter


def send(limiter: SharedLimiter, cost: Cost, said: Said = DONE) -> float | None:
    """One request, begun and over."""
    return limiter.settle(limiter.acquire(cost), said)


def refused(limiter: SharedLimiter, cost: Cost) -> LimitReached:
    """What is said to a request that finds no room."""
    with pytest.raises(LimitReached) as caught:
        limiter.acquire(cost)
    return caught.value


def burst(limiter: SharedLimiter, cost: Cost) -> int:
    """How many of these requests go through at once."""
    for sent in range(10_000):
        try:
            send(limiter, cost)
        except LimitReached:
            return sent
    raise AssertionError("there is no limit")


@pytest.mark.parametrize(("resource", "most"), [(REST, 90), (GRAPHQL, 200)])
def test_a_burst_of_reads_goes_through_up_to_the_minutes_points(
    limiter: SharedLimiter, database_clock: DatabaseClock, resource: str, most: int
) -> None:
    """All points at once, none more, and all again once GitHub's minute is over."""
    cost = Cost(ONE, resource)
    assert burst(limiter, cost) == most
    database_clock.pass_time(59.0)
    assert "points of the minute" in str(refused(limiter, cost))
    database_clock.pass_time(4.0)
    assert burst(limiter, cost) == most


def test_writes_beyond_most_of_the_points_are_spaced(
    limiter: SharedLimiter, database_clock: DatabaseClock
) -> None:
    """Of 200 points 160 go at once, in writes of 5; then one write a second."""
    assert burst(limiter, WRITE) == 32
    for _ in range(8):
        limit = refused(limiter, WRITE)
        assert "spaced" in str(limit)
        assert limit.retry_after <= 10
        database_clock.pass_time(1.0)
        send(limiter, WRITE)


def test_resources_have_their_own_points(limiter: SharedLimiter) -> None:
    """REST is full, and GraphQL goes on."""
    assert burst(limiter, Cost(ONE, REST)) == 90
    send(limiter, READ)


def test_installations_have_their_own_limits(limiter: SharedLimiter) -> None:
    """One installation is full, and another goes on."""
    assert burst(limiter, COMMENT) == 8
    send(limiter, Cost("installation:2", GRAPHQL, writes=True, creations=1))


def test_creations_have_limits_of_their_own(limiter: SharedLimiter, database_clock: DatabaseClock) -> None:
    """8 of a minute, and 50 of an hour; writes that notify nobody go on meanwhile."""
    sent = 0
    for _ in range(7):
        sent += burst(limiter, COMMENT)
        database_clock.pass_time(63.0)
    assert sent == 50
    send(limiter, WRITE)
    limit = refused(limiter, COMMENT)
    assert "of the hour" in str(limit)
    assert 50 * 60 < limit.retry_after < 61 * 60
    database_clock.pass_time(limit.retry_after)
    send(limiter, COMMENT)


def test_each_mutation_may_count(database_url: str, database_clock: DatabaseClock) -> None:
    """By the setting, a document with 20 that notify counts 20; and one that is larger than the limit is sent."""
    many = Cost(ONE, GRAPHQL, writes=True, creations=20)
    with closing(SharedLimiter(database_url, Rules(each_mutation_counts=True))) as limiter:
        assert burst(limiter, many) == 4
        send(limiter, Cost("installation:2", GRAPHQL, writes=True, creations=100))
    with closing(SharedLimiter(database_url)) as limiter:
        assert burst(limiter, Cost("installation:3", GRAPHQL, writes=True, creations=20)) == 80


def test_the_figures_are_githubs() -> None:
    """900 and 2,000 points a minute, 80 and 500 creations, and half of the 100 requests at once."""
    assert Rules(900, 2000, 80, 500, in_flight=50) == OF_GITHUB_COM


def test_so_many_at_once(limiter: SharedLimiter) -> None:
    """50 requests under way, REST and GraphQL together; each that ends makes room for one."""
    costs = [Cost(ONE, GRAPHQL), Cost(ONE, REST)] * 25
    permits = [limiter.acquire(cost) for cost in costs]
    assert "at once" in str(refused(limiter, READ))
    limiter.settle(permits.pop(), DONE)
    permits.append(limiter.acquire(READ))
    assert "at once" in str(refused(limiter, READ))


def test_background_work_leaves_room(limiter: SharedLimiter) -> None:
    """It stops at 80 % of the points, half of the requests at once, and a tenth of the budget."""
    background = Cost(ONE, GRAPHQL, background=True)
    assert burst(limiter, background) == 160
    send(limiter, READ)
    other = Cost("installation:2", GRAPHQL, background=True)
    permits = [limiter.acquire(other) for _ in range(25)]
    assert "at once" in str(refused(limiter, other))
    limiter.settle(permits[0], told(5000, 500 + 24))
    assert "budget" in str(refused(limiter, other))
    limiter.settle(limiter.acquire(Cost("installation:2", GRAPHQL)), DONE)


def told(limit: int, remaining: int, *, resets_in: float = 1800, resource: str = GRAPHQL) -> Said:
    """An answer with the headers of a budget."""
    budget = Budget(resource, limit, remaining, limit - remaining, datetime(2026, 2, 19, tzinfo=UTC))
    return Said(budget, resets_in, succeeded=True)


def test_nothing_is_sent_when_the_budget_is_nearly_used_up(
    limiter: SharedLimiter, database_clock: DatabaseClock
) -> None:
    """At 1 % left all wait for the reset, whose time GitHub told; then they go on."""
    send(limiter, READ, told(5000, 51))
    send(limiter, READ, told(5000, 50))
    limit = refused(limiter, READ)
    assert limit.retry_after == pytest.approx(1800, abs=1)
    send(limiter, Cost(ONE, REST))
    database_clock.pass_time(1800)
    send(limiter, READ)


def test_answers_that_overtake_each_other(limiter: SharedLimiter) -> None:
    """Of two answers of one hour the least that remains counts, whichever comes last; a new hour is believed."""
    send(limiter, READ, told(5000, 40))
    with pytest.raises(LimitReached):
        limiter.acquire(READ)
    late = Permit(READ)
    limiter.settle(late, told(5000, 4000, resets_in=1801))
    with pytest.raises(LimitReached):
        limiter.acquire(READ)
    limiter.settle(late, told(5000, 4999, resets_in=3600))
    send(limiter, READ)
    limiter.settle(late, told(5000, 0, resets_in=1800))  # of the hour before
    send(limiter, READ)


def test_a_pause_holds_for_all_processes(database_url: str, database_clock: DatabaseClock) -> None:
    """What GitHub said to one is obeyed by another, for the account and as long as GitHub said."""
    with closing(SharedLimiter(database_url)) as one, closing(SharedLimiter(database_url)) as other:
        assert send(one, READ, Said(pause=Pause(None, 37))) == 37
        assert refused(other, READ).retry_after == pytest.approx(37, abs=0.01)
        with pytest.raises(LimitReached, match="paused by GitHub"):
            other.acquire(Cost(ONE, REST))
        other.settle(other.acquire(Cost("installation:2", GRAPHQL)), DONE)
        database_clock.pass_time(37.1)
        send(other, READ)


def test_a_pause_of_one_resource(limiter: SharedLimiter) -> None:
    """GraphQL pauses, and REST goes on."""
    send(limiter, READ, Said(pause=Pause(GRAPHQL, 100)))
    assert refused(limiter, READ).retry_after == pytest.approx(100, abs=0.01)
    send(limiter, Cost(ONE, REST))


def test_pauses_without_a_time_grow_until_one_succeeds(
    limiter: SharedLimiter, database_clock: DatabaseClock
) -> None:
    """A minute, two, four; requests refused together are one time; a success begins again at a minute."""
    unnamed = Said(pause=Pause(None, None))
    for seconds in (60, 120, 240):
        together = [limiter.acquire(READ) for _ in range(3)]
        assert [limiter.settle(permit, unnamed) for permit in together] == [seconds] * 3
        database_clock.pass_time(seconds + 1)
    send(limiter, READ)
    assert send(limiter, READ, unnamed) == 60


def test_those_who_wait_are_told_different_times(limiter: SharedLimiter) -> None:
    """They come one after the other as the limit allows, and not all at the same moment."""
    send(limiter, READ, Said(pause=Pause(None, 30)))
    waits = [refused(limiter, WRITE).retry_after for _ in range(20)]
    assert waits == sorted(waits)
    assert len(set(waits)) == 20
    assert 30 <= waits[0] < 30.1
    assert waits[-1] < 60


def test_without_a_count_only_github_is_obeyed(database_url: str, database_clock: DatabaseClock) -> None:
    """No points are counted, as a GitHub Enterprise Server has no limits; a pause and a budget still hold."""
    with closing(SharedLimiter(database_url, UNCOUNTED)) as limiter:
        for _ in range(200):
            send(limiter, COMMENT)
        send(limiter, READ, told(5000, 3))
        assert "budget" in str(refused(limiter, READ))


def test_a_short_wait_is_waited_for(database_url: str) -> None:
    """Room that comes within a moment is taken without an error, in the thread that asks."""
    rules = Rules(spaced_from=0.0, spacing=0.1)
    with closing(SharedLimiter(database_url, rules)) as limiter:
        started = time.monotonic()
        send(limiter, WRITE)
        send(limiter, WRITE)
        assert time.monotonic() - started >= 0.1


def test_what_is_left_can_be_read(limiter: SharedLimiter, database_url: str) -> None:
    """Metrics get GitHub's budget, our points, and what is under way."""
    send(limiter, WRITE, told(5000, 4321))
    limiter.acquire(WRITE)
    send(limiter, Cost("app", REST), Said(pause=Pause(None, 60)))
    with psycopg.connect(database_url) as connection:
        app, one = budgets_now(connection)
    assert (one.account, one.resource, one.limit, one.remaining) == (ONE, GRAPHQL, 5000, 4321)
    assert (one.points, one.in_flight, one.paused_until) == (10, 1, None)
    assert one.resets_at is not None
    assert (app.account, app.limit, app.remaining) == ("app", None, None)
    assert app.paused_until is not None


@pytest.mark.parametrize("step", [120, 3600])
@pytest.mark.parametrize("cost", [READ, COMMENT], ids=["points", "creations"])
def test_the_clock_of_the_database_goes_back(
    limiter: SharedLimiter, database_clock: DatabaseClock, cost: Cost, step: float
) -> None:
    """What was counted before counts for one more minute, as if it were new; nothing waits for the old time."""
    database_clock.pass_time(step)
    most = burst(limiter, cost)
    database_clock.pass_time(-step)
    assert burst(limiter, cost) == 0
    assert refused(limiter, cost).retry_after < 70
    database_clock.pass_time(63.0)
    assert burst(limiter, cost) == most


def test_the_clock_goes_back_behind_a_few_requests(limiter: SharedLimiter, database_clock: DatabaseClock) -> None:
    """A steady share of the limit never adds up in the one slot that lies ahead."""
    database_clock.pass_time(3600)
    send(limiter, WRITE)
    database_clock.pass_time(-3600)
    for _ in range(10):
        for _ in range(30):
            send(limiter, READ)
        database_clock.pass_time(60.0)
