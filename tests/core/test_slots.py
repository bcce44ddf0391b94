"""Who has to approve, to the letter: each slot with its role, whose it is, who fills it and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.core.finding import Finding
from bot.core.merge_gate import all_requirements, decide
from bot.core.model import (
    Decision,
    Hold,
    NextAction,
    Reassignment,
    Requirement,
    RequirementKind,
    ReviewState,
    State,
)
from bot.core.slots import Role
from tests.support.builders import NOW, SEEN, check_run, policy, pull_request_facts, review

Told = tuple[Role, str | None, str, str | None, tuple[str, ...], str]
SOFIAS = "sofia is an owner of backend"


def decision(*files: str, edits: dict[str, Any] | None = None, **changes: Any) -> Decision:
    """The decision on a pull request of these files."""
    loaded = policy(edits)
    return decide(pull_request_facts(*files, loaded=loaded, **changes), loaded, NOW)


def slots(*files: str, edits: dict[str, Any] | None = None, **changes: Any) -> list[Told]:
    """All slots of a pull request of these files."""
    found = [
        one.slot for one in all_requirements(decision(*files, edits=edits, **changes)) if one.slot is not None
    ]
    return [(one.role, one.track, one.person, one.approver, one.passed, one.because) for one in found]


def crossing(because: str) -> Told:
    """Raj's slot, for what crosses tracks."""
    return (Role.CROSS_STREAM, None, "raj", "raj", (), f"cross-stream reviewer: {because}")


AWAY = {"away": {"from": "2026-02-01", "until": "2026-03-01"}}


def test_owners_of_a_track() -> None:
    """Each of them."""
    assert slots("backend/a.py") == [
        (Role.OWNER, "backend", "sofia", "sofia", (), SOFIAS),
        (Role.OWNER, "backend", "maya", "maya", (), "maya is an owner of backend"),
    ]


def test_a_slot_passes_on_until_somebody_has_none() -> None:
    """Sofia's own change: Maya has a slot already, so Raj takes hers; the story says so."""
    passed = ("sofia is the author", "maya has a slot of this track already")
    assert slots("backend/a.py", author="sofia")[0] == (Role.OWNER, "backend", "sofia", "raj", passed, SOFIAS)


def test_a_slot_passes_over_who_is_away() -> None:
    """Both reasons stand in the story."""
    passed = (
        "sofia is the author",
        "maya is away until 2026-03-01",
    )
    found = slots("backend/a.py", author="sofia", edits={"people": {"maya": AWAY}})
    assert found[0] == (Role.OWNER, "backend", "sofia", "raj", passed, SOFIAS)


def test_a_slot_that_nobody_may_fill() -> None:
    """Everybody of the chain is the author or away: the story names each of them."""
    away = dict.fromkeys(("sofia", "raj", "mira"), AWAY)
    (told,) = slots("dbt/a.sql", author="priya", edits={"people": away})
    why = ("priya is the author", *(f"{name} is away until 2026-03-01" for name in ("sofia", "raj", "mira")))
    assert told == (Role.OWNER, "dbt", "priya", None, why, "priya is an owner of dbt")


@pytest.mark.parametrize(
    ("files", "because"),
    [
        ((), "no path at all"),
        (("Makefile",), "1 path outside all tracks"),
        (("Makefile", "x"), "2 paths outside all tracks"),
        (("dbt/a", "qa/a"), "2 tracks touched"),
        (("dbt/a", "qa/a", "x"), "2 tracks touched and 1 path outside all tracks"),
    ],
)
def test_what_crosses_tracks(files: tuple[str, ...], because: str) -> None:
    """Raj's slot says what it is about."""
    assert crossing(because) in slots(*files)


def test_reassigned_slots_keep_their_story() -> None:
    """Who was replaced, by whose word, behind what was there before; one that cannot be is no end of it."""
    given = (
        Reassignment("priya", "nobody-known", "raj"),
        Reassignment("priya", "nina", "raj"),
        Reassignment("priya", "lina", "mira"),
    )
    (told,) = slots("dbt/a.sql", reassignments=given)
    because = "priya is an owner of dbt"
    assert told == (Role.OWNER, "dbt", "priya", "lina", ("priya was replaced by mira",), because)
    (told,) = slots("dbt/a.sql", author="priya", reassignments=(Reassignment("sofia", "maya", "raj"),))
    story = ("priya is the author", "sofia was replaced by raj")
    assert told == (Role.OWNER, "dbt", "priya", "maya", story, because)


def whole(kind: RequirementKind, **changes: Any) -> list[Requirement]:
    """What a dbt change needs of this kind as a whole."""
    return [one for one in decision("dbt/a.sql", **changes).requirements if one.kind is kind]


def test_a_draft() -> None:
    """The author has to act."""
    action = NextAction("nina", "mark the pull request as ready for review")
    assert whole(RequirementKind.DRAFT, is_draft=True) == [
        Requirement(RequirementKind.DRAFT, "draft", State.IN_PROGRESS, "still a draft", action)
    ]


def test_a_hold() -> None:
    """It is its holder's."""
    (found,) = whole(RequirementKind.HOLD, holds=(Hold("maya", "vendor"),))
    assert (found.subject, found.state) == ("maya", State.FAILURE)
    assert found.next_action == NextAction("maya", "comment /gate unhold when this is settled")


def test_a_hold_by_its_label() -> None:
    """It is about the label."""
    (found,) = whole(RequirementKind.HOLD, labels=("Gate/Hold",))
    assert (found.subject, found.reason) == ("gate/hold", "held by the label gate/hold")


def test_changes_that_were_requested() -> None:
    """They are about who requested them."""
    reviews = (review("priya", ReviewState.CHANGES_REQUESTED),)
    (track,) = decision("dbt/a.sql", reviews=reviews).tracks
    assert track.requirements[0].subject == "priya"
    assert track.requirements[0].reason == "priya requested changes"


def test_a_check_that_ended_with_nothing() -> None:
    """GitHub may say that a run is over, and not how."""
    run = check_run("track / dbt", None)
    (track,) = decision("dbt/a.sql", check_runs=(run,)).tracks
    assert track.requirements[1].reason == "track / dbt ended with nothing, and only success counts"


def test_findings_in_evidence_are_shown_on_their_line() -> None:
    """They come with the decision."""
    finding = Finding("docs/project/evidence/a.md", 3, "result", "pass or fail")
    assert [one.line for one in decision("dbt/a.sql", evidence_findings=(finding,)).annotations] == [3]


def test_too_many_files() -> None:
    """What is missing is named in the same way, whether GitHub hides it or lost it."""
    action = NextAction("nina", "split it into pull requests of at most 3000 files")
    reason = "3001 changed files; GitHub shows 3000, so no more can be judged"
    assert whole(RequirementKind.FILES, changed_files=3001) == [
        Requirement(RequirementKind.FILES, "files", State.FAILURE, reason, action)
    ]
    assert [one.subject for one in whole(RequirementKind.FILES, changed_files=3000)] == ["files"]


def test_the_very_moment_at_which_a_check_counts_as_never_started() -> None:
    """Then it has: nothing is left to look at."""
    loaded = policy()
    facts = pull_request_facts("dbt/a.sql")
    assert decide(facts, loaded, SEEN + timedelta(minutes=29)).look_again_at == SEEN + timedelta(minutes=30)
    assert decide(facts, loaded, SEEN + timedelta(minutes=30)).look_again_at is None
