"""The gate of a merge group: its members' gates, and the checks on its own head."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.core.merge_gate import decide
from bot.core.merge_group import decide_merge_group
from bot.core.model import CheckRun, Decision, MergeGroupFacts, NextAction, Override, State
from tests.support.builders import HEAD, NOW, SEEN, approved, check_run, green, policy, pull_request_facts

GROUP_HEAD = "9909" * 10


def member(*files: str, number: int = 12, **changes: Any) -> Decision:
    """A pull request of the group, with everything it needs unless `changes` says otherwise."""
    facts: dict[str, Any] = {
        "number": number,
        "reviews": approved("raj", "mira", "sofia", "maya", "priya", "lina"),
        "check_runs": green(*policy().policy.tracks),
    }
    return decide(pull_request_facts(*files, **{**facts, **changes}), policy(), NOW)


def group(*members: Decision, check_runs: tuple[CheckRun, ...] = (), **changes: Any) -> MergeGroupFacts:
    """A merge group of these pull requests."""
    facts = MergeGroupFacts("meta/integration", "main", GROUP_HEAD, SEEN, members, check_runs)
    return replace(facts, **changes)


def test_every_gate_open_and_the_groups_own_checks_green() -> None:
    """Only then is the group's gate open; it has the last member's number and title."""
    facts = group(member("dbt/a.sql"), member("qa/a.ts", number=13), check_runs=green("dbt", "qa"))
    decision = decide_merge_group(facts, policy(), NOW)
    assert (decision.state, decision.next_action) == (State.SUCCESS, None)
    assert (decision.number, decision.head_sha, decision.author) == (13, GROUP_HEAD, "merge queue")
    assert [track.track for track in decision.tracks] == ["dbt", "qa"]


def test_a_check_on_a_members_head_is_not_one_on_the_groups() -> None:
    """Green before does not say green together."""
    decision = decide_merge_group(group(member("dbt/a.sql")), policy(), NOW)
    assert decision.state is State.IN_PROGRESS
    assert decision.title == "Waiting for track / dbt"


def test_a_check_of_the_group_that_failed() -> None:
    """The merge queue has to do something about it."""
    facts = group(member("dbt/a.sql"), check_runs=(check_run("track / dbt", "failure"),))
    decision = decide_merge_group(facts, policy(), NOW)
    assert decision.state is State.FAILURE
    assert decision.next_action == NextAction("merge queue", "make track / dbt pass")


DBT_OVERRIDDEN = Override("dbt", HEAD, "raj", "runner is down", "mira", NOW + timedelta(hours=4))


def test_override_by_every_member_that_touches_the_track() -> None:
    """The group's own check passes then as well; the gate is looked at again when the first of them ends."""
    sooner = replace(DBT_OVERRIDDEN, by="priya", expires_at=NOW + timedelta(hours=3))
    facts = group(
        member("dbt/a.sql", overrides=(DBT_OVERRIDDEN,)),
        member("dbt/b.sql", number=13, overrides=(sooner,)),
        member("qa/a.ts", number=14),
        check_runs=(check_run("track / dbt", "failure"), *green("qa")),
    )
    decision = decide_merge_group(facts, policy(), NOW)
    (dbt, _) = decision.tracks
    (check,) = dbt.requirements
    assert (decision.state, decision.look_again_at) == (State.SUCCESS, sooner.expires_at)
    assert check.overrides == (DBT_OVERRIDDEN, sooner)
    assert check.reason == (
        "track / dbt ended with failure, and only success counts; "
        "overridden by raj and mira until 2026-02-19 19:10 UTC: runner is down; "
        "overridden by priya and mira until 2026-02-19 18:10 UTC: runner is down"
    )


def test_override_by_some_members_only() -> None:
    """Each member that touches the track has to be overridden: of the others nobody said that it may pass."""
    facts = group(
        member("dbt/a.sql", overrides=(DBT_OVERRIDDEN,)),
        member("dbt/b.sql", number=13),
        check_runs=(check_run("track / dbt", "failure"),),
    )
    decision = decide_merge_group(facts, policy(), NOW)
    assert (decision.state, decision.look_again_at) == (State.FAILURE, None)
    asked = member("dbt/a.sql", overrides=(replace(DBT_OVERRIDDEN, confirmed_by=None),))
    assert decide_merge_group(group(asked), policy(), NOW).state is State.IN_PROGRESS


def test_override_of_another_track_does_not_help_the_group() -> None:
    """An override is for one check."""
    both = member("dbt/a.sql", "qa/a.ts", overrides=(DBT_OVERRIDDEN,))
    facts = group(both, check_runs=(check_run("track / dbt", "failure"), check_run("track / qa", "failure")))
    decision = decide_merge_group(facts, policy(), NOW)
    assert [track.state for track in decision.tracks] == [State.SUCCESS, State.FAILURE]


def test_a_check_of_the_group_that_never_started() -> None:
    """Counted from when the group's head was first seen."""
    late = decide_merge_group(group(member("dbt/a.sql")), policy(), SEEN + timedelta(minutes=30))
    assert late.title == "Blocked: track / dbt never started within 30m"


def test_a_member_whose_gate_is_not_open() -> None:
    """The group waits for it, and its next action is the member's."""
    waiting = member("dbt/a.sql", number=13, reviews=())
    decision = decide_merge_group(group(member("qa/a.ts"), waiting, check_runs=green("dbt", "qa")), policy(), NOW)
    assert decision.state is State.IN_PROGRESS
    assert decision.title == "Waiting for pull request #13"
    assert decision.next_action == waiting.next_action == NextAction("priya", "review and approve")


def test_a_member_out_of_scope() -> None:
    """What was not judged does not pass."""
    other = member("dbt/a.sql", number=13, base_branch="other")
    assert not other.in_scope
    assert decide_merge_group(group(other), policy(), NOW).state is State.IN_PROGRESS


def test_a_group_that_the_queue_does_not_know() -> None:
    """Nothing is known to be in it, so nothing may pass."""
    decision = decide_merge_group(group(), policy(), NOW)
    assert (decision.state, decision.number, decision.pull_request_title) == (State.FAILURE, 0, "")
    assert decision.next_action == NextAction("whoever merges", "queue the pull requests again")


def test_a_group_that_could_not_be_read_whole() -> None:
    """Fail closed."""
    facts = group(member("dbt/a.sql"), check_runs=green("dbt"), unreadable=("the checks",))
    assert decide_merge_group(facts, policy(), NOW).state is State.FAILURE


def test_a_track_without_commands() -> None:
    """It has nothing to run on the group's head."""
    decision = decide_merge_group(group(member("docs/a.md")), policy(), NOW)
    assert decision.state is State.SUCCESS
    assert decision.tracks[0].requirements == ()
