"""What the case files cannot say: policies that are broken, absent or on the head, and what is asked of a read."""

from __future__ import annotations

import pytest

from bot.core.merge_gate import decide, decide_without_policy, wanted_facts
from bot.core.model import NextAction, RequirementKind, State, Wanted
from bot.core.policy import InvalidPolicy, Problem
from bot.core.scope import is_gated
from tests.support.builders import NOW, approved, green, policy, pull_request_facts

PROBLEMS = (
    Problem(".github/trackgate.yml", 3, "people.raj.login", "a GitHub login"),
    Problem(".github/trackgate.yml", 9, "tracks.dbt.owners[0]", "a person of `people`"),
)


def test_policy_broken_on_the_base_branch() -> None:
    """The gate fails with file, line and key of every problem, whatever was approved; nobody is asked."""
    facts = pull_request_facts("dbt/a.sql", reviews=approved("priya"), check_runs=green("dbt"))
    decision = decide_without_policy(facts, InvalidPolicy(PROBLEMS))
    assert decision.state is State.FAILURE
    assert decision.title == (
        "Blocked: .github/trackgate.yml:3: people.raj.login: expected a GitHub login; "
        ".github/trackgate.yml:9: tracks.dbt.owners[0]: expected a person of `people`"
    )
    assert [item.kind for item in decision.requirements] == [RequirementKind.POLICY] * 2
    assert decision.next_action == NextAction(
        "whoever may change .github/trackgate.yml", "correct .github/trackgate.yml, line 3"
    )
    assert (decision.review_requests, decision.policy_digest) == ((), "")


def test_policy_changed_on_the_head_branch_only() -> None:
    """A changed policy file is a changed path like any other: the decision is by the policy that was given."""
    loaded = policy()
    facts = pull_request_facts(".github/trackgate.yml", ".github/workflows/tracks.yml")
    decision = decide(facts, loaded, NOW)
    assert (decision.policy_source, decision.policy_digest) == (loaded.source, loaded.digest)
    assert decision.title == "Waiting for raj"
    assert {path.track for path in decision.paths} == {None}


def test_what_is_wanted_of_a_read() -> None:
    """All logins, documents and folders of the policy; the whole tree comes first."""
    assert wanted_facts(policy().policy) == Wanted(
        logins=("raj", "mira", "sofia", "maya", "priya", "lina"),
        documents=(
            "docs/project/api-contract-changelog.md",
            "docs/project/integration-data-contract-matrix.md",
            "docs/runbooks/operations.md",
            "docs/runbooks/meta-app-review-validation.md",
        ),
        folders=("", "backend", "dbt", "docs", "frontend", "infrastructure/airbyte", "qa"),
    )


def test_whether_a_read_answers_another_question() -> None:
    """It does when everything of the other was asked as well."""
    wide = Wanted(("raj", "mira"), ("a",), ("", "b"))
    assert wide.covers(Wanted(("raj",), (), ("b",)))
    assert wide.covers(wide)
    for more in (Wanted(("x",)), Wanted(documents=("x",)), Wanted(folders=("x",))):
        assert not wide.covers(more)


def test_unread_facts_close_the_gate() -> None:
    """A document or a tree that was not asked for is not a document that is there, nor one that is unchanged."""
    loaded = policy()
    approvals = approved("raj", "mira")
    unread = decide(pull_request_facts("docs/a.md", reviews=approvals, documents={}), loaded, NOW)
    assert unread.state is State.FAILURE
    assert unread.next_action == NextAction("anybody", "comment /gate recheck")
    assert "could not be read" in unread.title
    old = approved("priya")
    for trees in ({}, {old[0].commit_sha: {}}):
        facts = pull_request_facts(
            "dbt/a.sql", head_sha="f" * 40, reviews=old, check_runs=green("dbt"), trees=trees
        )
        decision = decide(facts, loaded, NOW)
        assert decision.state is State.IN_PROGRESS
        reasons = [item.reason for track in decision.tracks for item in track.requirements]
        assert "approved at 4ead4ea; what changed since is not known" in reasons


@pytest.mark.parametrize(
    ("branch", "patterns", "gated"),
    [
        ("main", [], True),
        ("develop", [], False),
        ("main", ["develop"], False),
        ("release/3.1", ["release/*"], True),
        ("release/3.1/x", ["release/*"], False),
        ("release", ["release/*"], False),
        ("v3", ["main", "v?"], True),
    ],
)
def test_which_base_branches_are_gated(branch: str, patterns: list[str], gated: bool) -> None:
    """The default branch, or the policy's patterns, name by name between the slashes."""
    assert is_gated(branch, "main", policy({"base_branches": patterns}).policy) == gated


def test_a_track_gate_tells_its_own_state() -> None:
    """One track can be open while another waits."""
    facts = pull_request_facts("dbt/a.sql", "qa/a.ts", reviews=approved("priya"), check_runs=green("dbt"))
    dbt, qa = decide(facts, policy(), NOW).tracks
    assert (dbt.state, dbt.title) == (State.SUCCESS, "Open: approved by priya; track / dbt is success")
    assert (qa.state, qa.title) == (State.IN_PROGRESS, "Waiting for lina, sofia, track / qa")
    assert qa.next_action == NextAction("lina", "review and approve")
    assert dbt.commands[0] == "make dbt-deps"
