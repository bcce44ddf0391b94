"""Sweeps: events that were lost are made good, and gates that are right cost one request for fifty."""

from __future__ import annotations

import pytest

from tests.support.world import World

POLICY_FILE = ".github/trackgate.yml"
DBT = {"dbt/models/a.sql": "select 1\n"}


def swept(world: World, repository: str) -> dict[str, int]:
    """What a sweep of the repository costs, while no other repository has its turn."""
    world.execute(
        """
        INSERT INTO repository_sweeps (repository, queued_at) SELECT repository, now() FROM installations
        ON CONFLICT (repository) DO UPDATE SET queued_at = now()
        """
    )
    with world.counted() as counts:
        world.sweep(repository)
    return counts


def quiet_sweep(world: World, repository: str) -> None:
    """A sweep that finds nothing to do."""
    counts = swept(world, repository)
    assert (counts["total"], counts["sweeps"]) == (0, 1)


def test_a_hundred_unchanged_pull_requests_cost_two_requests(world: World) -> None:
    """Their gates were posted because of events: the first sweep after that reads two pages, and nothing more."""
    repository = world.repository()
    for number in range(100):
        world.open("omar", repository, {f"dbt/models/{number}.sql": "select 1\n"})
    world.settle()
    for _ in range(2):
        counts = swept(world, repository)
        assert (counts["total"], counts["sweeps"]) == (0, 2)


def test_what_events_told_of_is_not_evaluated_again(world: World) -> None:
    """Reviews, checks, labels, pushes, a draft, another base: each was handled, and the sweep finds nothing."""
    repository = world.repository()
    pull, omar, raj = world.open("omar", repository, DBT), world.as_user("omar"), world.as_user("raj")
    world.settle()
    quiet_sweep(world, repository)
    priya = world.as_user("priya")
    review = priya.review(pull, "APPROVE")
    world.check(repository, pull.head_sha, "track / dbt", "success")
    world.check(repository, pull.head_sha, "lint", "failure")
    assert world.shown(repository, pull.head_sha).state == "success"
    quiet_sweep(world, repository)
    labels = {"labels": ["architecture", "triage"]}
    raj.call("POST", f"/repos/{repository}/issues/{pull.number}/labels", labels)
    priya.dismiss(review)
    world.settle()
    quiet_sweep(world, repository)
    sha = omar.push(repository, pull.branch, {"dbt/models/a.sql": "select 2\n", "docs/a.md": "a\n"})
    omar.draft(pull)
    world.settle()
    omar.ready(pull)
    raj.comment(pull, "/gate hold not on a Friday")
    assert world.shown(repository, sha).state == "failure"
    quiet_sweep(world, repository)
    raj.comment(pull, "/gate unhold")
    world.settle()
    quiet_sweep(world, repository)


def test_all_events_of_a_pull_request_dropped_then_the_sweep(world: World) -> None:
    """Opened, reviewed, checked, pushed, closed, and nobody told us: each sweep puts right what there is."""
    repository = world.repository()
    with world.unheard():
        pull = world.open("omar", repository, DBT)
    counts = swept(world, repository)
    assert (counts["sweeps"], counts["reads"], counts["writes"]) == (1, 1, 1)
    assert world.requested(repository, pull.number) == {"priya"}
    assert world.shown(repository, pull.head_sha).state == "in_progress"
    quiet_sweep(world, repository)
    with world.unheard():
        world.as_user("priya").review(pull, "APPROVE")
        world.check(repository, pull.head_sha, "track / dbt", "success")
    counts = swept(world, repository)
    assert (counts["sweeps"], counts["reads"], counts["writes"]) == (1, 1, 1)
    assert world.shown(repository, pull.head_sha).state == "success"
    with world.unheard():
        sha = world.as_user("omar").push(repository, pull.branch, {"dbt/models/a.sql": "select 2\n"})
    swept(world, repository)
    assert world.shown(repository, sha).state == "in_progress"
    assert "priya" in world.requested(repository, pull.number)
    with world.unheard():
        world.as_user("omar").close(pull)
    quiet_sweep(world, repository)
    with world.counted() as counts:  # a check of what is closed concerns nobody
        world.check(repository, sha, "track / dbt", "success")
    assert counts["total"] == 0


def test_a_policy_that_changed_without_an_event(world: World) -> None:
    """The base branch's own file is compared: another one judges every pull request anew."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.settle()
    with world.unheard():
        world.as_user("raj").push(repository, "main", {POLICY_FILE: "nonsense: [\n"})
    swept(world, repository)
    assert world.shown(repository, pull.head_sha).state == "failure"
    quiet_sweep(world, repository)


@pytest.mark.parametrize("field", ["conclusion", "external_id", "name"])
def test_a_gate_that_is_not_what_we_posted(world: World, field: str) -> None:
    """It says something else, or is not there: the sweep posts the right one."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("priya").review(pull, "APPROVE")
    world.check(repository, pull.head_sha, "track / dbt", "failure")
    before = world.shown(repository, pull.head_sha)
    with world.github.world.lock:
        runs = world.github.check_runs(repository, pull.head_sha, world.app)
        newest = max((run for run in runs if run.name == "gate"), key=lambda run: run.id)
        setattr(newest, field, "success" if field == "conclusion" else "something")
    swept(world, repository)
    after = world.shown(repository, pull.head_sha)
    assert (after.state, after.title) == (before.state, before.title)
    quiet_sweep(world, repository)


def test_an_evaluation_that_was_given_up(world: World) -> None:
    """A hold is kept, but GitHub failed until the last attempt: the sweep shows it, though all looks as before."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.settle()
    world.github.faults.fail(502, path="graphql", times=None)
    try:
        world.as_user("raj").comment(pull, "/gate hold not on a Friday")
        for _ in range(6):
            world.later(repository)
    finally:
        world.github.faults.clear()
    assert world.shown(repository, pull.head_sha).state == "in_progress"
    swept(world, repository)
    assert world.shown(repository, pull.head_sha).state == "failure"
    quiet_sweep(world, repository)


def test_the_other_pull_request_of_a_head_closed_unheard(world: World) -> None:
    """Two pull requests shared a head, and the one that was a draft is closed: the other's gate opens."""
    repository, raj = world.repository(), world.as_user("raj")
    first = world.open("omar", repository, DBT)
    world.as_user("priya").review(first, "APPROVE")
    world.check(repository, first.head_sha, "track / dbt", "success")
    raj.call("POST", f"/repos/{repository}/git/refs", {"ref": "refs/heads/twin", "sha": first.head_sha})
    twin = raj.open_pull_request(repository, base="main", branch="twin", files={}, title="The same", draft=True)
    assert world.shown(repository, first.head_sha).state == "in_progress"
    quiet_sweep(world, repository)
    with world.unheard():
        raj.close(twin)
    swept(world, repository)
    assert world.shown(repository, first.head_sha).state == "success"
    quiet_sweep(world, repository)


def test_tags_that_came_without_events_are_found(world: World) -> None:
    """One request compares the tags of all repositories of the installation; only those that changed are read."""
    first, second = world.repository(), world.repository()
    for repository in (first, second):
        world.sweep(repository)
    world.sweep_tags(first)
    head = world.get(f"/repos/{first}/git/ref/heads/main")["object"]["sha"]
    tags = [f"v9.0.{number}" for number in range(4)]
    world.as_user("sofia").push_tags(first, dict.fromkeys(tags, head))
    world.settle()
    assert len(world.get(f"/repos/{first}/git/matching-refs/tags/v")) == 4
    world.sweep_tags(first)
    assert world.get(f"/repos/{first}/git/matching-refs/tags/v") == []
    world.sweep_tags(first)
    world.github.requests.reset()
    world.sweep_tags(first)
    own = [one for one in world.github.requests.records(token_kind="installation") if one.kind == "read"]
    assert {one.operation for one in own} <= {"ReadTags", "ReadGlimpses"}
