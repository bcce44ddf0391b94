"""GitHub's limits, counted from its own log of requests: the most in any minute, and whether a limit was broken.

The limits are those of one installation on github.com (GitHub, "Rate limits for the REST API": secondary rate
limits; "Rate limits and query limits for the GraphQL API"). A write costs 5 points, a read 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MINUTE, HOUR = 60.0, 3600.0
LIMITS = {
    "GraphQL points a minute": 2000.0,
    "REST points a minute": 900.0,
    "content a minute": 80.0,
    "content an hour": 500.0,
    "at once": 100.0,
    "requests an hour": 5000.0,
}
NOTIFYING = frozenset({"requestReviews", "addComment", "addPullRequestReview", "createIssue"})
"""Mutations that tell people of something: GitHub counts the requests that create content."""
NOTIFYING_PATHS = ("/comments", "/requested_reviewers", "/issues", "/releases")


@dataclass(frozen=True, slots=True)
class Peaks:
    """The most that was used of each limit, by the names of LIMITS."""

    used: Mapping[str, float]

    @property
    def broken(self) -> list[str]:
        """The limits that were exceeded."""
        return [name for name, most in LIMITS.items() if self.used[name] > most]


def peaks(requests: Sequence[Mapping[str, Any]]) -> Peaks:
    """Of one installation's requests, as `sandbox.request_log.RequestRecord` has them."""
    graphql = [(float(one["started"]), _points(one)) for one in requests if one["path"] == "/graphql"]
    rest = [(float(one["started"]), _points(one)) for one in requests if one["path"] != "/graphql"]
    content = [(float(one["started"]), 1.0) for one in requests if creates_content(one)]
    everything = [(float(one["started"]), 1.0) for one in requests]
    return Peaks(
        {
            "GraphQL points a minute": _most(graphql, MINUTE),
            "REST points a minute": _most(rest, MINUTE),
            "content a minute": _most(content, MINUTE),
            "content an hour": _most(content, HOUR),
            "at once": _at_once(requests),
            "requests an hour": _most(everything, HOUR),
        }
    )


def creates_content(request: Mapping[str, Any]) -> bool:
    """Whether a request notifies people."""
    if request["path"] == "/graphql":
        return bool(NOTIFYING.intersection(request["mutations"]))
    return request["kind"] == "write" and str(request["path"]).endswith(NOTIFYING_PATHS)


def _points(request: Mapping[str, Any]) -> float:
    return 5.0 if request["kind"] == "write" else 1.0


def _most(weighted: Iterable[tuple[float, float]], window: float) -> float:
    """The most weight in any window of this many seconds."""
    ordered = sorted(weighted)
    most = now = 0.0
    first = 0
    for moment, weight in ordered:
        now += weight
        while ordered[first][0] <= moment - window:
            now -= ordered[first][1]
            first += 1
        most = max(most, now)
    return most


def _at_once(requests: Iterable[Mapping[str, Any]]) -> float:
    """The most requests that were being answered at one moment."""
    changes = sorted(
        change
        for one in requests
        for change in ((float(one["started"]), 1), (float(one["started"]) + float(one["duration"]), -1))
    )
    most = now = 0
    for _moment, change in changes:
        now += change
        most = max(most, now)
    return float(most)
