"""Decision + what is there → what to write: nothing twice, nothing false, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.core.effects import UNTOUCHED, decision_digest, effects_of, gate_effects
from bot.core.merge_gate import decide, decide_ungoverned, decide_without_policy
from bot.core.model import CheckRun, Decision, PostCheckRun, RequestReview, State
from bot.core.policy import InvalidPolicy, Problem
from tests.support.builders import HEAD, NOW, approved, green, policy, pull_request_facts
from tests.support.simulated_checks import after, shown

BROKEN = InvalidPolicy((Problem(".github/trackgate.yml", 3, "people", "a mapping"),))


def decision(*files: str, **changes: Any) -> Decision:
    """The shipped policy's decision on a pull request of these files."""
    return decide(pull_request_facts(*files, **changes), policy(), NOW)


def posts(effects: tuple[object, ...]) -> dict[str, PostCheckRun]:
    """The check runs among the effects, by name."""
    return {effect.name: effect for effect in effects if isinstance(effect, PostCheckRun)}


def test_a_new_pull_request() -> None:
    """Everybody missing is asked, one by one, before the gates are posted: `gate` is the last of all."""
    made = effects_of(decision("backend/a.py", "dbt/a.sql"), ())
    assert [effect.login for effect in made if isinstance(effect, RequestReview)] == [
        "raj",
        "sofia",
        "maya",
        "priya",
    ]
    assert [type(effect) for effect in made] == [RequestReview] * 4 + [PostCheckRun] * 3
    assert list(posts(made)) == ["gate/backend", "gate/dbt", "gate"]
    assert {post.head_sha for post in posts(made).values()} == {HEAD}
    assert {post.check_run_node_id for post in posts(made).values()} == {None}


def test_nothing_changed_nothing_to_write() -> None:
    """A second look at the same facts writes nothing."""
    one = replace(decision("dbt/a.sql"), review_requests=())
    there = after((), effects_of(one, ()))
    assert shown(there) == {"gate": "in_progress", "gate/dbt": "in_progress"}
    assert effects_of(one, there) == ()


def test_an_open_run_is_updated() -> None:
    """Waiting, and then open: the run that was open already is completed, no second one is made."""
    there = after((), effects_of(decision("dbt/a.sql"), ()))
    opened = decision("dbt/a.sql", reviews=approved("priya"), check_runs=green("dbt"))
    made = posts(effects_of(opened, there))
    assert {post.check_run_node_id for post in made.values()} == {run.node_id for run in there}
    assert shown(after(there, made.values())) == {"gate": "success", "gate/dbt": "success"}


def test_a_completed_run_that_must_wait_again() -> None:
    """A new run of the same name follows, since a completed one is never reopened."""
    opened = decision("dbt/a.sql", reviews=approved("priya"), check_runs=green("dbt"))
    there = after((), effects_of(opened, ()))
    made = posts(effects_of(decision("dbt/a.sql", check_runs=green("dbt")), there))
    assert {post.check_run_node_id for post in made.values()} == {None}
    assert shown(after(there, made.values())) == {"gate": "in_progress", "gate/dbt": "in_progress"}


def test_a_run_that_somebody_changed_is_posted_again() -> None:
    """The digest alone is not believed: what GitHub shows must be the state as well."""
    one = decision("dbt/a.sql", reviews=approved("priya"), check_runs=green("dbt"))
    there = after((), effects_of(one, ()))
    for status, conclusion in (("completed", "failure"), ("queued", None), ("completed", None)):
        changed = [replace(run, status=status, conclusion=conclusion) for run in there]
        assert set(posts(effects_of(one, changed))) == {"gate", "gate/dbt"}


def test_a_waiting_run_that_github_completed_is_posted_again() -> None:
    """GitHub gives up on runs that stay open for two weeks: `stale`."""
    one = replace(decision("dbt/a.sql"), review_requests=())
    stale = [replace(run, status="COMPLETED", conclusion="STALE") for run in after((), effects_of(one, ()))]
    assert set(posts(effects_of(one, stale))) == {"gate", "gate/dbt"}


def test_the_newest_run_of_a_name_counts() -> None:
    """An older run that says the same is not what GitHub shows."""
    one = decision("dbt/a.sql", reviews=approved("priya"), check_runs=green("dbt"))
    (gate,) = [run for run in after((), effects_of(one, ())) if run.name == "gate"]
    newer = replace(gate, run_id=99, node_id="newer", conclusion="FAILURE", external_id="other")
    assert "gate" in posts(effects_of(one, (newer, gate)))


def test_a_track_that_is_not_touched_any_more() -> None:
    """Its gate must not go on waiting (the base branch or the policy changed), and stays as it is once said."""
    there = after((), effects_of(decision("dbt/a.sql", "qa/a.ts"), ()))
    made = posts(effects_of(decision("dbt/a.sql"), there))
    assert (made["gate/qa"].state, made["gate/qa"].title) == (State.SUCCESS, UNTOUCHED)
    assert "gate/qa" not in posts(effects_of(decision("dbt/a.sql"), after(there, made.values())))


def test_a_track_gate_is_not_opened_while_files_are_unknown() -> None:
    """With files unread, a track that seems untouched may be touched: its gate fails with the whole."""
    there = after((), effects_of(decision("dbt/a.sql", "qa/a.ts"), ()))
    made = posts(effects_of(decision("dbt/a.sql", changed_files=2), there))
    assert made["gate/qa"].state is State.FAILURE
    assert made["gate"].state is State.FAILURE


def test_an_invalid_policy_closes_every_gate_that_is_there() -> None:
    """Nobody knows which tracks there are, so none of them may say `open`."""
    opened = decision("dbt/a.sql", reviews=approved("priya"), check_runs=green("dbt"))
    there = after((), effects_of(opened, ()))
    made = effects_of(decide_without_policy(pull_request_facts("dbt/a.sql"), BROKEN), there)
    assert shown(after(there, made)) == {"gate": "failure", "gate/dbt": "failure"}


def test_out_of_scope_posts_nothing() -> None:
    """A pull request that is not gated gets no check run at all."""
    assert effects_of(decision("dbt/a.sql", base_branch="other"), ()) == ()


def test_retarget_to_a_branch_out_of_scope_and_back() -> None:
    """What said `open` for the old base branch says so no more, and does again when the old base is back."""
    opened = decision("dbt/a.sql", reviews=approved("priya"), check_runs=green("dbt"))
    there = after((), effects_of(opened, ()))
    away = decision("dbt/a.sql", base_branch="other")
    there = after(there, effects_of(away, there))
    assert shown(there) == {"gate": "in_progress", "gate/dbt": "in_progress"}
    assert effects_of(away, there) == ()
    assert shown(after(there, effects_of(opened, there))) == {"gate": "success", "gate/dbt": "success"}


def test_no_policy_at_all_is_out_of_scope() -> None:
    """A repository that no policy names is not gated: nothing is posted, nobody is asked."""
    ungoverned = decide_ungoverned(pull_request_facts("dbt/a.sql"), "no policy names meta/integration")
    assert not ungoverned.in_scope
    assert ungoverned.title == "Not judged: no policy names meta/integration"
    assert ungoverned.state is State.IN_PROGRESS
    assert effects_of(ungoverned, ()) == ()


def test_other_check_runs_of_ours_are_left_alone() -> None:
    """The release gate has its own life."""
    release = CheckRun("gate/release", 4242, "completed", "success", 1, node_id="r")
    other = CheckRun("something", 4242, "completed", "success", 2, node_id="s")
    assert set(posts(effects_of(decision("dbt/a.sql"), (release, other)))) == {"gate", "gate/dbt"}
    assert effects_of(decision("dbt/a.sql", base_branch="other"), (release, other)) == ()


def siblings() -> tuple[Decision, Decision]:
    """An open gate, and one that waits, on pull requests with one head SHA."""
    opened = decision("dbt/a.sql", reviews=approved("priya"), check_runs=green("dbt"))
    waiting = decision("dbt/a.sql", "qa/a.ts", number=14, reviews=approved("priya"), check_runs=green("dbt"))
    return opened, replace(waiting, review_requests=())


def test_two_open_pull_requests_with_one_head_sha() -> None:
    """They share the check runs, which are open only when both gates are; the title says whose is not."""
    opened, waiting = siblings()
    made = posts(effects_of(opened, (), (waiting,)))
    assert {name: post.state.value for name, post in made.items()} == {
        "gate/dbt": "success",
        "gate/qa": "in_progress",
        "gate": "in_progress",
    }
    assert made["gate"].title.startswith("#14: Waiting for raj")
    assert "Pull request #12" in made["gate"].summary
    assert "Pull request #14" in made["gate"].summary


def test_siblings_do_not_overwrite_each_other() -> None:
    """Whichever of the two is looked at, the same is shown: the second look writes nothing."""
    opened, waiting = siblings()
    there = after((), effects_of(opened, (), (waiting,)))
    assert effects_of(waiting, there, (opened,)) == ()


def test_a_sibling_out_of_scope_does_not_count() -> None:
    """A pull request into another branch neither opens nor closes the shared gate."""
    opened, _ = siblings()
    other = replace(decision("dbt/a.sql", base_branch="other", number=14), review_requests=())
    there = after((), effects_of(opened, (), (other,)))
    assert shown(there) == {"gate": "success", "gate/dbt": "success"}
    assert effects_of(other, there, (opened,)) == ()


def test_a_merge_group_is_shown_like_any_gate() -> None:
    """`gate_effects` is what a merge group's head gets: the gates without requests."""
    made = gate_effects((decision("dbt/a.sql"),), ())
    assert [post.name for post in made] == ["gate/dbt", "gate"]


def test_the_digest_of_a_decision() -> None:
    """Equal decisions have one digest, and any difference gives another; odd text is no error."""
    one = decision("dbt/a.sql")
    assert decision_digest(one) == decision_digest(decision("dbt/a.sql"))
    assert decision_digest(one) != decision_digest(replace(one, look_again_at=None))
    assert len(decision_digest(replace(one, title="\ud800"))) == 64
    assert effects_of(replace(one, title="\ud800"), ())
