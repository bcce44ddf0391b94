"""The gate of a merge group follows its members, whatever goes wrong on the way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.service import wait_until
from tests.support.world import World

DBT = {"dbt/models/a.sql": "select 1\n"}


@pytest.fixture
def queued(world: World) -> tuple[str, Any, str]:
    """A repository, a pull request in its merge queue, and the open head of its group."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("priya").review(pull, "APPROVE")
    world.check(repository, pull.head_sha, "track / dbt", "success")
    world.settle()
    world.github.enqueue(pull, by="raj")
    head = world.github.create_merge_group(repository, by="raj")
    assert world.shown(repository, head).state == "in_progress"
    world.check(repository, head, "track / dbt", "success")
    assert world.shown(repository, head).state == "success"
    return repository, pull, head


def test_a_hold_on_a_queued_pull_request_closes_its_group(world: World, queued: tuple[str, Any, str]) -> None:
    """Success only while each pull request in the group has its gate open."""
    repository, pull, head = queued
    world.as_user("raj").comment(pull, "/gate hold not now")
    assert world.shown(repository, head).state == "failure"


def test_a_failed_write_does_not_leave_the_group_open(world: World, queued: tuple[str, Any, str]) -> None:
    """The pull request's own write fails once; its group closes all the same, and the retry closes itself."""
    repository, pull, head = queued
    world.github.faults.fail(502, operation="CheckRunInput", times=1)
    world.as_user("priya").review(pull, "REQUEST_CHANGES", body="stop")

    def states() -> set[str]:
        gates = (world.gate(repository, sha) for sha in (pull.head_sha, head))
        return {gate.state for gate in gates if gate is not None}

    wait_until(lambda: states() == {"failure"}, what="both gates' closing")


def test_a_broken_policy_closes_the_group(world: World, queued: tuple[str, Any, str]) -> None:
    """An invalid policy fails every gate, a merge group's too."""
    repository, _, head = queued
    world.as_user("raj").push(repository, "main", {".github/trackgate.yml": "version: 2\n"})
    gate = world.shown(repository, head)
    assert gate.state == "failure"
    assert ".github/trackgate.yml" in gate.title


def test_a_group_under_a_broken_policy_gets_a_closed_gate(world: World) -> None:
    """Not a silence in which the queue would hang."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("raj").push(repository, "main", {".github/trackgate.yml": "version: 2\n"})
    world.settle()
    world.github.enqueue(pull, by="raj")
    head = world.github.create_merge_group(repository, by="raj")
    assert world.shown(repository, head).state == "failure"
