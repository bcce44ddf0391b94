"""Events in another order than they happened in: GitHub promises none, and the state at the end is the same."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.support.world import World

DBT = {"dbt/models/a.sql": "select 1\n"}


def told_in_order_of(world: World, order: str, seed: int) -> None:
    """Send what was held back: as it happened, in reverse, or shuffled."""
    held_back = world.github.webhooks.resume(drop=True)
    if order == "reverse":
        held_back.reverse()
    elif order == "shuffled":
        Random(seed).shuffle(held_back)  # noqa: S311 - a test's dice
    for delivery in held_back:
        world.github.webhooks.queue(delivery)
    world.settle()


def lived(world: World, order: str, seed: int = 0) -> tuple[Any, ...]:
    """All that happens to one pull request, told in this order; what GitHub then shows of it."""
    repository = world.repository()
    world.github.webhooks.pause()
    pull = world.open("omar", repository, DBT)
    world.as_user("priya").review(pull, "REQUEST_CHANGES", "Not yet.")
    raj = world.as_user("raj")
    raj.label(pull, "architecture")
    held = raj.comment(pull, "/gate hold until Monday")
    head = world.as_user("omar").push(repository, pull.branch, {"dbt/models/a.sql": "select 2\n"})
    world.check(repository, head, "track / dbt", "failure")
    world.check(repository, head, "track / dbt", "success")
    raj.close(pull)
    raj.reopen(pull)
    world.as_user("priya").review(pull, "APPROVE")
    told_in_order_of(world, order, seed)
    gate, track = world.shown(repository, head), world.shown(repository, head, "gate/dbt")
    return (
        gate.state,
        gate.title,
        track.state,
        track.title,
        world.requested(repository, pull.number),
        world.comments(repository, pull.number),
        sorted(world.reactions(repository, held)),
    )


@pytest.mark.parametrize(("order", "seed"), [("reverse", 0), ("shuffled", 1), ("shuffled", 2)])
def test_events_in_reverse_order(world: World, order: str, seed: int) -> None:
    """A pull request's whole life, told backwards or at random, ends as it does when it is told in its order."""
    in_order = lived(world, "as it happened")
    assert in_order[:4] == (
        "failure",
        "Blocked: held by raj: until Monday",
        "success",
        "Open: approved by priya; track / dbt is success",
    )
    assert lived(world, order, seed) == in_order


def test_hold_and_unhold_in_reverse_order(world: World) -> None:
    """Each is told of after the other was obeyed: what was written last counts."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    for first, last, state in (("hold it", "unhold", "in_progress"), ("unhold", "hold it", "failure")):
        world.github.webhooks.pause()
        world.as_user("raj").comment(pull, f"/gate {first}")
        late = world.github.webhooks.resume(drop=True)
        world.as_user("raj").comment(pull, f"/gate {last}")
        world.settle()
        for delivery in late:
            world.github.webhooks.queue(delivery)
        assert world.shown(repository, pull.head_sha).state == state


def test_reassignments_in_reverse_order(world: World) -> None:
    """The reassignment that was written last stands, although GitHub tells of it first."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.github.webhooks.pause()
    world.as_user("raj").comment(pull, "/gate reassign @priya @maya")
    late = world.github.webhooks.resume(drop=True)
    world.as_user("raj").comment(pull, "/gate reassign @priya @sofia")
    world.settle()
    for delivery in late:
        world.github.webhooks.queue(delivery)
    assert world.shown(repository, pull.head_sha).title == "Waiting for sofia, track / dbt"
