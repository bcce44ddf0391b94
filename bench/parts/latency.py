"""How long it takes from a webhook to the check that GitHub then shows, one event at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from bench.figures import Part, Reading, percentile
from bench.ground import Ground, wait_for
from bench.world import World, world
from demo.source import TRACK_CHANGES
from sandbox.handles import Pull

EVENTS, WARM_UP = 50, 10
LATENCIES = (0.0, 0.05)


def measure(ground: Ground) -> Iterator[Reading]:
    """The same events on a GitHub that answers as fast as it can, and on one that takes 50 ms for each answer."""
    for latency in LATENCIES:
        whole, own = _times(ground, latency)
        row = f"{latency * 1000:.0f} ms"
        yield Reading(row, "p50", percentile(whole, 0.5), "ms")
        yield Reading(row, "p99", percentile(whole, 0.99), "ms")
        yield Reading(row, "own p50", percentile(own, 0.5), "ms")
        yield Reading(row, "own p99", percentile(own, 0.99), "ms")


def _times(ground: Ground, latency: float) -> tuple[list[float], list[float]]:
    """Milliseconds of each event: as a whole, and without GitHub's own answers."""
    whole, own = [], []
    with world(ground, latency=latency) as place:
        pull = place.open("omar", place.repository(), TRACK_CHANGES["dbt"])
        place.settle()
        for number in range(WARM_UP + EVENTS):
            seconds, answers = _one(place, pull, "APPROVE" if number % 2 else "REQUEST_CHANGES")
            if number >= WARM_UP:
                whole.append(seconds * 1000)
                own.append((seconds - answers) * 1000)
    return whole, own


def _one(place: World, pull: Pull, verdict: str) -> tuple[float, float]:
    """One review that changes the gate: seconds until GitHub has answered the last write, and of its answers."""
    github = place.github
    github.wait_for_deliveries()
    github.command("pause_webhooks")
    github.as_user("priya").review(pull, verdict, body="so it is")
    since = github.request_counts()["total"]
    sent = time.time()
    github.command("resume_webhooks")
    wait_for(lambda: _has_written(place, since), "the check")
    requests = place.asked(since)
    last = max(place_in for place_in, one in enumerate(requests) if one["kind"] == "write")
    requests = requests[: last + 1]
    return _end(requests[-1]) - sent, sum(one["duration"] for one in requests)


def _has_written(place: World, since: int) -> bool:
    return any(one["kind"] == "write" for one in place.asked(since))


def _end(request: dict[str, Any]) -> float:
    return float(request["started"] + request["duration"])


PART = Part(
    "latency",
    "Webhook to final check",
    f"{EVENTS} reviews that change a gate, one after the other, while nothing else happens: from the moment that "
    "GitHub is free to send the webhook until it has answered the write of the check runs. *own* is without the "
    "time that GitHub took for its answers, by its own log. The rows say how long each answer takes at least; the "
    f"p99 of {EVENTS} events is the slowest of them.",
    measure,
)
