"""`/gate override`: who may give it, who is still needed, and what the answers say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.authority import AskOverride, Ruling, Situation, rule, with_change
from bot.core.commands import parse_commands
from bot.core.inert import ZERO_WIDTH
from bot.core.merge_gate import decide, decide_ungoverned, decide_without_policy
from bot.core.model import Override, State
from bot.core.policy import InvalidPolicy, LoadedPolicy, Problem
from tests.support.builders import HEAD, NOW, OLD, approved, check_run, policy, pull_request_facts
from tests.support.github_markdown import shown

ENDS = NOW + timedelta(hours=24)
EARLIER = NOW + timedelta(hours=3)
ASKED = Override("backend", HEAD, "raj", "runner is down", None, EARLIER)
CONFIRMED = replace(ASKED, confirmed_by="sofia")
COMMAND = "/gate override backend runner is down"
BROKEN = InvalidPolicy((Problem(".github/trackgate.yml", 3, "people", "a mapping"),))


def ruling(
    sender: str,
    comment: str = COMMAND,
    loaded: LoadedPolicy | None = None,
    is_broken: bool = False,
    **changes: Any,
) -> Ruling:
    """The ruling on the one command of a comment, on a pull request of backend/."""
    loaded = loaded or policy()
    facts = pull_request_facts("backend/a.py", loaded=loaded, **changes)
    decision = decide_without_policy(facts, BROKEN) if is_broken else decide(facts, loaded, NOW)
    (command,) = parse_commands(comment)
    return rule(command, Situation(sender, "none", facts, decision, None if is_broken else loaded.policy, NOW))


def words(given: Ruling) -> str:
    """The answer as it reads: without the escapes and invisible characters of inert text."""
    assert given.answer is not None
    return given.answer.replace("\\", "").replace(ZERO_WIDTH, "")


@pytest.mark.parametrize("sender", ["raj", "Mira", "maya"])
def test_the_first_person_asks(sender: str) -> None:
    """A release lead or an owner of the track; the answer names who else may, and until when."""
    given = ruling(sender)
    assert given.change == AskOverride(Override("backend", HEAD, sender, "runner is down", None, ENDS))
    others = ", ".join(one for one in ("raj", "mira", "sofia", "maya") if one != sender.lower())
    assert given.obeyed
    assert words(given) == (
        "`track / backend` is not overridden yet on `4ead4ea`: a second person has to give the same command until "
        f"2026-02-20 15:10 UTC. Who may: {others}."
    )


def test_the_second_person_confirms() -> None:
    """The first one's reason stays; the time counts from now."""
    given = ruling("sofia", "/gate override `track / backend` I agree", overrides=(ASKED,))
    assert given.change == AskOverride(replace(ASKED, confirmed_by="sofia", expires_at=ENDS))
    assert words(given) == (
        "`track / backend` counts as passed on `4ead4ea` until 2026-02-20 15:10 UTC. "
        "raj asked (runner is down), sofia confirmed it."
    )


def test_how_long_is_the_policys() -> None:
    """`release.override_expires`."""
    given = ruling("mira", loaded=policy({"release": {"override_expires": "4h"}}), overrides=(ASKED,))
    assert given.change == AskOverride(replace(ASKED, confirmed_by="mira", expires_at=NOW + timedelta(hours=4)))


def test_the_same_person_twice() -> None:
    """Refused politely, in whatever case the login comes."""
    given = ruling("RAJ", overrides=(ASKED,))
    assert (given.obeyed, given.change) == (False, None)
    assert words(given) == (
        "You asked for this already, which is not enough: a second person has to give the same command until "
        "2026-02-19 18:10 UTC. Who may: mira, sofia, maya."
    )


@pytest.mark.parametrize("authors", [{"author": "raj"}, {"head_commit_author": "Raj"}])
def test_the_author_tries(authors: dict[str, str]) -> None:
    """Nobody breaks the glass for their own work, neither first nor second."""
    for overrides in ((), (replace(ASKED, by="mira"),)):
        given = ruling("raj", overrides=overrides, **authors)
        assert (given.obeyed, given.change) == (False, None)
        assert words(given) == (
            "Nobody overrides a check of their own work. "
            "Only mira, sofia, maya may override `track / backend` here, two of them together."
        )


@pytest.mark.parametrize("sender", ["priya", "omar", "nina"])
def test_somebody_else_tries(sender: str) -> None:
    """Neither a release lead nor an owner of that track: refused, with who may."""
    given = ruling(sender, overrides=(ASKED,))
    assert (given.obeyed, given.change) == (False, None)
    assert words(given) == "Only raj, mira, sofia, maya may override `track / backend` here, two of them together."


def test_an_owner_for_another_track() -> None:
    """Priya owns dbt and no more."""
    loaded = policy()
    facts = pull_request_facts("backend/a.py", "dbt/a.sql")
    situation = Situation("priya", "write", facts, decide(facts, loaded, NOW), loaded.policy, NOW)
    for track, is_obeyed in (("dbt", True), ("backend", False)):
        (command,) = parse_commands(f"/gate override {track} runner is down")
        assert rule(command, situation).obeyed == is_obeyed


@pytest.mark.parametrize(
    ("comment", "answer"),
    [
        ("/gate override", "Name a check and say why: `/gate override <check> <reason>`."),
        ("/gate override backend", "Say why: `/gate override <check> <reason>`."),
        (
            "/gate override backed x",
            "There is no required check `track / backed`; did you mean `track / backend`?",
        ),
        ("/gate override dbt x", "The gate here does not need `track / dbt`, so there is nothing to override."),
    ],
)
def test_an_unknown_check(comment: str, answer: str) -> None:
    """Or one that this pull request does not need, or no reason: nothing is kept, and the answer says why."""
    assert ruling("raj", comment) == Ruling(False, answer=answer)


def test_pushed_since_or_expired() -> None:
    """What was asked for another commit, or too long ago, is not confirmed: the command asks anew."""
    for old in (replace(ASKED, commit_sha=OLD), replace(ASKED, expires_at=NOW)):
        given = ruling("sofia", overrides=(old,))
        assert given.change == AskOverride(Override("backend", HEAD, "sofia", "runner is down", None, ENDS))


def test_overridden_already() -> None:
    """A third person changes nothing and is told until when it lasts."""
    given = ruling("mira", overrides=(CONFIRMED,))
    assert (given.obeyed, given.change) == (False, None)
    assert (
        words(given)
        == "`track / backend` is overridden already on `4ead4ea`, by raj and sofia until 2026-02-19 18:10 UTC."
    )


@pytest.mark.parametrize("author", ["sofia", "nina"])
def test_overridden_elsewhere_by_somebody_who_may_not_here(author: str) -> None:
    """The author of this, or somebody whom only another branch's policy gives the right: nobody confirms that."""
    stranger = "sofia" if author == "sofia" else "mallory"
    for other in (replace(CONFIRMED, confirmed_by=stranger), replace(ASKED, by=stranger)):
        given = ruling("mira", overrides=(other,), author=author)
        assert (given.obeyed, given.change) == (False, None)
        assert words(given) == (
            "On another pull request with this commit, somebody asked for `track / backend` to be overridden who "
            "may not do so here. Push another commit, or wait until 2026-02-19 18:10 UTC."
        )


def test_nobody_is_left_for_the_second_person() -> None:
    """Where only one person has the right, the answer says so instead of waiting for ever."""
    loaded = policy({"release": {"leads": ["raj"]}, "tracks": {"backend": {"owners": ["raj"]}}})
    cannot = "`track / backend` cannot be overridden here: it takes two people, and"
    assert words(ruling("raj", loaded=loaded)) == f"{cannot} only raj has the right."
    assert words(ruling("raj", loaded=loaded, author="raj")) == f"{cannot} nobody has the right."


def test_while_the_policy_is_broken() -> None:
    """Nobody knows who may."""
    assert words(ruling("raj", is_broken=True)) == (
        "The policy in force is invalid, so nothing can be overridden until it is corrected."
    )


def test_where_nothing_is_gated() -> None:
    """No gate needs a check there."""
    loaded, facts = policy(), pull_request_facts("backend/a.py", base_branch="other")
    decision = decide_ungoverned(facts, "not gated", loaded)
    (command,) = parse_commands(COMMAND)
    given = rule(command, Situation("raj", "write", facts, decision, loaded.policy, NOW))
    assert words(given) == "The gate here does not need `track / backend`, so there is nothing to override."


def test_two_commands_open_the_gate() -> None:
    """What each command changes is what the next one and the gate see."""
    loaded = policy()
    runs = (check_run("track / backend", "failure"),)
    facts = pull_request_facts("backend/a.py", reviews=approved("sofia", "maya"), check_runs=runs)
    states = [decide(facts, loaded, NOW).state]
    for sender in ("raj", "raj", "maya"):
        (command,) = parse_commands(COMMAND)
        situation = Situation(sender, "read", facts, decide(facts, loaded, NOW), loaded.policy, NOW)
        change = rule(command, situation).change
        facts = facts if change is None else with_change(facts, change)
        states.append(decide(facts, loaded, NOW).state)
    assert states == [State.FAILURE, State.FAILURE, State.FAILURE, State.SUCCESS]


def test_answers_mention_nobody() -> None:
    """Whatever reason was given, no answer has a live mention, link or markup beyond its own code."""
    hostile = "@meta/owners <img src=x> [a](http://b.c) #12 `code`"
    asked = replace(ASKED, reason=hostile)
    for given in (
        ruling("raj", f"/gate override backend {hostile}"),
        ruling("sofia", overrides=(asked,)),
        ruling("raj", overrides=(asked,)),
        ruling("raj", "/gate override @meta/owners now"),
    ):
        assert given.answer is not None
        seen = shown(given.answer)
        assert (seen.markup, seen.alive) == ([], [])
