"""The release gate beside its table of cases: an invalid policy, what is carried into the record, and edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.binding import bind, binding_of
from bot.core.model import NextAction
from bot.core.policy import InvalidPolicy, Problem
from bot.core.release_gate import decide_release, decide_release_without_policy, is_released
from bot.core.release_model import (
    Binding,
    Comparison,
    ExistingTag,
    ReleaseDecision,
    ReleaseItem,
    RowKind,
)
from bot.core.tracks import pattern_set
from bot.core.words import State
from tests.support.builders import policy
from tests.support.release_builders import (
    MERGED,
    NOW,
    OTHER,
    TARGET,
    VALIDATED,
    all_sign_offs,
    commit,
    decide,
    evidence,
    override,
    release_facts,
    row,
    run,
    still_open,
)

FILE = ".github/trackgate.yml"
PROBLEMS = (
    Problem(FILE, 3, "people.raj.login", "a GitHub login"),
    Problem("other.yml", 9, "tracks.dbt.owners[0]", "a person of `people`"),
)


def test_a_release_under_an_invalid_policy() -> None:
    """Closed, with file, line and key of each problem; no row is judged, and nothing counts."""
    facts = release_facts(release_branch="release/3")
    items = [
        ReleaseItem(
            problem.file,
            State.FAILURE,
            str(problem),
            NextAction(f"whoever may change {problem.file}", f"correct {problem.file}, line {problem.line}"),
        )
        for problem in PROBLEMS
    ]
    assert decide_release_without_policy(facts, InvalidPolicy(PROBLEMS)) == ReleaseDecision(
        repository="meta/integration",
        release_branch="release/3",
        target_sha=TARGET,
        tag="v3.1.0",
        policy_source=FILE,
        policy_digest="",
        state=State.FAILURE,
        title=f"Blocked: {PROBLEMS[0]}; {PROBLEMS[1]}",
        rows=(),
        problems=tuple(items),
        next_action=items[0].next_action,
    )


def test_what_a_decision_says_of_its_subject() -> None:
    """Repository, branch, target, tag, and the policy that it was judged by: what the record is made of."""
    loaded = policy()
    facts = release_facts(release_branch="release/3", tracks={"backend": commit("backend")})
    decision = decide_release(facts, loaded, NOW)
    assert (decision.repository, decision.release_branch) == ("meta/integration", "release/3")
    assert (decision.target_sha, decision.tag) == (TARGET, "v3.1.0")
    assert (decision.policy_source, decision.policy_digest) == (loaded.source, loaded.digest)
    assert decision.evidence is facts.evidence[0]
    assert decision.sign_offs == all_sign_offs()
    assert [one.kind for one in decision.rows] == list(RowKind)


def test_overrides_are_carried_into_the_record() -> None:
    """Each that a track would not be green without, in the policy's order."""
    tracks = {track: commit(track, on_commit=(run(track, "failure"),)) for track in ("qa", "backend")}
    given = (override("qa"), override("backend"), override("dbt"))
    assert decide(tracks=tracks, overrides=given).overrides == (given[1], given[0])


@pytest.mark.parametrize(
    ("tag_at", "recorded", "expected"),
    [
        (TARGET, TARGET, True),
        (TARGET, None, False),
        (TARGET, OTHER, False),
        (OTHER, TARGET, False),
        (OTHER, OTHER, False),
        (None, None, False),
    ],
)
def test_released(tag_at: str | None, recorded: str | None, expected: bool) -> None:
    """The tag is there, on the target, and our record says the same."""
    facts = release_facts(existing_tag=ExistingTag("0b" * 20, tag_at), recorded_commit=recorded)
    assert is_released(facts) is expected
    assert is_released(replace(facts, existing_tag=None)) is False


def test_a_tag_problem_needs_a_tag() -> None:
    """A report about the head of the branch is about no tag that exists."""
    given = ExistingTag("0b" * 20, OTHER)
    assert decide(tag=None, existing_tag=given, recorded_commit=OTHER).problems == ()
    assert len(decide(existing_tag=given, recorded_commit=OTHER).problems) == 1


def test_subjects_of_problems() -> None:
    """Each problem says what it is about."""
    decision = decide(
        tag="3.1.0",
        is_on_branch=False,
        unreadable=("comments", "tags"),
        existing_tag=ExistingTag("0b" * 20, OTHER),
    )
    assert [one.subject for one in decision.problems] == ["unreadable", "unreadable", "3.1.0", TARGET[:7], "3.1.0"]


CARRIED = pattern_set((("docs/project/evidence/**", False),))


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        (None, Binding(False, "made for 4f0c4f0, which could not be compared with 7a467a4")),
        (
            Comparison(VALIDATED, False, ("docs/project/evidence/x",)),
            Binding(False, "made for 4f0c4f0, which is not in the history of 7a467a4"),
        ),
        (Comparison(VALIDATED, True, ("b",)), Binding(False, "made for 4f0c4f0; changed since: b")),
        (
            Comparison(VALIDATED, True, ("b", "a", "b", "c")),
            Binding(False, "made for 4f0c4f0; changed since: a, b, c"),
        ),
        (
            Comparison(VALIDATED, True, ("a", "b", "c", "d")),
            Binding(False, "made for 4f0c4f0; changed since: a, b, c and 1 more"),
        ),
        (Comparison(VALIDATED, True, ("b",), False), Binding(False, "made for 4f0c4f0; changed since: b")),
        (
            Comparison(VALIDATED, True, (), False),
            Binding(False, "made for 4f0c4f0; too much changed since to be compared"),
        ),
        (Comparison(VALIDATED, True), Binding(True, "made for 4f0c4f0; nothing that counts changed since")),
    ],
)
def test_binding(comparison: Comparison | None, expected: Binding) -> None:
    """One rule for evidence, sign-offs and overrides; the reason names three paths at most."""
    comparisons = {VALIDATED: comparison} if comparison else {}
    assert bind(VALIDATED, TARGET, comparisons, CARRIED) == expected
    assert bind(TARGET, TARGET, comparisons, CARRIED) == Binding(True, "made for 7a467a4 itself")
    facts = release_facts(comparisons=comparisons)
    assert binding_of(facts, policy().policy)(VALIDATED) == expected


def test_ages_of_rows_and_items() -> None:
    """Tracks are as old as their newest change, evidence as its validation, sign-offs as the first that counts."""
    later = MERGED + timedelta(hours=3)
    decision = decide(tracks={**release_facts().tracks, "qa": commit("qa", at=later)})
    assert row(decision, RowKind.TRACKS).since == later
    assert {one.since for one in row(decision, RowKind.TRACKS).items} == {MERGED, later}
    document = evidence().document
    assert document is not None
    for kind in (RowKind.EVIDENCE, RowKind.STAGING):
        assert row(decision, kind).since == document.performed_at
    newer = replace(all_sign_offs()[0], given_at=NOW)
    signed = row(decide(sign_offs=(newer, *all_sign_offs()[1:])), RowKind.SIGN_OFFS)
    assert signed.since == all_sign_offs()[1].given_at
    assert [one.since for one in signed.items] == [one.given_at for one in (newer, *all_sign_offs()[1:])]


def test_items_of_the_tracks_row() -> None:
    """One line for each track, one for each open pull request of it before that, and who acts."""
    decision = decide(
        open_pull_requests=(still_open(7, "qa/a"), still_open(8, "Makefile")), tracks={"qa": commit("qa")}
    )
    items = row(decision, RowKind.TRACKS).items
    assert [one.subject for one in items] == [
        "backend", "dbt", "frontend", "airbyte", "qa", "qa", "docs", "outside all tracks",
    ]  # fmt: skip
    assert items[4].next_action == NextAction("nina", "get #7 merged, or take it out of the release")
    assert items[5].since == MERGED
    assert items[0] == ReleaseItem("backend", State.SUCCESS, "no commit touched it yet")


def test_when_to_look_at_the_tracks_again() -> None:
    """When a check counts as never started, only while something is waited for; and when an override ends."""
    waiting = {"backend": commit("backend", on_commit=()), "dbt": commit("dbt", at=MERGED + timedelta(minutes=1))}
    at_once = MERGED + timedelta(minutes=2)
    looked = row(decide(at_once, tracks=waiting), RowKind.TRACKS).look_again_at
    assert looked == MERGED + timedelta(minutes=30)
    assert row(decide(at_once, tracks={"dbt": waiting["dbt"]}), RowKind.TRACKS).look_again_at is None
    ends = override(expires_at=at_once + timedelta(minutes=5))
    asked = override(expires_at=at_once + timedelta(minutes=3), confirmed_by=None)
    assert (
        row(decide(at_once, tracks=waiting, overrides=(asked, ends)), RowKind.TRACKS).look_again_at
        == ends.expires_at
    )
    still = row(decide(at_once, tracks=waiting, overrides=(override(expires_at=at_once),)), RowKind.TRACKS)
    assert still.look_again_at == looked


def test_the_soonest_moment_of_all_rows_counts() -> None:
    """An override that ends comes before evidence that becomes too old."""
    assert decide(overrides=(override(),)).look_again_at == NOW + timedelta(hours=1)
    assert decide(evidence=()).look_again_at is None


@pytest.mark.parametrize(("existing", "recorded"), [(TARGET, None), (OTHER, None), (OTHER, OTHER), (None, OTHER)])
def test_a_tags_problem_is_about_the_tag(existing: str | None, recorded: str | None) -> None:
    """Its subject is the tag."""
    there = ExistingTag("0b" * 20, existing) if existing else None
    assert [one.subject for one in decide(existing_tag=there, recorded_commit=recorded).problems] == ["v3.1.0"]


def test_patterns_of_release_tags_are_listed() -> None:
    """All of them, as the policy has them."""
    loaded = policy({"release": {"tags": ["v*", "release-*"]}})
    (problem,) = decide(loaded=loaded, tag="3.1.0").problems
    assert problem.reason == "3.1.0 is no release tag: the policy names v*, release-*"
