"""What cannot change a gate costs no request, and what happens at once costs one evaluation: counted on GitHub."""

from __future__ import annotations

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
