"""The issues about release tags and their rulesets: what happened, what was done, and what is next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.commands import parse_commands
from bot.core.model import NextAction
from bot.core.rulesets import RulesetProblem, RulesetProblemKind
from bot.core.tag_render import incident_issue, incident_marker, ruleset_issue, ruleset_marker
from bot.core.tags import IncidentKind, Remedy, TagIncident
from tests.support.github_markdown import shown, table_cells
from tests.support.release_builders import OTHER, TARGET

APPEARED = TagIncident("v9", IncidentKind.APPEARED, Remedy.DELETE, OTHER, None)
REPORTED = TagIncident("v9", IncidentKind.APPEARED, Remedy.REPORT, OTHER, None)
MOVED = TagIncident("v3", IncidentKind.MOVED, Remedy.RESTORE, OTHER, TARGET)
DELETED = TagIncident("v3", IncidentKind.DELETED, Remedy.RESTORE, None, TARGET)
BASELINE = TagIncident("v1", IncidentKind.MOVED, Remedy.REPORT, OTHER, TARGET, is_baseline=True)

RIGHT_WAY = (
    "**Next:** a release lead: comment `/gate release v9`; the gate makes the tag once everything is there."
)
CLOSE = (
    "**Next:** the release leads: see who may change release tags, and close this issue. A release that was made "
    "stays; to release another commit, comment `/gate release <another tag>`."
)
STORIES = {
    "unauthorised tag": (
        APPEARED,
        "Release tag v9 appeared without an open release gate",
        "The tag was deleted again; a GitHub release of it, if there was one, is a draft now.",
        RIGHT_WAY,
    ),
    "unauthorised tag where the policy only reports": (
        REPORTED,
        "Release tag v9 appeared without an open release gate",
        "Nothing was changed.",
        RIGHT_WAY,
    ),
    "moved tag": (MOVED, "Release tag v3 was moved", "The tag was put back where the gate had made it.", CLOSE),
    "deleted release tag": (
        DELETED,
        "Release tag v3 was deleted",
        "The tag was put back where the gate had made it.",
        CLOSE,
    ),
    "baseline tag moved": (
        BASELINE,
        "Release tag v1 was moved",
        "This tag is older than the gate, which therefore never touches it.",
        "**Next:** a repository administrator: see whether `v1` is as it should be.",
    ),
}


@pytest.mark.parametrize(("incident", "title", "done", "next_line"), STORIES.values(), ids=STORIES)
def test_the_issue_of_an_incident(incident: TagIncident, title: str, done: str, next_line: str) -> None:
    """Actor, SHAs, what was done, and the way to do it right."""
    found, body = incident_issue(incident, 7, "nina", None)
    assert found == title
    assert body.splitlines()[0] == incident_marker(7)
    assert body.endswith(f"{done}\n\n{next_line}")
    cells = {row[0]: row[1] for row in table_cells(body)}
    assert cells["tag"] == incident.name
    assert cells["who"] == "nina"
    assert cells["it pointed to"] == (incident.seen_sha or "nothing: it was gone")
    assert cells["the gate's own tag object"] == (incident.right_sha or "none")


def test_an_incident_without_an_event() -> None:
    """Four tags pushed at once: GitHub sends no event that would name an actor."""
    assert "| who | not known: GitHub sent no event for it |" in incident_issue(APPEARED, 7, None, None)[1]


@pytest.mark.parametrize("incident", [APPEARED, MOVED])
def test_an_incident_that_could_not_be_undone(incident: TagIncident) -> None:
    """Why, and that somebody has to do it by hand."""
    body = incident_issue(incident, 7, "nina", "a ruleset refused it")[1]
    assert body.endswith(
        "It could not be undone: a ruleset refused it\n\n"
        f"**Next:** a repository administrator: put `{incident.name}` right by hand."
    )


def test_each_incident_has_its_own_mark() -> None:
    """One issue for each, found again by a line that nobody sees."""
    assert incident_marker(7) != incident_marker(8)
    assert shown(incident_marker(7)).text == ""


def problem(reason: str = "no ruleset protects `v*`", owner: str = "administrators") -> RulesetProblem:
    """One thing that is wrong with the rulesets."""
    return RulesetProblem(RulesetProblemKind.MISSING, None, reason, NextAction(owner, "create it"))


def test_the_issue_about_rulesets() -> None:
    """Each problem with its next action, who changed them last, and how to do it right."""
    title, body = ruleset_issue([problem("a"), problem("b")], "occasion", "nina")
    assert title == "Release tags are not protected as they should be"
    assert body == (
        f"{ruleset_marker([problem('a'), problem('b')], 'occasion')}\n\n"
        "The rulesets do not keep release tags for the release gate. Last changed by nina.\n\n"
        "- a. **Next:** administrators: create it\n- b. **Next:** administrators: create it\n\n"
        "`trackgate ruleset` prints the ruleset as it should be; `trackgate doctor` checks it again."
    )
    assert "Last changed" not in ruleset_issue([problem()], "occasion", None)[1]


def test_each_occasion_has_its_own_mark() -> None:
    """The same problems on the same occasion are told once; other problems or another occasion once more."""
    a, b = problem("a"), problem("b")
    marks = [ruleset_marker(those, occasion) for those in ([a], [b], [a, b]) for occasion in ("x", "y")]
    assert len(set(marks)) == 6
    assert ruleset_marker(iter([a]), "x") == marks[0]
    assert ruleset_issue(iter([a]), "x", None)[1].startswith(marks[0])
    assert ruleset_marker([problem("\ud800")], "x")


WORDS = st.lists(
    st.sampled_from(["@meta/owners", "|", "`", "\n", "<img src=x>", "[a](b)", "https://e.example", "#1", "**",
                     "/gate release v1", ":octocat:", "-->"]),
    min_size=1, max_size=6,
).map("".join)  # fmt: skip
ALLOWED = {
    "html_block", "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close", "tr_open",
    "tr_close", "th_open", "th_close", "td_open", "td_close", "strong_open", "strong_close", "bullet_list_open",
    "bullet_list_close", "list_item_open", "list_item_close",
}  # fmt: skip


@given(WORDS, WORDS, WORDS)
def test_text_from_github_is_inert(name: str, actor: str, failure: str) -> None:
    """A tag's name, a login, GitHub's own answers: nothing comes alive, and nothing is a command."""
    incident = TagIncident(name, IncidentKind.APPEARED, Remedy.DELETE, name, name)
    told = [incident_issue(incident, 7, actor, failure), incident_issue(incident, 7, actor, None)]
    told.append(ruleset_issue([problem(failure, actor)], name, actor))
    for title, body in told:
        assert set(shown(body).markup) <= ALLOWED
        assert shown(body).alive == []
        assert body.count("<!--") == body.splitlines()[0].count("<!--") == 1
        assert len(title) <= 200
        assert "\n" not in title
        assert {len(row) for row in table_cells(body)} <= {2}
        assert parse_commands(body) == ()
