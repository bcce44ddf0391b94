"""What GitHub says about our rate limits, and our own count of requests. No I/O."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class RequestKind(StrEnum):
    """What a request does. Minting a token or asking who we are is neither a read nor a write."""

    READ = "read"
    WRITE = "write"
    AUTHENTICATION = "authentication"


@dataclass(frozen=True, slots=True)
class Budget:
    """One rate limit as GitHub last told it (headers `x-ratelimit-*`). `resource` is `core`, `graphql` …"""

    resource: str
    limit: int
    remaining: int
    used: int
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class RequestObservation:
    """One request that was made. `status` is None when no answer came; `seconds` is its duration."""

    kind: RequestKind
    operation: str
    status: int | None
    seconds: float
    budget: Budget | None


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """How many requests were sent, by kind."""

    read: int = 0
    write: int = 0
    authentication: int = 0


class RequestCounter:
    """Counts requests by kind; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(RequestKind, 0)

    def add(self, kind: RequestKind) -> None:
        """Count one request that is about to be sent."""
        with self._lock:
            self._counts[kind] += 1

    def counts(self) -> RequestCounts:
        """The counts since the start or the last reset."""
        with self._lock:
            return RequestCounts(**{kind.value: count for kind, count in self._counts.items()})

    def reset(self) -> RequestCounts:
        """Start again at zero; gives the counts until now."""
        with self._lock:
            before = RequestCounts(**{kind.value: count for kind, count in self._counts.items()})
            self._counts = dict.fromkeys(RequestKind, 0)
            return before


def read_budget(headers: Mapping[str, str]) -> Budget | None:
    """The budget in an answer's headers (names in lower case); None when GitHub sent none, or nonsense."""
    try:
        return Budget(
            resource=headers.get("x-ratelimit-resource", "core"),
            limit=int(headers["x-ratelimit-limit"]),
            remaining=int(headers["x-ratelimit-remaining"]),
            used=int(headers["x-ratelimit-used"]),
            resets_at=datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC),
        )
    except (KeyError, ValueError, OverflowError, OSError):
        return None
