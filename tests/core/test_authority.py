"""Who may give which command, what it changes, and what the refusal says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.authority import (
    MAXIMUM_REASON,
    AskOverride,
    Change,
    ForgetRefusals,
    LiftHolds,
    PlaceHold,
    Reassign,
    Ruling,
    needs_permission,
    with_change,
)
from bot.core.commands import RELEASE_VERBS, Verb, parse_commands
from bot.core.merge_gate import decide
from bot.core.model import Hold, Override, Reassignment
from bot.core.render import help_comment, status_comment
from tests.support.builders import HEAD, NOW, policy, pull_request_facts
from tests.support.github_markdown import shown
from tests.support.rulings import MAYAS_HOLD, RAJS_HOLD, ruling, words

ASKED = Override("dbt", HEAD, "raj", "runner", None, NOW)


def test_anybody_may_ask_for_help_status_and_recheck() -> None:
    """These change nothing but what is looked at."""
    facts = pull_request_facts("dbt/a.sql")
    assert ruling("/gate help", "stranger") == Ruling(True, answer=help_comment())
    assert ruling("/gate status", "stranger") == Ruling(True, answer=status_comment(decide(facts, policy(), NOW)))
    assert ruling("/gate recheck", "stranger") == Ruling(True, ForgetRefusals())


def test_a_closed_pull_request_only_answers() -> None:
    """Help and status are given; whatever would change its gate waits until it is open again."""
    for comment in ("/gate help", "/gate status"):
        assert ruling(comment, "nina", is_open=False).answer
    for comment in ("/gate recheck", "/gate hold now", "/gate unhold", "/gate reassign @raj @mira"):
        found = ruling(comment, "raj", permission="admin", is_open=False)
        assert not found.obeyed
        assert words(found) == "This pull request is closed; reopen it first."


def test_an_unknown_command_is_answered_with_the_nearest() -> None:
    """The word is shown as code, so it can do nothing."""
    given = ruling("/gate stauts", "stranger")
    assert (given.obeyed, given.change) == (False, None)
    assert given.answer == (
        "There is no command `stauts`. Did you mean `/gate status`? `/gate help` lists them all."
    )
    assert ruling("/gate `@raj", "x").answer == "There is no command `` `@raj ``. `/gate help` lists them all."


@pytest.mark.parametrize("permission", ["write", "maintain", "admin"])
def test_hold_by_who_may_write(permission: str) -> None:
    """The hold keeps who placed it, and why."""
    given = ruling("/gate hold vendor is down", "maya", permission=permission)
    assert given == Ruling(True, PlaceHold(Hold("maya", "vendor is down")))


@pytest.mark.parametrize("permission", ["read", "triage", "none", "", "WRITE"])
def test_hold_by_who_may_not_write(permission: str) -> None:
    """The right comes from GitHub, never from the matrix or the comment."""
    given = ruling("/gate hold x", "raj", permission=permission)
    assert given == Ruling(False, answer="Only people who may write to the repository may hold a pull request.")


def test_hold_needs_a_reason_and_keeps_a_short_one() -> None:
    """A reason is asked for; of a very long one the beginning is kept."""
    assert ruling("/gate hold", "maya", permission="write") == Ruling(
        False, answer="Say why: `/gate hold <reason>`."
    )
    given = ruling(f"/gate hold {'x' * 999}", "maya", permission="write")
    assert given.change == PlaceHold(Hold("maya", "x" * MAXIMUM_REASON))


@pytest.mark.parametrize("verb", Verb)
def test_only_a_hold_costs_a_look_at_permissions(verb: Verb) -> None:
    """Every other right follows from the policy."""
    (command,) = parse_commands(f"/gate {verb} x")
    assert needs_permission(command) == (verb is Verb.HOLD)


def test_unhold_by_the_holder() -> None:
    """Only the holder's own hold is lifted, whatever the case of the login."""
    given = ruling("/gate unhold", "MAYA", holds=(MAYAS_HOLD, RAJS_HOLD), labels=("gate/hold",))
    assert given == Ruling(True, LiftHolds(("maya",)))


def test_unhold_by_a_release_lead() -> None:
    """A release lead lifts everything, the label included."""
    given = ruling("/gate unhold", "Mira", holds=(MAYAS_HOLD, RAJS_HOLD), labels=("gate/hold",))
    assert given == Ruling(True, LiftHolds(("maya", "raj"), "gate/hold"))
    assert ruling("/gate unhold", "mira", holds=(MAYAS_HOLD,)) == Ruling(True, LiftHolds(("maya",)))


def test_unhold_by_somebody_else() -> None:
    """The refusal says who may."""
    given = ruling("/gate unhold", "sofia", holds=(MAYAS_HOLD,))
    assert not given.obeyed
    assert given.change is None
    assert words(given) == "Only maya or a release lead (raj, mira) may lift this hold."


def test_unhold_of_a_label_by_somebody_else() -> None:
    """Who set the label is not known; a release lead is."""
    given = ruling("/gate unhold", "sofia", labels=("GATE/hold",))
    assert (
        words(given) == "Only whoever set the label `gate/hold` or a release lead (raj, mira) may lift this hold."
    )


def test_unhold_where_nothing_is_held() -> None:
    """Nothing is changed, and the answer says so."""
    assert ruling("/gate unhold", "raj") == Ruling(False, answer="Nothing is held here.")


def test_unhold_while_the_policy_is_broken() -> None:
    """The holder may still lift their own; nobody is known as a release lead then."""
    assert ruling("/gate unhold", "maya", is_broken=True, holds=(MAYAS_HOLD,)).change == LiftHolds(("maya",))
    given = ruling("/gate unhold", "raj", is_broken=True, holds=(MAYAS_HOLD,))
    assert words(given) == "Only maya or a release lead may lift this hold."


@pytest.mark.parametrize("sender", ["priya", "Raj", "mira"])
def test_reassign_by_the_reviewer_or_a_release_lead(sender: str) -> None:
    """The new login is written as in the policy."""
    given = ruling("/gate reassign @Priya @LINA", sender)
    assert given == Ruling(True, Reassign(Reassignment("Priya", "lina", sender)))


def test_reassign_a_login_with_an_underscore() -> None:
    """Enterprise managed users have one in their login."""
    loaded = policy({"people": {"lina": {"login": "lina_acme"}}})
    given = ruling("/gate reassign @priya @lina_acme", "raj", loaded=loaded)
    assert given.change == Reassign(Reassignment("priya", "lina_acme", "raj"))


def test_reassign_a_slot_that_nobody_may_fill() -> None:
    """The way that the gate itself names is open."""
    away = {"away": {"from": "2026-02-19", "until": "2026-02-19"}}
    loaded = policy({"people": {"sofia": away, "raj": away, "mira": away}})
    given = ruling("/gate reassign @priya @lina", "raj", loaded=loaded, author="priya")
    assert given.change == Reassign(Reassignment("priya", "lina", "raj"))


REFUSED = {
    "by somebody else": (
        "sofia",
        "@priya @lina",
        "Only priya or a release lead (raj, mira) may reassign this review.",
    ),
    "by the author": (
        "nina",
        "@priya @lina",
        "Only priya or a release lead (raj, mira) may reassign this review.",
    ),
    "one name": ("raj", "@priya", "Name two people: `/gate reassign @old @new`."),
    "three names": ("raj", "@priya @lina @maya", "Name two people: `/gate reassign @old @new`."),
    "names without @": ("raj", "priya lina", "Name two people: `/gate reassign @old @new`."),
    "a team": ("raj", "@priya @meta/owners", "Name two people: `/gate reassign @old @new`."),
    "no review to give away": ("raj", "@maya @lina", "maya has no review to give away here."),
    "to a stranger": ("raj", "@priya @stranger", "stranger is not in the policy's reviewer matrix."),
}


@pytest.mark.parametrize(("sender", "names", "answer"), REFUSED.values(), ids=REFUSED)
def test_reassign_refused(sender: str, names: str, answer: str) -> None:
    """Nothing changes, and the refusal says why or who may."""
    given = ruling(f"/gate reassign {names}", sender)
    assert (given.obeyed, given.change) == (False, None)
    assert words(given) == answer


def test_reassign_to_the_author() -> None:
    """Nobody is made the reviewer of their own work."""
    assert words(ruling("/gate reassign @priya @lina", "raj", author="lina")) == "lina is the author."


def test_reassign_to_somebody_who_is_away() -> None:
    """The answer says until when."""
    loaded = policy({"people": {"lina": {"away": {"from": "2026-02-19", "until": "2026-02-20"}}}})
    given = ruling("/gate reassign @priya @lina", "raj", loaded=loaded)
    assert words(given) == "lina is away until 2026-02-20."


def test_reassign_to_the_other_owner_of_the_track() -> None:
    """Two slots of one track need two people."""
    given = ruling("/gate reassign @sofia @maya", "sofia", "backend/a.py")
    assert words(given) == "maya already reviews the same track, which needs two people."


def test_reassign_the_cross_stream_review_to_an_owner() -> None:
    """The cross-stream slot belongs to no track, so an owner may fill it as well."""
    given = ruling("/gate reassign @raj @priya", "raj", "dbt/a.sql", "Makefile")
    assert given.change == Reassign(Reassignment("raj", "priya", "raj"))


def test_reassign_while_the_policy_is_broken() -> None:
    """Nobody knows the matrix then."""
    given = ruling("/gate reassign @priya @lina", "priya", is_broken=True)
    assert words(given) == "The policy in force is invalid, so nobody can be reassigned until it is corrected."


@pytest.mark.parametrize("verb", sorted(RELEASE_VERBS))
def test_a_command_of_the_release_desk_changes_nothing_here(verb: Verb) -> None:
    """One that came to the wrong place is refused in words; the queue does not stumble over it."""
    given = ruling(f"/gate {verb} v3.1.0", "raj", permission="admin")
    answer = f"`/gate {verb}` is not a command of the merge gate, and nothing was changed."
    assert given == Ruling(False, answer=answer)


def test_refusals_mention_nobody() -> None:
    """Whatever a command names, the answer has no live mention, link or markup beyond its own code."""
    for comment in ("/gate @meta/owners", "/gate reassign @priya @stranger", "/gate unhold <img> @x"):
        given = ruling(comment, "sofia", holds=(Hold("maya", "@meta/owners"),))
        assert given.answer is not None
        seen = shown(given.answer)
        assert (seen.markup, seen.alive) == ([], [])


CHANGES: list[tuple[Change, dict[str, Any]]] = [
    (PlaceHold(Hold("raj", "new")), {"holds": (MAYAS_HOLD, Hold("raj", "new"))}),
    (LiftHolds(("MAYA",)), {"holds": (RAJS_HOLD,)}),
    (LiftHolds(("maya", "raj"), "gate/hold"), {"holds": (), "labels": ("bug",)}),
    (
        Reassign(Reassignment("priya", "lina", "raj")),
        {"reassignments": (Reassignment("a", "b", "c"), Reassignment("priya", "lina", "raj"))},
    ),
    (ForgetRefusals(), {"refused_requests": {}}),
    (AskOverride(replace(ASKED, track="qa")), {"overrides": (ASKED, replace(ASKED, track="qa"))}),
    (AskOverride(replace(ASKED, confirmed_by="mira")), {"overrides": (replace(ASKED, confirmed_by="mira"),)}),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES, ids=[type(change).__name__ for change, _ in CHANGES])
def test_later_commands_see_earlier_changes(change: Change, expected: dict[str, Any]) -> None:
    """The facts change as the change says, and in nothing else."""
    facts = pull_request_facts(
        "dbt/a.sql",
        holds=(MAYAS_HOLD, RAJS_HOLD),
        labels=("bug", "Gate/Hold"),
        reassignments=(Reassignment("a", "b", "c"),),
        refused_requests={"sofia": "no"},
        overrides=(ASKED,),
    )
    assert with_change(facts, change) == replace(facts, **expected)
