"""What people read of a release, held against golden files of tests/golden/release.

`TRACKGATE_REFRESH_GOLDEN=1 pytest tests/core/test_release_render.py` writes them afresh; read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.commands import parse_commands
from bot.core.model import NextAction, State
from bot.core.policy import InvalidPolicy, Problem
from bot.core.release_gate import decide_release, decide_release_without_policy
from bot.core.release_model import ReleaseDecision, ReleaseItem
from bot.core.release_render import (
    MAXIMUM_ITEMS,
    RECORD_FILE,
    Obstacle,
    ReleaseStatus,
    comment_marker,
    gone_comment,
    release_check_state,
    release_check_summary,
    release_check_title,
    release_comment,
    release_notes,
    tag_message,
)
from bot.core.titles import shortened
from tests.support.builders import ROOT, policy
from tests.support.evidence_texts import story
from tests.support.examples import examples
from tests.support.github_markdown import shown, table_cells
from tests.support.release_builders import (
    NOW,
    VALIDATED,
    all_sign_offs,
    commit,
    compared,
    evidence,
    override,
    release_facts,
    run,
    sign_off,
    still_open,
)

GOLDEN = ROOT / "tests" / "golden" / "release"
REFRESH = "TRACKGATE_REFRESH_GOLDEN"
POLICY = replace(policy(), digest="0123456789abcdef" * 4)
HOSTILE = "@meta/owners | <b>x</b> https://evil.example `y`"
ARMED = ReleaseStatus(armed_by="raj")
REFUSED = Obstacle("Repository rule violations found", NextAction("an administrator", "let the App bypass it"))


def decided(**changes: object) -> ReleaseDecision:
    """The gate on an open release, with changes."""
    return decide_release(release_facts(**changes), POLICY, NOW)


def waiting() -> ReleaseDecision:
    """Of each row something is missing, with hostile text wherever GitHub gives any."""
    tracks = release_facts().tracks
    return decided(
        tracks={**tracks, "backend": commit("backend", on_commit=()), "airbyte": None},
        open_pull_requests=(still_open(7, "dbt/a.sql", because=f"milestone {HOSTILE}"),),
        evidence=(
            evidence(story("operator: priya", "operator: nina")),
            evidence(name="20260218T000000Z.md", text="x"),
            evidence(name="a | `b`.md", text="x"),
        ),
        comparisons={VALIDATED: compared(VALIDATED, f"backend/{HOSTILE}.py")},
        sign_offs=(*all_sign_offs()[1:3], sign_off("raj", "contract-freeze", ended="revoked it")),
        unreadable=(f"the history of {HOSTILE}",),
    )


def overridden() -> ReleaseDecision:
    """Open, by an override with a hostile reason."""
    tracks = {**release_facts().tracks, "backend": commit("backend", on_commit=(run("backend", "failure"),))}
    return decided(tracks=tracks, overrides=(override(reason=HOSTILE),))


def broken() -> ReleaseDecision:
    """An invalid policy."""
    problem = Problem(".github/trackgate.yml", 3, "people.raj.login", "a GitHub login")
    return decide_release_without_policy(release_facts(), InvalidPolicy((problem,)))


def comment(decision: ReleaseDecision, status: ReleaseStatus) -> Callable[[], str]:
    """The one comment."""
    return lambda: release_comment(decision, status, NOW)


GOLDEN_TEXTS: dict[str, Callable[[], str]] = {
    "report-waiting": comment(waiting(), ReleaseStatus()),
    "report-without-tag": comment(decided(tag=None), ReleaseStatus()),
    "report-dry-run": comment(decided(), ReleaseStatus(is_dry_run=True)),
    "report-broken-policy": comment(broken(), ARMED),
    "armed-for-the-head": comment(waiting(), ARMED),
    "armed-for-a-commit": comment(decided(sign_offs=()), ReleaseStatus(armed_by="mira", follows_head=False)),
    "refused-by-github": comment(decided(), ReleaseStatus(armed_by="raj", obstacle=REFUSED)),
    "released": comment(overridden(), ReleaseStatus(armed_by="raj", is_released=True)),
    "cancelled": comment(waiting(), ReleaseStatus(armed_by="raj", is_cancelled=True)),
    "gone": lambda: gone_comment("v3.1.0", "The branch release/3"),
    "check-summary": lambda: release_check_summary(
        decided(), ReleaseStatus(armed_by="raj", is_released=True), NOW
    ),
    "notes": lambda: release_notes(decided(), NOW),
    "notes-with-override": lambda: release_notes(overridden(), NOW),
    "tag-message": lambda: tag_message(overridden()),
}


@pytest.mark.parametrize("name", GOLDEN_TEXTS)
def test_golden(name: str) -> None:
    """The text is, to the letter, the one that was read and approved."""
    file, text = GOLDEN / f"{name}.md", GOLDEN_TEXTS[name]() + "\n"
    if os.environ.get(REFRESH):
        file.write_text(text, "utf-8")
    assert file.read_text("utf-8") == text


def test_every_golden_file_belongs_to_a_text() -> None:
    """No file is left over from a text that is gone."""
    assert {file.stem for file in GOLDEN.glob("*.md")} == set(GOLDEN_TEXTS)


@pytest.mark.parametrize(
    ("decision", "status", "state", "title"),
    [
        (decided(), ARMED, State.IN_PROGRESS, "Tagging v3.1.0"),
        (decided(), ReleaseStatus(is_released=True), State.SUCCESS, "Released: v3.1.0"),
        (waiting(), ReleaseStatus(is_released=True), State.SUCCESS, "Released: v3.1.0"),
        (
            decided(),
            ReleaseStatus(obstacle=REFUSED),
            State.FAILURE,
            "v3.1.0: Blocked: Repository rule violations found",
        ),
        (decided(sign_offs=()), ARMED, State.IN_PROGRESS, None),
        (waiting(), ARMED, State.FAILURE, None),
    ],
)
def test_the_check_run(decision: ReleaseDecision, status: ReleaseStatus, state: State, title: str | None) -> None:
    """`gate/release` is success only once the tag is made; else it shows the gate, or what GitHub said."""
    assert release_check_state(decision, status) is state
    assert release_check_title(decision, status) == (title or shortened(f"v3.1.0: {decision.title}"))


def test_a_cancelled_release_waits_for_nothing() -> None:
    """Its check run is completed and says so, also where the gate was open; arming it again is the next step."""
    status = ReleaseStatus(armed_by="raj", is_cancelled=True, obstacle=REFUSED)
    assert release_check_state(decided(), status) is State.FAILURE
    assert release_check_title(decided(), status) == "Cancelled: v3.1.0"
    assert "comment `/gate release v3.1.0` to arm it again" in release_check_summary(decided(), status, NOW)


def test_a_dry_run_names_the_command_for_just_that_commit() -> None:
    """What was judged is what would be tagged; a report for no tag names the one that the evidence is for."""
    asked = release_comment(waiting(), ReleaseStatus(is_dry_run=True, at="abc1234"), NOW)
    assert "To release: `/gate release v3.1.0 at abc1234`" in asked
    report = release_comment(replace(decided(), tag=None), ReleaseStatus(), NOW)
    assert "It could be released now as `v3.1.0`, which the evidence names." in report


def test_the_comment_is_found_again() -> None:
    """Its first line is hidden and the same for one release; each tag, and a report for none, has another."""
    first = release_comment(waiting(), ARMED, NOW).splitlines()[0]
    assert first == comment_marker("v3.1.0") == release_comment(decided(), ReleaseStatus(), NOW).splitlines()[0]
    assert gone_comment("v3.1.0", "x").splitlines()[0] == first
    assert len({comment_marker(tag) for tag in (None, "v3.1.0", "v3.1.1", "v3.1.0 ", "\ud800")}) == 5
    assert shown(first).text == ""
    assert release_comment(decided(), ARMED, NOW, "<!-- other -->").splitlines()[0] == "<!-- other -->"


def test_the_comment_rarely_changes() -> None:
    """Ages are whole days, so that an hour later there is nothing to write; a day later there is."""
    decision = decided()
    assert "today (2026-02-20 09:00 UTC)" in release_comment(decision, ARMED, NOW)
    assert "1 day (2026-02-20 09:00 UTC)" in release_comment(decision, ARMED, NOW + timedelta(days=1))
    assert release_comment(decision, ARMED, NOW) == release_comment(decision, ARMED, NOW + timedelta(hours=1))
    assert "today" in release_comment(decision, ARMED, NOW - timedelta(days=9))


def test_of_many_lines_the_first_are_shown() -> None:
    """A comment has an end; how much is left out is said."""
    for more, words in ((0, None), (1, "1 more line |"), (2, "2 more lines |")):
        items = tuple(ReleaseItem(f"x{n}", State.SUCCESS, "y") for n in range(MAXIMUM_ITEMS + more))
        first = replace(decided().rows[0], items=items)
        text = release_comment(replace(decided(), rows=(first,)), ARMED, NOW)
        assert f"`x{MAXIMUM_ITEMS - 1}`" in text
        assert (words in text) if words else ("more line" not in text)


def test_a_tags_message_is_plain_text_of_whole_lines() -> None:
    """Nothing in it can look like another line, or like a signature."""
    decision = replace(decided(), policy_source="a\nCommit: " + "0" * 40, sign_offs=())
    lines = tag_message(decision).splitlines()
    assert len(lines) == 7
    assert [line for line in lines if line.startswith("Commit: ")] == [f"Commit: {decision.target_sha}"]
    assert f"Evidence: {decision.evidence.path if decision.evidence else ''}" in lines
    assert "Evidence: none" in tag_message(replace(decision, evidence=None))
    assert RECORD_FILE in lines[-1]


def test_our_answers_are_no_commands() -> None:
    """The comment names commands and gives none."""
    for decision in (waiting(), decided(), decided(tag=None), broken()):
        for status in (ARMED, ReleaseStatus(), ReleaseStatus(is_dry_run=True)):
            assert parse_commands(release_comment(decision, status, NOW)) == ()


ALLOWED = {
    "heading_open", "heading_close", "table_open", "table_close", "thead_open", "thead_close", "tbody_open",
    "tbody_close", "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close", "strong_open",
    "strong_close", "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "html_block",
}  # fmt: skip
OUR_HTML = ("<!-- trackgate release ", "<details><summary>", "</details>")
WORDS = st.lists(
    st.sampled_from(["@meta/owners", "|", "`", "\n", "<img src=x>", "[a](b)", "https://e.example", "www.e.example",
                     "#1", "**", "\\", "x", " ", "\n\n", "# ", "~~~", ":octocat:", "`" * 30, "</details>", "-->"]),
    min_size=1, max_size=8,
).map("".join)  # fmt: skip


@settings(deadline=None, max_examples=examples(40))
@given(WORDS, WORDS, WORDS, WORDS)
@example("x", "x", "x", ":octocat:x")
def test_text_from_github_is_inert(tag: str, path: str, because: str, login: str) -> None:
    """Tags, paths, labels, logins, reasons: no link, mention, image, HTML or broken table comes of them."""
    decision = decided(
        tag=tag,
        open_pull_requests=(still_open(7, path, because=because),),
        evidence=(replace(evidence(), path=path), evidence(name=path, text="x")),
        comparisons={VALIDATED: compared(VALIDATED, path)},
        sign_offs=(sign_off(login, "contract-freeze"), sign_off("raj", "contract-freeze", ended=because)),
        unreadable=(because,),
        release_branch=tag,
    )
    hostile = replace(
        decision,
        policy_source=path,
        sign_offs=(sign_off(login, because),),
        overrides=(override(track=because, by=login, confirmed_by=path),),
    )
    obstacle = Obstacle(because, NextAction(login, path))
    statuses = (ReleaseStatus(armed_by=login), ReleaseStatus(obstacle=obstacle), ReleaseStatus(is_released=True))
    texts = [release_comment(hostile, status, NOW) for status in statuses]
    for text in (*texts, release_notes(hostile, NOW), gone_comment(tag, because)):
        found = shown(text)
        assert set(found.markup) <= ALLOWED
        assert found.alive == []
        assert all(line.startswith(OUR_HTML) for line in text.splitlines() if line.startswith("<"))
        assert {len(cells) for cells in table_cells(text)} <= {4, 5}
    assert len(tag_message(hostile).splitlines()) == 7
    for status in statuses:
        assert len(release_check_title(hostile, status)) <= 200
        assert "\n" not in release_check_title(hostile, status)
