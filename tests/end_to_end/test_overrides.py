"""Break glass from comment to gate: two people let a required check pass, on one commit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.service import wait_until
from tests.support.world import ShownGate, World

DBT = {"dbt/models/a.sql": "select 1\n"}
COMMAND = "/gate override `track / dbt` warehouse is down, see @meta/everyone"


@pytest.fixture
def failed(world: World) -> tuple[str, Any]:
    """A repository, and an approved pull request in it whose check has failed."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("priya").review(pull, "APPROVE")
    world.check(repository, pull.head_sha, "track / dbt", "failure")
    assert world.shown(repository, pull.head_sha).state == "failure"
    return repository, pull


def test_override_by_two(world: World, failed: tuple[str, Any]) -> None:
    """Raj asks, and again in vain; the author may not; Priya, owner of the track, is the second person."""
    repository, pull = failed
    asked = world.as_user("raj").comment(pull, COMMAND)
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "failure"
    assert "raj asked to override it" in gate.summary
    assert world.reactions(repository, asked) == ["eyes", "rocket"]
    assert "a second person has to give the same command until" in world.comments(repository, pull.number)[-1]
    for login, refusal in (("raj", "You asked for this already"), ("omar", "Only raj, mira, priya may override")):
        refused = world.as_user(login).comment(pull, COMMAND)
        assert world.shown(repository, pull.head_sha).state == "failure"
        assert world.reactions(repository, refused) == ["eyes", "confused"]
        assert refusal in world.comments(repository, pull.number)[-1]
    confirmed = world.as_user("priya").comment(pull, COMMAND)
    gate = world.shown(repository, pull.head_sha)
    assert (gate.state, gate.title) == ("success", "Open: dbt; 1 approval, 1 check (1 overridden)")
    assert "overridden by raj and priya until" in gate.summary
    assert "@meta/everyone" not in gate.summary
    assert world.shown(repository, pull.head_sha, "gate/dbt").state == "success"
    assert world.reactions(repository, confirmed) == ["eyes", "rocket"]
    assert "counts as passed on" in world.comments(repository, pull.number)[-1]


def test_a_push_voids_an_override(world: World, failed: tuple[str, Any]) -> None:
    """The next commit's check is needed as before."""
    repository, pull = failed
    for login in ("raj", "mira"):
        world.as_user(login).comment(pull, COMMAND)
    assert world.shown(repository, pull.head_sha).state == "success"
    sha = world.as_user("omar").push(repository, pull.branch, {"dbt/models/b.sql": "select 2\n"})
    world.as_user("priya").review(pull, "APPROVE")
    world.check(repository, sha, "track / dbt", "failure")
    gate = world.shown(repository, sha)
    assert gate.state == "failure"
    assert "overrid" not in gate.summary


def test_an_override_helps_the_merge_group(world: World, failed: tuple[str, Any]) -> None:
    """The group's own check may fail for the same reason; its only member is overridden."""
    repository, pull = failed
    for login in ("raj", "mira"):
        world.as_user(login).comment(pull, COMMAND)
    assert world.shown(repository, pull.head_sha).state == "success"
    world.github.enqueue(pull, by="raj")
    head = world.github.create_merge_group(repository, by="raj")
    world.check(repository, head, "track / dbt", "failure")
    gate = world.shown(repository, head)
    assert gate.state == "success"
    assert "overridden by raj and mira until" in gate.summary


def test_override_expired(world: World) -> None:
    """Once its time is over the gate closes by itself, and so does the merge group's: nobody sends an event."""
    text = world.shipped_policy().replace("override_expires: 24h", "override_expires: 15s")
    repository = world.repository(files={".github/trackgate.yml": text})
    pull = world.open("omar", repository, DBT)
    world.as_user("priya").review(pull, "APPROVE")
    world.github.enqueue(pull, by="raj")
    heads = [pull.head_sha, world.github.create_merge_group(repository, by="raj")]
    for head in heads:
        world.check(repository, head, "track / dbt", "failure")
    before = [world.shown(repository, head) for head in heads]

    def gates() -> list[ShownGate]:
        return [gate for head in heads if (gate := world.gate(repository, head)) is not None]

    for login in ("raj", "mira"):
        world.as_user(login).comment(pull, COMMAND)
    # A completed check run is never reopened: one more is the open gate, and another one the closed gate.
    wait_until(
        lambda: all(now.runs == then.runs + 2 for now, then in zip(gates(), before, strict=True)),
        seconds=90,
        what="the end of the override",
    )
    assert [gate.state for gate in (*before, *gates())] == ["failure"] * 4
    assert "counts as passed on" in world.comments(repository, pull.number)[-1]
    assert all("overrid" not in gate.summary for gate in gates())
