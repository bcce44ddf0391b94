"""GitHub's secondary limits: points a minute, content creations, requests at the same time. For each installation.

What is used is always kept count of, so that a test can say afterwards that no limit was broken; refusing is a
switch (`Behaviour.secondary_limits_enforced`). Figures: docs.github.com, "Rate limits for the REST API" and "… for
the GraphQL API", about secondary rate limits. GitHub does not say where its minutes begin: here every 60 seconds
count, which no other choice is stricter than. Whoever goes on while limited stays limited.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import Refusal
from .tokens import Caller

if TYPE_CHECKING:
    from .behaviour import Behaviour
    from .clock import Clock

MINUTE, HOUR = 60.0, 3600.0
MESSAGE = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@dataclass(frozen=True, slots=True)
class Cost:
    """What one request uses up: of `rest` or `graphql`, so many points, and contents created."""

    resource: str
    points: int
    creations: int = 0


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that was broken: by whom, when (seconds since 1970 by the sandbox's clock), and by how much."""

    holder: str
    limit: str
    used: int
    allowed: int
    at: float


class _Window:
    """A sum over the last seconds, and the highest that it ever was."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._entries: deque[tuple[float, int]] = deque()
        self._sum = 0
        self.peak = 0

    def sum(self, now: float) -> int:
        """What was used in the last seconds."""
        while self._entries and self._entries[0][0] <= now - self._seconds:
            self._sum -= self._entries.popleft()[1]
        return self._sum

    def add(self, now: float, amount: int) -> None:
        """Use so much."""
        self._entries.append((now, amount))
        self._sum += amount
        self.peak = max(self.peak, self.sum(now))


class SecondaryLimits:
    """Who used how much of what. Safe to share between threads."""

    def __init__(self, behaviour: Behaviour, clock: Clock) -> None:
        self._behaviour = behaviour
        self._clock = clock
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget what was used, broken and forbidden so far; requests under way stay counted."""
        with self._lock:
            self._windows: dict[tuple[str, str], _Window] = {}
            self._blocked: dict[str, float] = {}
            self._violations: list[Violation] = []
            self._most_concurrent: dict[str, int] = {}
            self._concurrent: dict[str, int] = getattr(self, "_concurrent", {})

    def peaks(self) -> dict[str, dict[str, int]]:
        """By holder (`installation 12`, `app 7`): the highest use of each limit in any window of its length."""
        with self._lock:
            found: dict[str, dict[str, int]] = {}
            for (holder, limit), window in self._windows.items():
                found.setdefault(holder, {})[limit] = window.peak
            for holder, most in self._most_concurrent.items():
                found.setdefault(holder, {})["concurrent"] = most
            return found

    def violations(self) -> list[Violation]:
        """Each request that was beyond a limit, in their order."""
        with self._lock:
            return list(self._violations)

    def enter(self, holder: str | None) -> None:
        """A request comes in; `leave` says when it was answered."""
        if holder is not None:
            with self._lock:
                now = self._concurrent.get(holder, 0) + 1
                self._concurrent[holder] = now
                self._most_concurrent[holder] = max(now, self._most_concurrent.get(holder, 0))

    def leave(self, holder: str | None) -> None:
        """A request was answered."""
        if holder is not None:
            with self._lock:
                self._concurrent[holder] -= 1

    def spend(self, holder: str | None, cost: Cost) -> None:
        """Count a request; raises a refusal when limits are enforced and this one is beyond one of them."""
        if holder is None:
            return
        enforced = self._behaviour.secondary_limits_enforced
        with self._lock:
            now = self._clock.timestamp()
            if enforced and self._blocked.get(holder, 0.0) > now:
                self._violations.append(Violation(holder, "while limited", 0, 0, now))
                raise self._refusal(holder, cost, now)
            broken = self._use(holder, cost, now)
            if broken is not None:
                self._violations.append(broken)
                if enforced:
                    self._blocked[holder] = now + self._behaviour.secondary_limit_seconds
                    raise self._refusal(holder, cost, now)

    def _use(self, holder: str, cost: Cost, now: float) -> Violation | None:
        behaviour = self._behaviour
        creations = cost.creations if behaviour.each_mutation_creates else min(1, cost.creations)
        per_minute = behaviour.graphql_points if cost.resource == "graphql" else behaviour.rest_points
        broken = None
        for limit, seconds, amount, allowed in (
            (f"{cost.resource} points a minute", MINUTE, cost.points, per_minute),
            ("creations a minute", MINUTE, creations, behaviour.creations_a_minute),
            ("creations an hour", HOUR, creations, behaviour.creations_an_hour),
        ):
            if amount == 0:
                continue
            window = self._windows.setdefault((holder, limit), _Window(seconds))
            window.add(now, amount)
            if (used := window.sum(now)) > allowed:
                broken = Violation(holder, limit, used, allowed, now)
        concurrent = self._concurrent.get(holder, 0)
        if concurrent > behaviour.concurrent_requests:
            broken = Violation(holder, "concurrent", concurrent, behaviour.concurrent_requests, now)
        return broken

    def _refusal(self, holder: str, cost: Cost, now: float) -> Refusal:
        behaviour = self._behaviour
        left = max(1, round(self._blocked[holder] - now))
        headers = {"Retry-After": str(left)} if behaviour.secondary_limit_says_when else {}
        graphql = cost.resource == "graphql"
        status = behaviour.secondary_limit_graphql_status if graphql else behaviour.secondary_limit_status
        return Refusal("RATE_LIMITED", MESSAGE, headers=headers, status=status)


def holder_of(caller: Caller) -> str | None:
    """On whose account a request goes: the installation's, or the App's own; people are not watched here."""
    if caller.installation is not None:
        return f"installation {caller.installation.id}"
    return f"app {caller.app.id}" if caller.kind == "app" and caller.app is not None else None
