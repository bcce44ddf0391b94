"""Whole decisions of the merge gate, part by part: what pages, comments and the log show of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.approvals import stale_reason
from bot.core.merge_gate import all_requirements, decide, decide_ungoverned, decide_without_policy
from bot.core.merge_group import decide_merge_group
from bot.core.model import (
    Decision,
    MergeGroupFacts,
    NextAction,
    Override,
    Requirement,
    RequirementKind,
    Slot,
    State,
    TrackGate,
)
from bot.core.policy import InvalidPolicy, Problem
from bot.core.slots import Role
from bot.core.tracks import folders_of
from tests.support.builders import (
    HEAD,
    NOW,
    OLD,
    SEEN,
    approved,
    check_run,
    green,
    policy,
    pull_request_facts,
    review,
)

FILE = ".github/trackgate.yml"
NOT_GATED = NextAction("nina", "nothing, unless this pull request was meant to be gated")


@pytest.mark.parametrize("is_known", [True, False])
def test_a_pull_request_that_is_not_gated(is_known: bool) -> None:
    """It says why, by which policy if there is one, and that nobody has to act."""
    loaded = policy() if is_known else None
    decision = decide_ungoverned(pull_request_facts(base_branch="feature"), "no policy is for it", loaded)
    source, digest = (loaded.source, loaded.digest) if loaded else ("none", "")
    scope = Requirement(RequirementKind.SCOPE, "feature", State.IN_PROGRESS, "no policy is for it", NOT_GATED)
    assert decision == Decision(
        repository="meta/integration",
        number=12,
        head_sha=HEAD,
        base_branch="feature",
        author="nina",
        pull_request_title="Refresh tokens before they expire",
        policy_source=source,
        policy_digest=digest,
        in_scope=False,
        state=State.IN_PROGRESS,
        title="Not judged: no policy is for it",
        requirements=(scope,),
        tracks=(),
        paths=(),
        next_action=NOT_GATED,
    )


def test_a_base_branch_that_is_not_gated() -> None:
    """The policy that leaves it out is named, with its digest."""
    loaded = policy()
    decision = decide(pull_request_facts(base_branch="feature"), loaded, NOW)
    assert decision.title == "Not judged: base branch feature is not gated by policy.yml"
    assert (decision.policy_source, decision.policy_digest) == (loaded.source, loaded.digest)


def test_a_broken_policy() -> None:
    """Each problem is a requirement about its file; the decision names the first file and no digest."""
    problems = (Problem(FILE, 3, "version", "1"), Problem("other.yml", 9, "name", "a name"))
    decision = decide_without_policy(pull_request_facts(), InvalidPolicy(problems))
    assert (decision.policy_source, decision.policy_digest, decision.in_scope) == (FILE, "", True)
    assert decision.requirements == tuple(
        Requirement(
            RequirementKind.POLICY,
            problem.file,
            State.FAILURE,
            str(problem),
            NextAction(f"whoever may change {problem.file}", f"correct {problem.file}, line {problem.line}"),
        )
        for problem in problems
    )


def test_every_requirement_says_what_it_is_about() -> None:
    """Files, holds, checks, documents: each has its subject."""
    facts = pull_request_facts(
        "docs/a.md",
        "backend/a.py",
        changed_files=5,
        unreadable=("reviews",),
        is_draft=True,
        documents={},
        head_seen_at=NOW - timedelta(days=1),
    )
    found = {(one.kind, one.subject) for one in all_requirements(decide(facts, policy(), NOW))}
    documents = {(RequirementKind.DOCUMENT, path) for path in policy().policy.tracks["docs"].required_documents}
    assert found >= documents | {
        (RequirementKind.FILES, "reviews"),
        (RequirementKind.FILES, "files"),
        (RequirementKind.DRAFT, "draft"),
        (RequirementKind.CHECK, "track / backend"),
    }


def slots_of(decision: Decision) -> list[Slot]:
    """All slots, each with its story."""
    return [one.slot for one in all_requirements(decision) if one.slot is not None]


def test_slots_that_concern_the_whole_pull_request() -> None:
    """Their role, whom the policy names, and why they are needed at all."""
    facts = pull_request_facts("dbt/a.sql", "Makefile", labels=("refactor",))
    found = {slot.role: slot for slot in slots_of(decide(facts, policy(), NOW)) if slot.track is None}
    assert found == {
        Role.CROSS_STREAM: Slot(
            Role.CROSS_STREAM, None, "raj", "raj", (), because="cross-stream reviewer: 1 path outside all tracks"
        ),
        Role.ARCHITECTURE: Slot(
            Role.ARCHITECTURE, None, "mira", "mira", (), because="architecture reviewer: label refactor"
        ),
    }


@pytest.mark.parametrize("reviews", [(), approved("mira")])
def test_slots_that_merge_keep_both_stories(reviews: tuple[()]) -> None:
    """Raj's own docs change: Mira has a slot of her own and takes his."""
    decision = decide(pull_request_facts("docs/a.md", author="raj", reviews=reviews), policy(), NOW)
    (slot,) = [slot for slot in slots_of(decision) if slot.track == "docs"]
    assert (slot.role, slot.approver) == (Role.OWNER, "mira")
    assert slot.passed == (
        "raj is the author",
        "mira has a slot of this track already",
        "nobody else is left, so the slots merge",
    )


GROUP_HEAD = "94ab" * 10


def group(*members: Decision, **changes: object) -> MergeGroupFacts:
    """A merge group of these pull requests."""
    facts = MergeGroupFacts("meta/integration", "main", GROUP_HEAD, SEEN, members)
    return replace(facts, **changes)  # type: ignore[arg-type]


def member(*files: str, **changes: object) -> Decision:
    """The decision of a pull request whose gate is open."""
    facts = pull_request_facts(*files, reviews=approved("priya"), check_runs=green("dbt"), **changes)
    return decide(facts, policy(), NOW)


def dbt_gate(check: Requirement, title: str) -> TrackGate:
    """The gate of track dbt with this check alone."""
    track = policy().policy.tracks["dbt"]
    return TrackGate(
        "dbt", track.purpose, check.state, title, (check,), commands=track.commands, next_action=check.next_action
    )


def group_decision(**changes: object) -> Decision:
    """The whole decision of a group of one pull request, #12."""
    is_open = Requirement(RequirementKind.SIBLING, "#12", State.SUCCESS, "the gate of #12 is open")
    check = Requirement(RequirementKind.CHECK, "track / dbt", State.SUCCESS, "track / dbt is success")
    fields = {
        "repository": "meta/integration",
        "number": 12,
        "head_sha": GROUP_HEAD,
        "base_branch": "main",
        "author": "merge queue",
        "pull_request_title": "Refresh tokens before they expire",
        "policy_source": policy().source,
        "policy_digest": policy().digest,
        "in_scope": True,
        "state": State.SUCCESS,
        "title": "Open: dbt; 0 approvals, 1 check",
        "requirements": (is_open,),
        "tracks": (dbt_gate(check, "Open: track / dbt is success"),),
        "paths": (),
    }
    return Decision(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_merge_group_that_is_open() -> None:
    """The gate of its pull request, and its own check."""
    facts = group(member("dbt/a.sql"), check_runs=green("dbt"))
    assert decide_merge_group(facts, policy(), NOW) == group_decision()


def test_a_merge_group_whose_check_failed() -> None:
    """The merge queue acts next, for the track as for the whole."""
    facts = group(member("dbt/a.sql"), check_runs=(check_run("track / dbt", "failure"),))
    action = NextAction("merge queue", "make track / dbt pass")
    reason = "track / dbt ended with failure, and only success counts"
    failed = Requirement(RequirementKind.CHECK, "track / dbt", State.FAILURE, reason, action)
    assert decide_merge_group(facts, policy(), NOW) == group_decision(
        state=State.FAILURE,
        title=f"Blocked: {reason}",
        tracks=(dbt_gate(failed, f"Blocked: {reason}"),),
        next_action=action,
    )


def test_a_merge_group_while_the_policy_is_broken() -> None:
    """No track is judged; what the pull request's own gate says is repeated, with its next action."""
    closed = decide_without_policy(pull_request_facts("dbt/a"), InvalidPolicy((Problem(FILE, 3, "version", "1"),)))
    reason = f"the gate of #12 is not open: {closed.title}"
    told = Requirement(RequirementKind.SIBLING, "#12", State.FAILURE, reason, closed.next_action)
    assert decide_merge_group(group(closed), None, NOW) == group_decision(
        policy_source="invalid",
        policy_digest="",
        state=State.FAILURE,
        title=f"Blocked: {reason}",
        requirements=(told,),
        tracks=(),
        next_action=closed.next_action,
    )


def test_a_merge_group_that_nobody_knows() -> None:
    """Nothing to judge is no pass."""
    action = NextAction("whoever merges", "queue the pull requests again")
    reason = "the merge queue knows no pull request for this group"
    told = Requirement(RequirementKind.SIBLING, "merge group", State.FAILURE, reason, action)
    assert decide_merge_group(group(), policy(), NOW) == group_decision(
        number=0,
        pull_request_title="",
        state=State.FAILURE,
        title=f"Blocked: {reason}",
        requirements=(told,),
        tracks=(),
        next_action=action,
    )


def test_a_merge_group_with_an_override() -> None:
    """It is looked at again when the override ends."""
    override = Override("dbt", HEAD, "raj", "runner is down", "mira", NOW + timedelta(hours=4))
    facts = group(member("dbt/a.sql", overrides=(override,)))
    assert decide_merge_group(facts, policy(), NOW).look_again_at == override.expires_at


@pytest.mark.parametrize(
    ("globs", "folders"),
    [
        (["a/b/*.py"], ("a/b",)),
        (["/a/b/*.py"], ("a/b",)),
        (["a/b/"], ("a",)),
        (["a/**/c"], ("a",)),
        (["a/b?/c/d"], ("a",)),
        (["a/b[12]/c"], ("a",)),
        (["a/b\\*/c"], ("a",)),
        (["X/XX/c.py"], ("X/XX",)),
        (["*.py"], ("",)),
        (["build"], ("",)),
        (["build/"], ("",)),
        (["/build"], ("",)),
        (["a/x", "b/c/*"], ("a", "b/c")),
    ],
)
def test_the_folders_that_hold_a_tracks_files(globs: list[str], folders: tuple[str, ...]) -> None:
    """Each glob's literal beginning; one that matches anywhere needs the whole tree."""
    loaded = policy({"tracks": {"dbt": {"prefix": None, "globs": globs}}})
    assert folders_of(loaded.policy.tracks["dbt"]) == folders


@pytest.mark.parametrize(
    "trees",
    [
        {},
        {OLD: {"dbt": "tree"}},
        {HEAD: {"dbt": "tree"}},
        {OLD: {"dbt": "tree"}, HEAD: {}},
        {OLD: {}, HEAD: {"dbt": "tree"}},
        {OLD: {}, HEAD: {}},
    ],
)
def test_an_approval_is_stale_while_it_is_not_known_what_changed(trees: dict[str, dict[str, str]]) -> None:
    """A tree or a folder that was not read, on either side, is no proof that nothing did."""
    facts = pull_request_facts("dbt/a.sql", trees=trees)
    expected = f"approved at {OLD[:7]}; what changed since is not known"
    assert stale_reason(review("priya", at=OLD), ("dbt",), facts, policy().policy) == expected
    same = {OLD: {"dbt": "tree"}, HEAD: {"dbt": "tree"}}
    assert stale_reason(review("priya", at=OLD), ("dbt",), replace(facts, trees=same), policy().policy) is None


def test_the_gate_of_a_track_tells_what_the_track_is_for() -> None:
    """Its purpose and commands are the policy's, and each slot says whose it is."""
    (track,) = decide(pull_request_facts("dbt/a.sql"), policy(), NOW).tracks
    known = policy().policy.tracks["dbt"]
    assert (track.track, track.purpose, track.commands) == ("dbt", known.purpose, known.commands)
    assert [one.slot for one in track.requirements if one.slot is not None] == [
        Slot(Role.OWNER, "dbt", "priya", "priya", (), because="priya is an owner of dbt")
    ]
