"""The storm: seconds and requests until every gate is right."""

from __future__ import annotations

from collections.abc import Iterator

from bench.figures import Part, Reading
from bench.ground import Ground
from bench.limits_kept import LIMITS
from bench.storms import CONNECTIONS, EVENTS, PULL_REQUESTS, storm_of

LATENCIES = (0.0, 0.05)


def measure(ground: Ground) -> Iterator[Reading]:
    """On a GitHub that answers as fast as it can, and on one that takes 50 ms for each answer; one worker."""
    for latency in LATENCIES:
        storm, column = storm_of(ground, latency, 1), f"{latency * 1000:.0f} ms"
        yield Reading("quiet after", column, storm.seconds, "s")
        yield Reading("all acknowledged after", column, storm.load.seconds, "s")
        yield Reading("requests", column, len(storm.requests))
        yield Reading("reads", column, storm.reads)
        yield Reading("writes", column, len(storm.requests) - storm.reads)
        yield Reading("creating content", column, storm.content)
        yield Reading("refused", column, storm.refused)
        yield Reading("lost", column, storm.lost)
        yield Reading("limits broken", column, storm.limits_broken)
        for name, stored in storm.stored.items():
            yield Reading(f"stored for one {name}", column, stored / 1000, "kB")
        for name, used in storm.peaks.used.items():
            yield Reading(f"most {name} (of {LIMITS[name]:,.0f})", column, used)


PART = Part(
    "storm",
    "The storm",
    f"{EVENTS:,} webhooks of {PULL_REQUESTS} pull requests of one repository, shuffled, over {CONNECTIONS} "
    "connections: opened, pushed to, labelled, reviewed, checked, talked about. One web server, one worker; "
    "GitHub's limits are on, in the sandbox and in the service. The columns say how long GitHub takes for each "
    "answer at least.",
    measure,
    notes=(
        "*quiet after* is counted from the first webhook. *refused* are webhooks not taken and requests that "
        "GitHub refused; *lost* are acknowledged webhooks that are not stored, and pull requests that a second "
        "look, after the storm, would still change.",
    ),
)
