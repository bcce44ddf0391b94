"""What holds for every decision about a release, whatever the facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.binding import binding_of
from bot.core.policy import LoadedPolicy
from bot.core.release_gate import decide_release, is_released
from bot.core.release_model import Comparison, ReleaseFacts
from bot.core.words import State
from tests.support.drawn_releases import POLICY, facts_of_releases
from tests.support.evidence_texts import FOLDER
from tests.support.examples import examples
from tests.support.naive_release import is_open_naively
from tests.support.release_builders import NOW, TARGET, VALIDATED, release_facts

Situation = tuple[ReleaseFacts, LoadedPolicy, datetime]
SITUATIONS = st.tuples(facts_of_releases(), st.just(POLICY), st.just(NOW))
thoroughly = settings(max_examples=examples(30), suppress_health_check=list(HealthCheck), deadline=None)


@settings(thoroughly, max_examples=examples(120))
@given(SITUATIONS)
def test_the_gate_is_open_exactly_when_a_naive_reading_of_the_rules_says_so(situation: Situation) -> None:
    """What must never happen: a release tag while something required is missing. Nor the reverse."""
    assert (decide_release(*situation).state is State.SUCCESS) == is_open_naively(situation[0])


@thoroughly
@given(SITUATIONS)
def test_never_success_while_any_row_is_not(situation: Situation) -> None:
    """The gate is as grave as the gravest of its rows and problems, and its title says which."""
    decision = decide_release(*situation)
    states = {one.state for one in (*decision.rows, *decision.problems)}
    expected = next((state for state in (State.FAILURE, State.IN_PROGRESS) if state in states), State.SUCCESS)
    word = {State.FAILURE: "Blocked: ", State.IN_PROGRESS: "Waiting: ", State.SUCCESS: "Open: "}[expected]
    assert decision.state is expected
    assert decision.title.startswith(word)
    assert len(decision.rows) == 4
    if decision.state is State.SUCCESS:
        assert decision.evidence is not None
        assert len(decision.sign_offs) == 4


@thoroughly
@given(SITUATIONS)
def test_every_state_that_is_not_success_has_one_next_action(situation: Situation) -> None:
    """With an owner, for the gate and for each row; success has none. A title has 200 characters at most."""
    decision = decide_release(*situation)
    for one in (decision, *decision.rows):
        assert (one.next_action is not None) == (one.state is not State.SUCCESS)
        assert one.next_action is None or (one.next_action.owner and one.next_action.action)
    gravest = [one.next_action for one in (*decision.problems, *decision.rows) if one.state is decision.state]
    assert decision.next_action == gravest[0]
    assert len(decision.title) <= 200
    assert all(problem.next_action is not None for problem in decision.problems)


@thoroughly
@given(SITUATIONS, st.randoms(use_true_random=False))
def test_the_order_of_what_was_read_does_not_matter(situation: Situation, random: Any) -> None:
    """Sign-offs (also of one moment), evidence files, test apps, overrides and check runs in any order."""
    facts, loaded, now = situation

    def shuffled(things: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(random.sample(things, len(things)))

    tracks = {
        name: one and replace(one, check_runs=shuffled(one.check_runs), statuses=shuffled(one.statuses))
        for name, one in random.sample(list(facts.tracks.items()), len(facts.tracks))
    }
    other = replace(
        facts,
        tracks=tracks,
        evidence=shuffled(facts.evidence),
        sign_offs=shuffled(facts.sign_offs),
        test_app_uses=shuffled(facts.test_app_uses),
        overrides=shuffled(facts.overrides),
        comparisons=dict(random.sample(list(facts.comparisons.items()), len(facts.comparisons))),
    )
    assert decide_release(other, loaded, now) == decide_release(facts, loaded, now)


@thoroughly
@given(SITUATIONS, st.sampled_from([0, 1, 1799, 1800, 3600, 86400, 40 * 86400]))
def test_nothing_changes_before_it_is_time_to_look_again(situation: Situation, seconds: int) -> None:
    """`look_again_at` is in the future, and until then time alone decides nothing."""
    facts, loaded, now = situation
    decision = decide_release(facts, loaded, now)
    until, later = decision.look_again_at, now + timedelta(seconds=seconds)
    assert until is None or until > now
    if until is None or later < until:
        then = decide_release(facts, loaded, later)
        assert (then.state, [row.state for row in then.rows]) == (
            decision.state,
            [row.state for row in decision.rows],
        )


PATHS = st.lists(
    st.sampled_from(
        ["backend/a.py", "docs/project/evidence", "docs/project/evidence2/a.md", "docs/project/Evidence/a.md",
         "x/docs/project/evidence/a.md", "docs/project/evidence/a.md", "docs/project/evidence/b/c/d.png",
         f"{FOLDER}/20260219T193000Z.md", "docs/project/evidence/.github/trackgate.yml", ".github/trackgate.yml"]
    ),
    max_size=4,
)  # fmt: skip


@given(PATHS, st.booleans(), st.booleans())
def test_a_changed_byte_voids_outside_carry_over_and_not_inside(
    paths: list[str], is_ancestor: bool, is_complete: bool
) -> None:
    """Bound: an ancestor of the target, with nothing changed since but what the policy carries over."""
    one = Comparison(VALIDATED, is_ancestor, tuple(paths), is_complete)
    facts = release_facts(comparisons={VALIDATED: one})
    found = binding_of(facts, POLICY.policy)(VALIDATED)
    carried = all(path.startswith("docs/project/evidence/") for path in paths)
    assert found.is_bound == (is_ancestor and is_complete and carried)
    assert found.reason.startswith("made for 4f0c4f0")
    assert binding_of(facts, POLICY.policy)(TARGET).is_bound


@thoroughly
@given(SITUATIONS)
def test_released_is_what_has_its_tag_and_its_record(situation: Situation) -> None:
    """Then no problem is made of the tag that is there."""
    facts, loaded, now = situation
    tag, target = facts.existing_tag, facts.target_sha
    is_there = tag is not None and tag.commit_sha == target
    assert is_released(facts) == (is_there and facts.recorded_commit == target)
    if is_released(facts):
        assert not [one for one in decide_release(facts, loaded, now).problems if "already" in one.reason]
