"""GitHub's limits, counted from a log of requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bench.limits_kept import LIMITS, creates_content, peaks


def request(
    started: float,
    *,
    kind: str = "read",
    path: str = "/graphql",
    mutations: Sequence[str] = (),
    lasts: float = 0.05,
) -> dict[str, Any]:
    """A record of the sandbox's log."""
    return {"started": started, "duration": lasts, "kind": kind, "path": path, "mutations": list(mutations)}


def test_points_of_any_minute() -> None:
    """A read is 1 point and a write 5; the minute moves, and what is 60 seconds old has left it."""
    found = peaks([request(0), request(30, kind="write"), request(59), request(60), request(200)])
    assert found.used["GraphQL points a minute"] == 7
    assert found.used["REST points a minute"] == 0


def test_rest_and_graphql_are_counted_apart() -> None:
    """Their limits are different ones."""
    found = peaks([request(0), request(0, kind="write", path="/repos/a/b/issues/1/comments")])
    assert (found.used["GraphQL points a minute"], found.used["REST points a minute"]) == (1, 5)


@pytest.mark.parametrize(
    ("sent", "notifies"),
    [
        (request(0, kind="write", mutations=["createCheckRun", "requestReviews"]), True),
        (request(0, kind="write", mutations=["createCheckRun"]), False),
        (request(0, kind="write", path="/repos/a/b/issues/1/comments"), True),
        (request(0, kind="read", path="/repos/a/b/issues/1/comments"), False),
        (request(0, kind="write", path="/repos/a/b/git/refs"), False),
    ],
    ids=["review request", "check run", "comment", "reading comments", "reference"],
)
def test_what_creates_content(sent: dict[str, Any], *, notifies: bool) -> None:
    """A request that notifies people; a document with several such mutations counts once."""
    assert creates_content(sent) is notifies
    assert peaks([sent]).used["content a minute"] == notifies


def test_how_many_at_once() -> None:
    """Requests whose answers overlap in time; one that begins as another ends does not overlap it."""
    found = peaks([request(0, lasts=1), request(0.5, lasts=1), request(1, lasts=1), request(5)])
    assert found.used["at once"] == 2


def test_a_limit_is_broken_only_beyond_it() -> None:
    """80 creations in a minute are allowed, 81 are not."""
    allowed = [request(number / 10, kind="write", mutations=["addComment"]) for number in range(80)]
    assert peaks(allowed).broken == []
    assert peaks([*allowed, allowed[0]]).broken == ["content a minute"]
    assert set(peaks([]).used) == set(LIMITS)
