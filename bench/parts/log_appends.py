"""What the decision log carries: one chain of hashes, so that only one process at a time can append."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg

from bench.figures import Part, Reading
from bench.ground import Ground
from bot.core.model import State
from bot.store.log import Entry, Kind, append

SECONDS = 3.0
APPENDING = (1, 8)
CONTENT = {
    "requirements": [{"track": "backend", "who": f"person-{n}", "why": "owns the track"} for n in range(30)]
}
FACTS = {"files": [f"services/area/component/src/module/file_{n:04}.py" for n in range(60)]}
"""Some 2 and 4 KB of JSON: a decision with its facts, as the storm's pull requests have them."""


def measure(ground: Ground) -> Iterator[Reading]:
    """One connection, and several that wait for each other."""
    for count in APPENDING:
        with ground.database() as url:
            per_second = _appended(url, count) / SECONDS
        row = f"{count} connection{'s' if count > 1 else ''}"
        yield Reading(row, "entries", per_second, "/s")


def _appended(url: str, count: int) -> int:
    """How many entries all connections together append in the time."""
    found: list[int] = []
    until = time.monotonic() + SECONDS

    def append_all() -> None:
        done = 0
        with psycopg.connect(url) as connection:
            while time.monotonic() < until:
                with connection.transaction():
                    append(connection, _entry(done))
                done += 1
        found.append(done)

    threads = [threading.Thread(target=append_all) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(found)


def _entry(number: int) -> Entry:
    return Entry(
        Kind.MERGE_GATE,
        "meta/integration-v3",
        f"#{number}",
        State.IN_PROGRESS,
        "Waiting for sofia, maya, track / backend",
        datetime.now(UTC),
        number=number,
        content=CONTENT,
        facts=FACTS,
    )


PART = Part(
    "log",
    "The decision log alone",
    f"Entries of some 6 KB, appended for {SECONDS:.0f} seconds, each in a transaction of its own and with fsync.",
    measure,
)
