"""What holds for every decision, whatever the facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.effects import effects_of
from bot.core.merge_gate import all_requirements, decide
from bot.core.model import (
    ChangeType,
    CheckRun,
    CommitStatus,
    Hold,
    Override,
    PullRequestFacts,
    Reassignment,
    RequestReview,
    Review,
    ReviewState,
    SiblingGate,
    State,
)
from bot.core.policy import LoadedPolicy
from tests.support.builders import HEAD, OLD, SEEN, changed, policy, pull_request_facts
from tests.support.examples import examples
from tests.support.naive_gate import is_open
from tests.support.simulated_checks import after

# Few values, and mostly those of an open gate: else nearly every example would be shut for a dull reason.
PEOPLE = ["raj", "mira", "sofia", "maya", "priya", "lina"]
LOGINS = st.sampled_from([*PEOPLE, "Sofia", "RAJ", "nina"])
PATHS = st.sampled_from(
    ["backend/a", "backend/b", "dbt/a", "frontend/a", "qa/a", "docs/a", "infrastructure/airbyte/a", "Makefile"]
)
FILES = st.one_of(
    PATHS.map(changed),
    PATHS.map(changed),
    st.builds(changed, PATHS, st.sampled_from([ChangeType.RENAMED, ChangeType.COPIED]), PATHS),
)
NOWS = st.sampled_from([SEEN + timedelta(minutes=minutes) for minutes in (-900, 5, 29, 30, 900)])
DRAWN: dict[str, LoadedPolicy] = {}
STATES = st.sampled_from([ReviewState.APPROVED] * 28 + list(ReviewState))
OVERRIDES = st.lists(
    st.builds(
        Override,
        st.sampled_from(["backend", "backend", "dbt"]),
        st.sampled_from([HEAD, HEAD, HEAD, OLD]),
        st.sampled_from(["raj", "mira", "Sofia", "lina"]),
        st.just("down"),
        st.sampled_from(["maya", "maya", "Raj", "mira", None]),
        st.sampled_from([SEEN + timedelta(minutes=minutes) for minutes in (5, 20, 29, 3000)]),
    ),
    max_size=3,
).map(tuple)
SHAS = st.sampled_from([HEAD] * 12 + [OLD, OLD, OLD, None, "unknown"])


def rarely(value: st.SearchStrategy[Any], usual: Any) -> st.SearchStrategy[Any]:
    """Mostly the usual value."""
    return st.integers(0, 14).flatmap(lambda n: value if n == 7 else st.just(usual))


@st.composite
def policies(draw: st.DrawFn) -> LoadedPolicy:
    """The shipped policy, sometimes with people away and other rules."""
    edits: dict[str, Any] = {}
    away = draw(rarely(st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=4), set()))
    until = draw(st.sampled_from(["2026-02-18", "2026-02-19", "2026-12-31"]))
    edits["people"] = {name: {"away": {"from": "2026-02-10", "until": until}} for name in sorted(away)}
    edits["stale_approvals"] = draw(st.sampled_from(["scoped", "head_sha"]))
    edits["required_checks"] = {"accept": draw(st.sampled_from([["success"], ["success", "skipped"]]))}
    loaded = policy(edits)
    return DRAWN.setdefault(loaded.digest, loaded)


@st.composite
def pull_requests(draw: st.DrawFn, loaded: LoadedPolicy) -> PullRequestFacts:
    """Facts that are often those of an open gate, and often nearly so."""
    files = draw(st.lists(FILES, max_size=3, unique_by=lambda file: file.path))
    reviewers = draw(st.lists(LOGINS, max_size=4)) if draw(st.integers(0, 4)) == 3 else PEOPLE
    minutes = draw(st.permutations(range(len(reviewers))))
    reviews = [
        Review(login, draw(STATES), draw(SHAS), SEEN + timedelta(minutes=minute))
        for login, minute in zip(reviewers, minutes, strict=True)
    ]
    checks = []
    overrides = draw(st.one_of(st.just(()), OVERRIDES))
    for number, track in enumerate(loaded.policy.tracks):
        is_often_red = bool(overrides) and track == "backend"
        for rerun in range(draw(rarely(st.integers(0, 2), 1))):
            usual = draw(st.sampled_from(["failure", "success"])) if is_often_red else "success"
            conclusion = draw(rarely(st.sampled_from(["failure", "skipped", "neutral", None]), usual))
            status = draw(rarely(st.sampled_from(["queued", "IN_PROGRESS"]), "COMPLETED"))
            app_id = draw(rarely(st.sampled_from([99, None]), 15368))
            checks.append(CheckRun(f"track / {track}", app_id, status, conclusion, number + 10 * rerun))
    facts = pull_request_facts(
        *files,
        loaded=loaded,
        author=draw(LOGINS),
        head_commit_author=draw(st.sampled_from(["nina", "nina", None, "Maya", "raj"])),
        is_draft=draw(rarely(st.just(True), False)),
        labels=tuple(draw(rarely(st.lists(st.sampled_from(["gate/hold", "Refactor", "bug"]), max_size=2), []))),
        reviews=tuple(reviews),
        check_runs=tuple(checks),
        statuses=draw(rarely(st.just((CommitStatus("track / dbt", "success"),)), ())),
        overrides=overrides,
        holds=draw(rarely(st.just((Hold("maya", "x"),)), ())),
        siblings=draw(rarely(st.just((SiblingGate(9, State.IN_PROGRESS, "x"),)), ())),
        unreadable=draw(rarely(st.just(("reviews",)), ())),
        refused_requests=draw(rarely(st.just({"sofia": "no"}), {})),
        requested_reviewers=draw(rarely(st.just(("sofia", "Maya")), ())),
    )
    trees = {sha: dict(folders) for sha, folders in facts.trees.items()}
    for folder in draw(rarely(st.lists(st.sampled_from(sorted(trees[OLD])), max_size=3), [])):
        trees[OLD][folder] = draw(st.sampled_from([None, "changed"]))
    documents = {path: draw(rarely(st.sampled_from([None, 0]), 9)) for path in facts.documents}
    return replace(
        facts,
        trees=trees,
        documents=documents,
        changed_files=facts.changed_files + draw(rarely(st.integers(1, 3000), 0)),
    )


@lru_cache(maxsize=512)
def plain(digest: str) -> dict[str, Any]:
    """A policy that was drawn, as plain data."""
    return DRAWN[digest].policy.model_dump(by_alias=True)


SITUATIONS = policies().flatmap(lambda loaded: st.tuples(pull_requests(loaded), st.just(loaded), NOWS))
Situation = tuple[PullRequestFacts, LoadedPolicy, Any]
thoroughly = settings(max_examples=examples(40), suppress_health_check=[HealthCheck.too_slow], deadline=None)


@settings(thoroughly, max_examples=examples(200))
@given(SITUATIONS)
def test_the_gate_is_open_exactly_when_a_naive_reading_of_the_rules_says_so(situation: Situation) -> None:
    """What must never happen: success while something required is missing at that head. Nor the reverse."""
    facts, loaded, now = situation
    decision = decide(facts, loaded, now)
    assert (decision.state is State.SUCCESS) == is_open(facts, plain(loaded.digest), now)


@thoroughly
@given(SITUATIONS, st.randoms(use_true_random=False))
def test_the_order_of_what_was_read_does_not_matter(situation: Situation, random: Any) -> None:
    """Files, reviews (no two at one moment), check runs, labels and requests in any order: one decision."""
    facts, loaded, now = situation

    def shuffled(things: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(random.sample(things, len(things)))

    other = replace(
        facts,
        files=shuffled(facts.files),
        reviews=shuffled(facts.reviews),
        check_runs=shuffled(facts.check_runs),
        statuses=shuffled(facts.statuses),
        labels=shuffled(facts.labels),
        requested_reviewers=shuffled(facts.requested_reviewers),
        overrides=shuffled(facts.overrides),
    )
    assert decide(other, loaded, now) == decide(facts, loaded, now)


@thoroughly
@given(SITUATIONS)
def test_every_state_that_is_not_success_has_one_next_action(situation: Situation) -> None:
    """With an owner; for the whole gate, for each track's and for each requirement; success has none."""
    decision = decide(*situation)
    for one in (decision, *decision.tracks, *all_requirements(decision)):
        assert (one.next_action is not None) == (one.state is not State.SUCCESS)
        assert one.next_action is None or (one.next_action.owner and one.next_action.action)
    assert (decision.state is State.SUCCESS) == all(
        item.state is State.SUCCESS for item in all_requirements(decision)
    )
    assert decision.title


@thoroughly
@given(SITUATIONS)
def test_only_people_still_missing_are_asked(situation: Situation) -> None:
    """Nobody twice, nobody asked already, never the author, never one whose approval stands, never for a draft."""
    facts, _, _ = situation
    decision = decide(*situation)
    asked = [login.lower() for login in decision.review_requests]
    waiting = {
        item.slot.approver.lower()
        for item in all_requirements(decision)
        if item.slot and item.slot.approver and item.state is State.IN_PROGRESS
    }
    assert len(set(asked)) == len(asked)
    assert set(asked) <= waiting
    assert facts.author.lower() not in asked
    assert not set(asked) & {login.lower() for login in (*facts.requested_reviewers, *facts.refused_requests)}
    assert not (facts.is_draft and asked)


@thoroughly
@given(SITUATIONS)
def test_effects_applied_once_are_none(situation: Situation) -> None:
    """After the gates are posted and the people asked, the same facts make nothing to write."""
    facts, loaded, now = situation
    decision = decide(facts, loaded, now)
    effects = effects_of(decision, ())
    requested = tuple(effect.login for effect in effects if isinstance(effect, RequestReview))
    later = replace(facts, requested_reviewers=(*facts.requested_reviewers, *requested))
    runs = after((), effects)
    assert effects_of(decide(later, loaded, now), runs) == ()


@thoroughly
@given(SITUATIONS, NOWS)
def test_nothing_changes_before_it_is_time_to_look_again(situation: Situation, later: Any) -> None:
    """Until `look_again_at` time alone decides nothing, so nothing has to be looked at."""
    facts, loaded, now = situation
    decision = decide(facts, loaded, now)
    until = decision.look_again_at
    assert until is None or until > now
    if later >= now and (until is None or later < until):
        assert decide(facts, loaded, later) == decision


@thoroughly
@given(SITUATIONS, st.lists(st.builds(Reassignment, LOGINS, LOGINS, st.just("raj")), max_size=3))
def test_reassigning_never_makes_a_reviewer_of_the_author(
    situation: Situation, reassignments: list[Reassignment]
) -> None:
    """Whatever is reassigned: the number of slots stays, none is the author's, none goes to somebody unknown."""
    facts, loaded, now = situation
    facts = replace(facts, reviews=(), reassignments=tuple(reassignments))
    decision = decide(facts, loaded, now)
    for item in all_requirements(decision):
        if item.slot is not None and item.slot.approver is not None:
            assert item.slot.approver.lower() != facts.author.lower()
            assert loaded.policy.person_of(item.slot.approver) is not None
