"""How far apart documents that notify people are sent, so that many of them become few.

GitHub takes 80 such requests in a minute (docs: REST, "About secondary rate limits"), however many people each of
them tells. The first ones of a minute go at once; the more there were, the longer the next one waits for others to
go along. So a lone pull request never waits, and two hundred at once fit into the minute.
"""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 60.0
GAPS = ((10, 0.0), (30, 0.25), (50, 0.5), (68, 1.0))
"""Up to so many in the last minute: seconds from one to the next. Sent as soon as may be: at most 76 a minute."""
LONGEST_GAP = 3.0


class Pace:
    """When the next document may be sent. Times are seconds of a clock that never goes back."""

    def __init__(self) -> None:
        self._sent: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until the next one may be sent; 0: now."""
        while self._sent and self._sent[0] <= now - WINDOW_SECONDS:
            self._sent.popleft()
        gap = next((gap for most, gap in GAPS if len(self._sent) < most), LONGEST_GAP)
        return max(0.0, self._sent[-1] + gap - now) if self._sent else 0.0

    def note(self, now: float) -> None:
        """One is sent."""
        self._sent.append(now)
