"""What cannot change a gate costs no request, and what happens at once costs one evaluation: counted on GitHub."""

from __future__ import annotations

from functools import partial

from tests.support.world import World

DBT = {"dbt/models/a.sql": "select 1\n"}


def test_a_check_that_no_policy_names_costs_nothing(world: World) -> None:
    """Its run, its suite, a status of another name, by any App: no request; the track's own check costs one."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    other = world.github.register_app(
        slug=f"linter-{pull.number}-{repository[-3:]}",
        webhook_url=None,
        webhook_secret="x",
        permissions={"checks": "write"},
        events=[],
    )
    world.github.install(other, repository)
    with world.counted() as counts:
        world.check(repository, pull.head_sha, "lint", "failure")
        world.github.complete_check(repository, pull.head_sha, "coverage", conclusion="success", app=other)
        world.github.status(repository, pull.head_sha, "ci/build")
    assert counts["total"] == 0
    with world.counted() as counts:
        world.check(repository, pull.head_sha, "track / dbt", "success")
    assert counts["writes"] == 1
    assert world.shown(repository, pull.head_sha).title == "Waiting for priya"


def test_a_check_that_a_changed_policy_names_counts(world: World) -> None:
    """The policy on the base branch begins to require a check that was left aside until then."""
    repository = world.repository()
    before, dbt, after = world.shipped_policy().partition("    owners: [priya]\n")
    without = before + dbt + after[after.index("  frontend:") :]
    world.as_user("raj").push(repository, "main", {".github/trackgate.yml": without})
    pull = world.open("omar", repository, DBT)
    world.as_user("priya").review(pull, "APPROVE")
    assert world.shown(repository, pull.head_sha).state == "success"
    with world.counted() as counts:
        world.check(repository, pull.head_sha, "track / dbt", "failure")
    assert counts["writes"] == 0
    world.as_user("raj").push(repository, "main", {".github/trackgate.yml": world.shipped_policy()})
    assert world.shown(repository, pull.head_sha).state == "failure"
    with world.counted() as counts:
        world.check(repository, pull.head_sha, "track / dbt", "success")
    assert counts["writes"] == 1
    assert world.shown(repository, pull.head_sha).state == "success"


def test_a_burst_for_one_pull_request_costs_one_evaluation_and_one_for_what_came_during_it(world: World) -> None:
    """Thirty events arrive while the first evaluation reads: one more look covers them all."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.settle()
    world.github.webhooks.pause()
    for number in range(15):
        world.as_user("lina").review(pull, "COMMENT", body=str(number))
        world.as_user("raj").label(pull, f"label-{number}")
    all_delivered = partial(world.github.wait_for_deliveries, timeout=30)
    world.github.requests.reset()
    world.github.faults.interpose(all_delivered, operation="ReadPullRequest")
    world.github.webhooks.resume()
    world.settle()
    records = world.github.requests.records(token_kind="installation")
    assert [one.operation for one in records if one.operation == "ReadPullRequest"] == ["ReadPullRequest"] * 2
    assert [one for one in records if one.mutations] == []


def test_what_we_did_ourselves_costs_nothing_when_we_are_told_of_it(world: World) -> None:
    """A hold's label is taken off, gates are posted, a command is answered: their events lead to no read."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("raj").label(pull, "gate/hold")
    world.settle()
    world.github.requests.reset()
    world.as_user("raj").comment(pull, "/gate unhold\n/gate status")
    world.settle()
    records = world.github.requests.records(token_kind="installation")
    done = [mutation for one in records for mutation in one.mutations]
    assert {"removeLabelsFromLabelable", "addComment", "createCheckRun", "addReaction"} <= set(done)
    assert [one.operation for one in records if one.operation == "ReadPullRequest"] == ["ReadPullRequest"]
