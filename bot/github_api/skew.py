"""The time as GitHub has it: this machine's clock, corrected once GitHub has refused what was dated by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

NOTHING = timedelta(0)
# `Date` has whole seconds and an answer takes its time: less than this is no difference between two clocks.
TOLERANCE = timedelta(seconds=5)


class GitHubClock:
    """`clock` is this machine's. Threads may share it: each value is read and written as a whole.

    What GitHub's `Date` headers say is only noted. It becomes the correction when GitHub refuses a JWT for its
    times, as a proxy's `Date` may be wrong where our clock is right.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._correction = NOTHING
        self._noted: tuple[str, datetime] | None = None

    def __call__(self) -> datetime:
        """The present, aware, as GitHub has it as far as we know."""
        return self._clock() + self._correction

    @property
    def skew_seconds(self) -> float | None:
        """Seconds by which this machine's clock is ahead of GitHub's (negative: behind); None before an answer."""
        skew = self._skew()
        return None if skew is None else skew.total_seconds()

    def note(self, headers: Mapping[str, str]) -> None:
        """Compare the clocks, by an answer that has just come (header names in lower case)."""
        if date := headers.get("date"):
            self._noted = date, self._clock()

    def correct(self) -> bool:
        """Follow GitHub's clock from now on; False when that changes nothing that matters."""
        skew = self._skew()
        if skew is None:
            return False
        wanted = NOTHING if abs(skew) < TOLERANCE else -skew
        changes = abs(wanted - self._correction) >= TOLERANCE
        if changes:
            self._correction = wanted
        return changes

    def _skew(self) -> timedelta | None:
        if self._noted is None:
            return None
        date, at = self._noted
        told = date_of(date)
        return None if told is None else at - told

    def seconds_until(self, moment: datetime, headers: Mapping[str, str]) -> float:
        """Seconds from an answer until a moment that it names: by its own `Date`, if it has one."""
        told = date_of(headers.get("date", ""))
        return (moment - (told or self())).total_seconds()


@lru_cache(maxsize=64)  # many answers come within one second
def date_of(header: str) -> datetime | None:
    """The moment that a `Date` header names; None when it names none."""
    try:
        moment = parsedate_to_datetime(header) if header else None
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
