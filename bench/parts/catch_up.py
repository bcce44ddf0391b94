"""Catching up after an outage: many webhooks that nobody took, and a service that starts again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.figures import Part, Reading
from bench.ground import Ground, tell, wait_for
from bench.world import REPOSITORY, World, running, standing_ground
from demo.storm import prepare_storm, shipped_storm

MISSED, PULL_REQUESTS = 10_000, 500
AGO = 70.0
"""Seconds that the outage is over: webhooks younger than a minute may still arrive, and are not asked for."""
WATCHED = 60.0
"""Seconds for which the rate of asking is watched when GitHub's limits bound it."""
GATES = 2
"""Check runs of each pull request: the gate, and that of its one track."""
LIMITS = ("rate_limit_enforced", "secondary_limits_enforced")
PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Seconds since the service came back; `asked` are the webhooks that were asked for in `watched` seconds."""

    gates_right: float
    asked: int
    watched: float
    requests: Sequence[Mapping[str, Any]]

    @property
    def all_asked(self) -> float:
        """Seconds until each webhook was asked for, at the rate that was watched."""
        return MISSED / self.asked * self.watched if self.asked else float("inf")


def measure(ground: Ground) -> Iterator[Reading]:
    """With GitHub's limits, and without, as on a GitHub Enterprise Server."""
    for column, limited in (("limits on", True), ("limits off", False)):
        found = _catch_up(ground, limited=limited)
        listed = sum(one["kind"] == "read" and "/app/hook/deliveries" in one["path"] for one in found.requests)
        yield Reading("all gates right after", column, found.gates_right, "s")
        yield Reading("requests to list what was missed", column, listed)
        yield Reading("requests for gates", column, sum("/app/" not in one["path"] for one in found.requests))
        yield Reading("asked for again", column, found.asked)
        yield Reading("watched for", column, found.watched, "s")
        yield Reading("asked for a minute", column, found.asked / found.watched * 60, "/min")
        yield Reading("all asked for after", column, found.all_asked, "s")


def _catch_up(ground: Ground, *, limited: bool) -> CaughtUp:
    tell(f"an outage, limits {'on' if limited else 'off'}")
    with standing_ground(ground, GITHUB_LIMITS="github.com" if limited else "none") as place:
        github, since_when = place.github, time.time()
        with running(place):
            place.repository()
            place.settle()
        plan = shipped_storm(REPOSITORY, pull_requests=PULL_REQUESTS, events=MISSED, seed=ground.run + 1)
        storm = prepare_storm(github, plan)
        # What was missed before the service was ever there is none of its business.
        time.sleep(max(0.0, since_when + AGO + 5 - time.time()))
        github.command("advance_clock", seconds=-AGO)
        github.command("lose_storm", storm=storm["storm"])
        github.command("advance_clock", seconds=AGO)
        github.behaviour(webhook_connections=8, **dict.fromkeys(LIMITS, limited))
        log, began = Log(place, github.request_counts()["total"]), time.time()
        with running(place):
            wait_for(lambda: log.gates_at(GATES * PULL_REQUESTS), "all gates", PATIENCE, every=0.5)
            if limited:
                time.sleep(max(0.0, began + WATCHED - time.time()))
            else:
                wait_for(lambda: len(log.attempts()) >= MISSED, "all webhooks", PATIENCE, every=0.5)
            asked = log.attempts()
            watched = (asked[-1]["started"] if asked and not limited else time.time()) - began
            return CaughtUp(log.gates_at(GATES * PULL_REQUESTS) - began, len(asked), watched, log.requests)


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

    def attempts(self) -> list[dict[str, Any]]:
        """The requests that ask for a webhook once more."""
        return [one for one in self.look() if one["kind"] == "write" and one["path"].endswith("/attempts")]


PART = Part(
    "catch-up",
    "Catching up after an outage",
    f"{MISSED:,} webhooks of {PULL_REQUESTS} pull requests that were opened, pushed to, reviewed and checked "
    "while the service was down; GitHub's list has them all as failed. Then one web server and one worker start.",
    measure,
    notes=(
        "The gates are right as soon as the repository was compared, long before each webhook was asked for. "
        "GitHub lets an App ask for 180 webhooks a minute (900 points, 5 for each): with limits on the rate is "
        f"watched for {WATCHED:.0f} seconds, and *all asked for after* is {MISSED:,} divided by it.",
    ),
    most_runs=1,
)
