"""The storm with more worker processes on the same two cores."""

from __future__ import annotations

from collections.abc import Iterator

from bench.figures import Part, Reading
from bench.ground import Ground
from bench.storms import Storm, storm_of

WORKERS = (1, 2, 4)
LATENCY = 0.05


def measure(ground: Ground) -> Iterator[Reading]:
    """The same storm at 50 ms, each time on a service of its own."""
    for count in WORKERS:
        yield from _readings(f"{count} worker{'s' if count > 1 else ''}", storm_of(ground, LATENCY, count))


def _readings(column: str, storm: Storm) -> Iterator[Reading]:
    yield Reading("quiet after", column, storm.seconds, "s")
    yield Reading("requests", column, len(storm.requests))
    yield Reading("evaluations", column, storm.evaluations)
    yield Reading("evaluations per second", column, storm.evaluations / storm.seconds, "/s")
    for name, used in storm.used.items():
        yield Reading(f"{name}, processor", column, used, "s")
    for_one = storm.used["worker"] / max(1, storm.evaluations) * 1000
    yield Reading("worker, processor for one evaluation", column, for_one, "ms")


PART = Part(
    "growth",
    "More workers",
    "The storm at 50 ms with 1, 2 and 4 worker processes, on the same cores as everything else.",
    measure,
    notes=("*processor* is time on a core, in user and system mode, of all processes of that kind.",),
)
