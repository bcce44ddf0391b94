"""Catching up after an outage: many webhooks that nobody took, and a service that starts again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.figures import Part, Reading
from bench.ground import Ground, tell, wait_for
from bench.world import World, running, standing_ground
from demo.storm import prepare_storm, shipped_storm

MISSED, PULL_REQUESTS = 9_996, 504
REPOSITORIES = tuple(f"meta/repository-{number}" for number in range(1, 13))
"""Of one installation; in each of them something happens in another part of the outage."""
OUTAGE = 3600.0
"""Seconds that nobody listened."""
WATCHED = 60.0
"""Seconds from the first webhook asked for, in which the others are counted."""
GATES = 2
"""Check runs of each pull request: the gate, and that of its one track."""
LIMITS = ("rate_limit_enforced", "secondary_limits_enforced")
PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Seconds since the service came back; `asked` are the webhooks of the first WATCHED seconds of asking."""

    gates_right: float
    first_asked: float
    asked: int
    requests: Sequence[Mapping[str, Any]]

    @property
    def all_asked(self) -> float:
        """Seconds until each webhook was asked for, at the rate that was watched."""
        return self.first_asked + MISSED / self.asked * WATCHED


def measure(ground: Ground) -> Iterator[Reading]:
    """With GitHub's limits, and without, as on a GitHub Enterprise Server."""
    for column, limited in (("limits on", True), ("limits off", False)):
        found = _catch_up(ground, limited=limited)
        listed = sum(one["kind"] == "read" and "/app/hook/deliveries" in one["path"] for one in found.requests)
        yield Reading("all gates right after", column, found.gates_right, "s")
        yield Reading("requests to list what was missed", column, listed)
        yield Reading("requests for gates", column, sum("/app/" not in one["path"] for one in found.requests))
        yield Reading("first asked for after", column, found.first_asked, "s")
        yield Reading("asked for in the first minute", column, found.asked)
        yield Reading("all asked for after, at this rate", column, found.all_asked, "s")


def _catch_up(ground: Ground, *, limited: bool) -> CaughtUp:
    tell(f"an outage, limits {'on' if limited else 'off'}")
    with standing_ground(ground, GITHUB_LIMITS="github.com" if limited else "none") as place:
        github = place.github
        with running(place):
            place.repository(*REPOSITORIES)
            place.settle()
        _miss_everything(place)
        github.behaviour(webhook_connections=8, **dict.fromkeys(LIMITS, limited))
        tell(f"{MISSED:,} webhooks were missed; the service starts")
        log, began = Log(place, github.request_counts()["total"]), time.time()
        with running(place):
            wait_for(lambda: log.gates_at(GATES * PULL_REQUESTS), "all gates", PATIENCE, every=0.5)
            tell("all gates are right")
            first = wait_for(log.first_attempt, "the first webhook asked for", PATIENCE, every=0.5)
            time.sleep(max(0.0, first + WATCHED - time.time()))
            gates_right = log.gates_at(GATES * PULL_REQUESTS) - began
            return CaughtUp(gates_right, first - began, log.attempts_until(first + WATCHED), log.requests)


def _miss_everything(place: World) -> None:
    """An hour passes in which nobody takes what GitHub sends; the service had looked at GitHub's list before."""
    with psycopg.connect(place.database_url) as connection:
        connection.execute("UPDATE delivery_watch SET seen_until = now() - interval '2 hours'")
    github, each = place.github, OUTAGE / len(REPOSITORIES)
    github.command("advance_clock", seconds=-OUTAGE)
    for seed, repository in enumerate(REPOSITORIES, place.ground.run * len(REPOSITORIES)):
        pull_requests, events = PULL_REQUESTS // len(REPOSITORIES), MISSED // len(REPOSITORIES)
        plan = shipped_storm(repository, pull_requests=pull_requests, events=events, seed=seed)
        github.command("lose_storm", storm=prepare_storm(github, plan)["storm"])
        github.command("advance_clock", seconds=each)


class Log:
    """GitHub's log of requests from record `since` on; each look fetches only what is new."""

    def __init__(self, place: World, since: int) -> None:
        self._github, self._since = place.github, since
        self.requests: list[dict[str, Any]] = []

    def look(self) -> list[dict[str, Any]]:
        """All so far."""
        self.requests += self._github.requests(since=self._since + len(self.requests))
        return self.requests

    def gates_at(self, wanted: int) -> float:
        """When so many check runs were there, in seconds since 1970; 0 before that."""
        made = 0
        for one in self.look():
            made += one["mutations"].count("createCheckRun")
            if made >= wanted:
                return float(one["started"] + one["duration"])
        return 0.0

    def first_attempt(self) -> float:
        """When the first webhook was asked for once more, in seconds since 1970; 0 before that."""
        return next((float(one["started"]) for one in self.look() if _is_attempt(one)), 0.0)

    def attempts_until(self, moment: float) -> int:
        """How many were asked for before then."""
        return sum(_is_attempt(one) and one["started"] < moment for one in self.look())


def _is_attempt(request: Mapping[str, Any]) -> bool:
    return bool(request["kind"] == "write" and request["path"].endswith("/attempts"))


PART = Part(
    "catch-up",
    "Catching up after an outage",
    f"{MISSED:,} webhooks of {PULL_REQUESTS} pull requests in 12 repositories of one installation, that were "
    "opened, pushed to, reviewed and checked in an hour in which the service was down; GitHub's list has them all "
    "as failed. Then one web server and one worker start.",
    measure,
    notes=(
        "The gates are right as soon as the repository was compared, long before each webhook was asked for. "
        "GitHub lets an App ask for 180 webhooks a minute (900 points, 5 for each). The rate is watched for a "
        f"minute; when all {MISSED:,} are asked for is then arithmetic.",
    ),
    most_runs=1,
)
