"""GitHub's limits: what a request costs, what an answer says about them, and who keeps count. No I/O.

The figures are GitHub's (docs: REST, rate limits, "About secondary rate limits"; the same page for GraphQL).
Requests are counted before they are sent, by a `Limiter` that all processes share; what GitHub says afterwards
comes on top of its own count, and always counts more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from bot.github_api.budget import Budget

REST, GRAPHQL = "core", "graphql"
"""The resources of GitHub's primary budget that we draw on, by GitHub's names for them."""
APP = "app"
"""The account of what is asked in the App's own name, with its JWT."""

READ_POINTS, WRITE_POINTS = 1, 5
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0
"""Seconds. GitHub asks for a minute at least, and for ever longer waits when it refuses again."""


def account_of(installation_id: int) -> str:
    """The account that an installation's requests are counted on."""
    return f"installation:{installation_id}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one request uses up, and on whose account.

    `creations` counts what notifies people. `background` is work that can wait: it leaves the rest of a budget
    to what people are waiting for.
    """

    account: str
    resource: str
    writes: bool = False
    creations: int = 0
    background: bool = False

    @property
    def points(self) -> int:
        """The points that GitHub counts for it."""
        return WRITE_POINTS if self.writes else READ_POINTS


@dataclass(frozen=True, slots=True)
class Rules:
    """How much is let through, for each account. None: no limit of that kind.

    Points are for each resource and minute, creations for all resources together: each request with creations
    counts once, or (`each_mutation_counts`) each of its mutations. `in_flight` is how many
    requests may be under way at once, of which GitHub allows 100. `reserve` and `background_reserve` are the parts
    of the primary budget that are left alone, by all and by background work. Beyond `spaced_from` of the points,
    writes come at least `spacing` seconds apart, as GitHub's best practices ask for, and background work waits.
    """

    rest_points: int | None = 900
    graphql_points: int | None = 2000
    creations_a_minute: int | None = 80
    creations_an_hour: int | None = 500
    each_mutation_counts: bool = False
    in_flight: int | None = 50
    reserve: float = 0.01
    background_reserve: float = 0.1
    spaced_from: float = 0.8
    spacing: float = 1.0

    def points(self, resource: str) -> int | None:
        """The points a minute of one resource."""
        return self.graphql_points if resource == GRAPHQL else self.rest_points

    def creations(self, cost: Cost) -> int:
        """What counts towards the limits of creations. GitHub counts requests; if mutations, is not settled."""
        return cost.creations if self.each_mutation_counts else min(1, cost.creations)


OF_GITHUB_COM = Rules()
UNCOUNTED = Rules(None, None, None, None, in_flight=None)
"""For a GitHub without limits of its own (GitHub Enterprise Server, by default): only its word counts."""


@dataclass(frozen=True, slots=True)
class Pause:
    """GitHub wants no more requests: of one resource, or (None) of the whole account.

    `seconds` is None when GitHub named no time: then at least a minute, and longer each time it happens again.
    """

    resource: str | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer told. `resets_in` is when the budget is full again, in seconds from the answer on.

    `succeeded`: GitHub took the request, so a pause that is over has done its work.
    """

    budget: Budget | None = None
    resets_in: float = 0.0
    pause: Pause | None = None
    succeeded: bool = False


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send one request; to be given back with what GitHub said. `lease` is the limiter's own."""

    cost: Cost
    lease: Any = None


class Limiter(Protocol):
    """Keeps count for one GitHub. Threads share it."""

    def acquire(self, cost: Cost) -> Permit:
        """Leave to send a request now. Raises LimitReached at once, with the wait, when there is no room."""

    def settle(self, permit: Permit, said: Said) -> float | None:
        """The request is over. Gives the seconds of the pause that GitHub's answer leads to, if it does."""

    def close(self) -> None:
        """Let go of what it holds. It stays usable."""


_background: ContextVar[bool] = ContextVar("github_background_work", default=False)


@contextmanager
def background_work(*, waits: bool = True) -> Iterator[None]:
    """Requests of this thread, inside, can wait: they leave a part of every budget to what people wait for.

    Those that cannot, although the thread's others can: `waits=False`.
    """
    token = _background.set(waits)
    try:
        yield
    finally:
        _background.reset(token)


def in_background() -> bool:
    """Whether this thread does work that can wait."""
    return _background.get()


def pause_of_refusal(
    status: int, resource: str, headers: Mapping[str, str], said: object, reset: float
) -> Pause | None:
    """The pause that a 403 or 429 asks for; None when it is about something else.

    GitHub's rule: `retry-after`; else, when nothing remains, until the reset (`reset` seconds from now); else a
    minute, and longer for each time again (docs: REST, rate limits, "Exceeding the rate limit").
    """
    if status not in (403, 429):
        return None
    named = _retry_after(headers)
    if named is not None:
        return Pause(None, named)
    if headers.get("x-ratelimit-remaining") == "0":
        return Pause(resource, max(1.0, reset))
    if status == 429 or "retry-after" in headers or "rate limit" in str(said).lower():
        return Pause(None, None)
    return None


def pause_of_errors(body: object, headers: Mapping[str, str], reset: float | None) -> Pause | None:
    """The pause that a GraphQL answer asks for inside its HTTP 200 (docs: GraphQL, rate limits).

    `RATE_LIMITED` is the primary budget's, until its reset. A secondary limit is told in words alone, which are
    believed only where no part of what was asked for can be quoted: an error of that kind has no other type.
    """
    errors = body.get("errors") if isinstance(body, Mapping) else None
    for error in errors if isinstance(errors, list) else ():
        kind, text = (error.get("type"), error.get("message")) if isinstance(error, Mapping) else (None, None)
        if kind == "RATE_LIMITED":
            named = _retry_after(headers)
            if named is None and reset is not None:
                named = max(1.0, reset)
            return Pause(GRAPHQL, named)
        if not kind and "exceeded a secondary rate limit" in str(text).lower():
            return Pause(None, _retry_after(headers))
    return None


def next_pause(seconds: float | None, times_before: int) -> float:
    """How long to pause: what GitHub named, else a minute, doubled for each time before."""
    if seconds is not None:
        return seconds
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(times_before, 10))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds. GitHub sends a whole number; what is none of a sensible size counts as not sent."""
    try:
        seconds = float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return max(1.0, seconds) if 0 <= seconds <= 86_400 else None
