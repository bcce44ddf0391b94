"""Pull requests that share a head SHA share its check runs: nobody's stale reading may stay there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.service import wait_until
from tests.support.world import World

DBT = {"dbt/models/a.sql": "select 1\n"}


def twin_of(world: World, repository: str, pull: Any, **how: Any) -> Any:
    """Another pull request with the same head, from a branch of its own."""
    raj = world.as_user("raj")
    name = f"twin-{pull.number}"
    raj.call("POST", f"/repos/{repository}/git/refs", {"ref": f"refs/heads/{name}", "sha": pull.head_sha})
    return raj.open_pull_request(repository, base="main", branch=name, files={}, title="The same", **how)


def test_a_late_write_on_a_shared_head_is_corrected(world: World) -> None:
    """#1's write, slow on its way, says open; #2, a draft with the same head, came meanwhile: not open."""
    repository = world.repository()
    first = world.open("omar", repository, DBT)
    world.check(repository, first.head_sha, "track / dbt", "success")
    world.settle()
    world.github.requests.reset()
    world.github.faults.delay(3, operation="updateCheckRun", times=1)
    world.as_user("priya").review(first, "APPROVE")
    wait_until(
        lambda: world.github.requests.count(token_kind="installation", kind="read") > 0, what="the first reading"
    )
    twin_of(world, repository, first, draft=True)
    gate = world.shown(repository, first.head_sha)
    assert gate.state == "in_progress"
    assert "draft" in gate.title


@pytest.mark.parametrize("way", ["closes", "moves on"])
def test_a_pull_request_that_leaves_a_shared_head_frees_the_other(world: World, way: str) -> None:
    """#1 waited only for #2: when #2 closes, or gets another head, #1's gate opens."""
    repository = world.repository()
    first = world.open("omar", repository, DBT)
    world.as_user("priya").review(first, "APPROVE")
    world.check(repository, first.head_sha, "track / dbt", "success")
    second = twin_of(world, repository, first, draft=True)
    assert world.shown(repository, first.head_sha).state == "in_progress"
    if way == "closes":
        world.as_user("raj").close(second)
    else:
        world.as_user("raj").push(repository, second.branch, {"dbt/models/b.sql": "select 2\n"})
    assert world.shown(repository, first.head_sha).state == "success"
