"""When work that a limit of GitHub's does not let through is tried again, without asking in vain meanwhile.

A job that meets a limit is put off by as long as the limit says. Once several of one installation met one with
nothing done in between, there is no room for the others either: its jobs then wait in the queue, where they cost
neither GitHub nor us anything. Background work has less room than people's, so each has a count and
a pause of its own. `bot.job_runner` uses this.
"""

from __future__ import annotations

import random
import threading
from collections import Counter

STRIKES = 3
"""So many jobs in a row have to meet a limit before their whole installation waits."""
WORTH_A_PAUSE, LONGEST_PAUSE = 5.0, 60.0
"""Seconds. A shorter wait is not worth moving all jobs; after the longest a job tries whether it still holds."""
SPREAD, LONGEST_SPREAD = 0.2, 10.0
"""What wakes together meets the limit together: each job waits up to this part longer, at most so many seconds."""


def spread(seconds: float) -> float:
    """`seconds` and a little more, differently much each time."""
    return seconds + min(seconds * SPREAD, LONGEST_SPREAD) * random.random()  # noqa: S311 - no secret depends on it


class Strikes:
    """How many jobs in a row each installation had to put off, as one worker process sees it. Thread-safe."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, bool]] = Counter()
        self._lock = threading.Lock()

    def note_limit(self, installation_id: int, seconds: float, *, is_background: bool = False) -> float | None:
        """A job met a limit of so many seconds; for how long all of its kind there have to wait, if so."""
        if seconds < WORTH_A_PAUSE:
            return None
        with self._lock:
            self._counts[installation_id, is_background] += 1
            if self._counts[installation_id, is_background] < STRIKES:
                return None
            del self._counts[installation_id, is_background]
        return min(seconds, LONGEST_PAUSE)

    def note_done(self, installation_id: int, *, is_background: bool = False) -> None:
        """A job got through: there is room."""
        if (installation_id, is_background) in self._counts:
            with self._lock:
                self._counts.pop((installation_id, is_background), None)
