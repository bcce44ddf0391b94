"""How much memory the processes hold, before and after the storm at 50 ms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.figures import Part, Reading
from bench.ground import Ground
from bench.memory import Memory
from bench.storms import storm_of


def measure(ground: Ground) -> Iterator[Reading]:
    """Web server, worker and PostgreSQL, at rest and after 2,000 webhooks."""
    storm = storm_of(ground, 0.05, 1)
    for when, found in (("at start", storm.at_start), ("after the storm", storm.afterwards)):
        for name, processes in found.items():
            yield from _readings(name, when, processes)


def _readings(name: str, when: str, processes: Sequence[Memory]) -> Iterator[Reading]:
    yield Reading(name, f"{when}, RSS", max(one.rss for one in processes), "MB")
    yield Reading(name, f"{when}, PSS of all", sum(one.pss for one in processes), "MB")
    yield Reading(name, f"{when}, processes", len(processes))


PART = Part(
    "memory",
    "Memory",
    "One web server and one worker. *RSS* is that of the largest process of its kind; *PSS* shares what processes "
    "have in common, so that its sum over all of them is what they really take. MB of 1,000,000 bytes.",
    measure,
)
