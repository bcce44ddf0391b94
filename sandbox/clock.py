"""The sandbox's own clock: whole seconds, UTC, movable by tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def system_time() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


class Clock:
    """Tells the time of the sandbox; `advance` moves it without waiting."""

    def __init__(self, source: Callable[[], datetime] = system_time) -> None:
        self._source = source
        self._offset = timedelta()

    def now(self) -> datetime:
        """The current time, to the second, as GitHub reports times."""
        return (self._source() + self._offset).replace(microsecond=0)

    def timestamp(self) -> float:
        """The current time in seconds since 1970, with fractions."""
        return (self._source() + self._offset).timestamp()

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once: tokens age, timestamps move on."""
        self._offset += timedelta(seconds=seconds)

    def set_offset(self, seconds: float) -> None:
        """Go before (or, below zero, behind) the machine's clock by so much, whatever was before."""
        self._offset = timedelta(seconds=seconds)


def iso(moment: datetime) -> str:
    """GitHub's form of a time: `2026-02-19T19:30:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def iso_or_none(moment: datetime | None) -> str | None:
    """`iso`, or None for None."""
    return None if moment is None else iso(moment)


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 time; raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
