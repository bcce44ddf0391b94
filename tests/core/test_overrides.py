"""Break glass: what an override lets pass, from when and until when, and for whom it does not count."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.merge_gate import all_requirements, decide
from bot.core.model import CheckRun, Decision, NextAction, Override, Requirement, RequirementKind, State
from bot.core.overrides import in_force, may_override, moment_text, pending, rightful
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
)
from tests.support.examples import examples
from tests.support.naive_gate import is_overridden

ENDS = NOW + timedelta(hours=24)
BY_ONE = Override("backend", HEAD, "raj", "runner is down", None, ENDS)
BY_TWO = replace(BY_ONE, confirmed_by="sofia")
FAILED = (check_run("track / backend", "failure"),)


def gate(
    *overrides: Override, check_runs: tuple[CheckRun, ...] = FAILED, now: Any = NOW, **changes: Any
) -> Decision:
    """The gate of an approved change of backend/, whose check failed."""
    facts = pull_request_facts(
        "backend/a.py",
        **{"reviews": approved("sofia", "maya"), "check_runs": check_runs, "overrides": overrides, **changes},
    )
    return decide(facts, policy(), now)


def check_of(decision: Decision) -> Requirement:
    """The requirement that the track's check is."""
    (found,) = (item for item in all_requirements(decision) if item.kind is RequirementKind.CHECK)
    return found


def test_override_by_two() -> None:
    """The check passes, and the reason names both people, the reason and the end."""
    decision = gate(BY_TWO)
    check = check_of(decision)
    assert (decision.state, check.state, check.next_action) == (State.SUCCESS, State.SUCCESS, None)
    assert check.reason == (
        "track / backend ended with failure, and only success counts; "
        "overridden by raj and sofia until 2026-02-20 15:10 UTC: runner is down"
    )
    assert decision.title == "Open: backend; 2 approvals, 1 check (1 overridden)"
    assert check.overrides == (BY_TWO,)


def test_override_by_one_person() -> None:
    """Nothing passes; the requirement stays as it was, and says who asked and what is missing."""
    decision, without = gate(BY_ONE), gate()
    check, before = check_of(decision), check_of(without)
    assert decision.state is State.FAILURE
    assert check == replace(before, reason=check.reason)
    assert check.reason == (
        f"{before.reason}; raj asked to override it (runner is down); "
        "a second person is needed until 2026-02-20 15:10 UTC"
    )
    assert decision.next_action == NextAction("nina", "make track / backend pass")


@pytest.mark.parametrize("override", [BY_ONE, BY_TWO])
def test_override_expired(override: Override) -> None:
    """At the very moment of its end it is as if it had never been, and the gate is looked at again then."""
    before_end = gate(override, now=ENDS - timedelta(microseconds=1))
    assert before_end != gate(now=ENDS - timedelta(microseconds=1))
    assert gate(override, now=ENDS) == gate(now=ENDS)
    assert gate(override).look_again_at == ENDS


def test_the_earliest_end_is_looked_at() -> None:
    """Of an override's end and the time within which another check has to start, whichever comes first."""
    files = {"loaded": policy(), "overrides": (BY_TWO,)}
    decision = decide(pull_request_facts("backend/a.py", "dbt/a.sql", **files), policy(), NOW)
    assert decision.look_again_at == SEEN + timedelta(minutes=30)
    short = replace(BY_TWO, expires_at=NOW + timedelta(minutes=1))
    facts = pull_request_facts("backend/a.py", "dbt/a.sql", overrides=(short,))
    assert decide(facts, policy(), NOW).look_again_at == NOW + timedelta(minutes=1)


def test_override_of_a_check_that_never_came() -> None:
    """Neither waiting nor a check that never started is in the way of an override."""
    for now in (NOW, SEEN + timedelta(hours=1)):
        assert gate(BY_TWO, check_runs=(), now=now).state is State.SUCCESS


def test_override_of_a_check_that_passes_by_itself() -> None:
    """It is shown all the same, since it would let a later failure pass as well; a mere request is not."""
    decision = gate(BY_TWO, check_runs=green("backend"))
    assert check_of(decision).reason.startswith("track / backend is success; overridden by raj and sofia until")
    assert gate(BY_ONE, check_runs=green("backend")).tracks == gate(check_runs=green("backend")).tracks


def test_override_lets_nothing_else_pass() -> None:
    """Reviews, holds, documents and the checks of other tracks are needed as before."""
    missing = gate(BY_TWO, reviews=approved("sofia"))
    assert (missing.state, missing.title) == (State.IN_PROGRESS, "Waiting for maya")
    facts = pull_request_facts("dbt/a.sql", reviews=approved("priya"), overrides=(BY_TWO,))
    assert decide(facts, policy(), NOW).title == "Waiting for track / dbt"


def test_pushed_since() -> None:
    """An override is for one commit; another head needs another one."""
    assert gate(replace(BY_TWO, commit_sha=OLD)) == replace(gate(), look_again_at=ENDS)


@pytest.mark.parametrize(
    "authors",
    [{"author": "raj"}, {"author": "SOFIA"}, {"head_commit_author": "raj"}, {"head_commit_author": "Sofia"}],
    ids=lambda authors: "-".join(next(iter(authors.items()))),
)
def test_an_override_by_the_author_does_not_count(authors: dict[str, str]) -> None:
    """Given on another pull request with the same head commit, it does not let this one's author pass."""
    reviews = approved("raj", "maya", "sofia", "mira")
    decision = gate(BY_TWO, reviews=reviews, **authors)
    assert check_of(decision) == check_of(gate(reviews=reviews, **authors))
    assert check_of(decision).state is State.FAILURE
    asked = gate(replace(BY_ONE, by=next(iter(authors.values()))), reviews=reviews, **authors)
    assert "asked to override" not in check_of(asked).reason


@pytest.mark.parametrize("people", [("mallory", "raj"), ("raj", "mallory"), ("priya", "sofia")])
def test_an_override_by_somebody_without_the_right_does_not_count(people: tuple[str, str]) -> None:
    """Given where another branch's policy made them a lead or an owner, or before the policy was changed."""
    by, confirmed_by = people
    decision = gate(replace(BY_TWO, by=by, confirmed_by=confirmed_by))
    assert check_of(decision) == check_of(gate())


def test_the_same_person_twice_is_no_second_person() -> None:
    """However it came to be stored."""
    assert gate(replace(BY_TWO, confirmed_by="RAJ")).state is State.FAILURE


PLAIN = policy().policy.model_dump(by_alias=True)
LOGINS = st.sampled_from(["raj", "RAJ", "sofia", "maya", "priya"])
OVERRIDES = st.builds(
    Override,
    st.sampled_from(["backend", "backend", "dbt"]),
    st.sampled_from([HEAD, HEAD, OLD]),
    LOGINS,
    st.just("down"),
    st.one_of(LOGINS, st.none()),
    st.sampled_from([NOW - timedelta(minutes=1), NOW, ENDS, ENDS + timedelta(minutes=1)]),
)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(OVERRIDES, max_size=3).map(tuple), LOGINS, st.one_of(LOGINS, st.none()))
def test_the_check_passes_exactly_when_a_naive_reading_says_so(
    overrides: tuple[Override, ...], author: str, head_commit_author: str | None
) -> None:
    """Whatever is stored: two people, neither an author, for this check on this commit, and not over yet."""
    changes: dict[str, Any] = {"author": author, "head_commit_author": head_commit_author}
    check = check_of(gate(*overrides, **changes))
    facts = pull_request_facts("backend/a.py", overrides=overrides, **changes)
    assert (check.state is State.SUCCESS) == is_overridden("backend", facts, PLAIN, NOW)


def test_in_force_and_pending() -> None:
    """Only what is for this track and this commit, and of several the one that lasts longest."""
    longer = replace(BY_TWO, expires_at=ENDS + timedelta(hours=1))
    others = [replace(BY_TWO, track="dbt"), replace(BY_TWO, commit_sha=OLD)]
    assert in_force([*others, BY_ONE], "backend", HEAD, NOW) is None
    assert in_force([BY_TWO, longer, *others], "backend", HEAD, NOW) == longer
    assert pending([*others, BY_TWO], "backend", HEAD, NOW) is None
    asked = replace(BY_ONE, by="mira", expires_at=longer.expires_at)
    assert pending([BY_ONE, asked], "backend", HEAD, NOW) == asked


def test_of_those_that_end_at_one_moment_always_the_same_counts() -> None:
    """Whatever the order in which they were read."""
    twins = [BY_TWO, replace(BY_TWO, by="mira"), replace(BY_TWO, confirmed_by="mira"), replace(BY_TWO, reason="x")]
    assert in_force(twins, "backend", HEAD, NOW) == in_force(twins[::-1], "backend", HEAD, NOW)
    for one, other in ((twins[0], twins[2]), (twins[0], twins[3])):
        assert in_force([one, other], "backend", HEAD, NOW) == in_force([other, one], "backend", HEAD, NOW)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system's time zone cannot be changed for one test")
def test_moments_are_told_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the service runs."""
    monkeypatch.setenv("TZ", "America/Jamaica")
    time.tzset()
    try:
        assert moment_text(datetime(2026, 2, 19, 14, 30, tzinfo=timezone(timedelta(hours=-5)))) == (
            "2026-02-19 19:30 UTC"
        )
    finally:
        monkeypatch.undo()
        time.tzset()


def test_rightful_overrides() -> None:
    """Of the people of the policy for that track, and of tracks that it still has."""
    shipped = policy().policy
    gone = replace(BY_TWO, track="gone")
    stranger = replace(BY_ONE, by="priya")
    assert rightful([BY_TWO, gone, BY_ONE, stranger], shipped) == (BY_TWO, BY_ONE)
    assert rightful([BY_TWO, BY_ONE], shipped, ("SOFIA", None)) == (BY_ONE,)


@pytest.mark.parametrize(
    ("login", "track", "excluded", "may"),
    [
        ("raj", "dbt", (), True),
        ("MIRA", "dbt", (), True),
        ("priya", "dbt", (), True),
        ("priya", "backend", (), False),
        ("sofia", "backend", (), True),
        ("nina", "backend", (), False),
        ("raj", "dbt", ("Raj", None), False),
        ("priya", "dbt", ("raj", None), True),
    ],
)
def test_who_may_override(login: str, track: str, excluded: tuple[str | None, ...], may: bool) -> None:
    """Release leads everywhere, owners of a track there; nobody whose own work it is."""
    assert may_override(login, track, policy().policy, excluded) == may
