"""What people read on GitHub, held against golden files.

`TRACKGATE_REFRESH_GOLDEN=1 pytest tests/core/test_render.py` writes tests/golden/*.md afresh; read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.commands import ParsedCommand, Verb, parse_commands
from bot.core.merge_gate import all_requirements, decide, decide_without_policy
from bot.core.model import Decision, Hold
from bot.core.policy import InvalidPolicy, Problem
from bot.core.render import (
    MAXIMUM_PATHS,
    gate_summary,
    help_comment,
    status_comment,
    track_summary,
    unknown_command_comment,
)
from tests.support.builders import NOW, ROOT, approved, changed, green, policy, pull_request_facts
from tests.support.github_markdown import shown, table_cells

GOLDEN = ROOT / "tests" / "golden"
REFRESH = "TRACKGATE_REFRESH_GOLDEN"
POLICY = replace(policy(), digest="0123456789abcdef" * 4)


def waiting() -> Decision:
    """Sofia's change of two tracks and a path outside: of each kind something."""
    facts = pull_request_facts(
        "backend/api/meta|sync.py",
        "Makefile",
        "docs/a `b` c.md",
        author="sofia",
        labels=("refactor",),
        reviews=approved("maya"),
        check_runs=green("backend"),
        holds=(Hold("maya", "ask @meta/owners | <b>now</b> https://evil.example"),),
        documents={**pull_request_facts().documents, "docs/runbooks/operations.md": None},
    )
    return decide(facts, POLICY, NOW)


def opened() -> Decision:
    """One track, with all it needs."""
    facts = pull_request_facts("dbt/a.sql", reviews=approved("priya"), check_runs=green("dbt"))
    return decide(facts, POLICY, NOW)


def broken() -> Decision:
    """An invalid policy on the base branch, with two problems."""
    problems = (
        Problem(".github/trackgate.yml", 3, "people.raj.login", "a GitHub login"),
        Problem(".github/trackgate.yml", 9, "tracks.dbt.owners[0]", "a person of `people`"),
    )
    return decide_without_policy(pull_request_facts("dbt/a.sql"), InvalidPolicy(problems))


def of_track(decision: Decision, name: str) -> str:
    """The summary of one track's gate."""
    return next(track_summary(track, decision) for track in decision.tracks if track.track == name)


GOLDEN_TEXTS: dict[str, Callable[[], str]] = {
    "gate-waiting": lambda: gate_summary(waiting()),
    "gate-open": lambda: gate_summary(opened()),
    "gate-broken-policy": lambda: gate_summary(broken()),
    "track-backend": lambda: of_track(waiting(), "backend"),
    "track-docs": lambda: of_track(waiting(), "docs"),
    "status-waiting": lambda: status_comment(waiting()),
    "status-open": lambda: status_comment(opened()),
    "help": help_comment,
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


def test_every_requirement_is_shown() -> None:
    """Nothing that the gate needs is missing from its summary: one row each, of three cells."""
    rows = [row for row in table_cells(gate_summary(waiting())) if row[0] in ("✅", "🕓", "❌")]
    assert len(rows) == len(all_requirements(waiting()))
    assert {len(row) for row in rows} == {3}


def test_of_many_paths_the_first_are_shown() -> None:
    """A check run has an end; the page shows all."""
    facts = pull_request_facts(*(f"dbt/{number:04}.sql" for number in range(MAXIMUM_PATHS + 2)))
    summary = gate_summary(decide(facts, policy(), NOW))
    assert f"dbt/{MAXIMUM_PATHS - 1:04}.sql" in summary
    assert f"dbt/{MAXIMUM_PATHS:04}.sql" not in summary
    assert "| … | | 2 more paths, all on the page |" in summary
    assert "1 more path," in gate_summary(decide(pull_request_facts(*(f"{n}" for n in range(201))), policy(), NOW))


def test_help_names_every_command() -> None:
    """A command without help would be one that nobody finds."""
    assert [row[0].split()[1] for row in table_cells(help_comment())[1:]] == [verb.value for verb in Verb]


def test_help_is_no_command() -> None:
    """Our own answers are never taken for commands."""
    for text in (help_comment(), status_comment(waiting()), unknown_command_comment(ParsedCommand(None, "x"))):
        assert parse_commands(text) == ()


ALLOWED = {
    "heading_open", "heading_close", "table_open", "table_close", "thead_open", "thead_close",
    "tbody_open", "tbody_close",
    "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close", "strong_open", "strong_close",
    "ordered_list_open", "ordered_list_close", "list_item_open", "list_item_close",
}  # fmt: skip
WORDS = st.lists(
    st.sampled_from(["@meta/owners", "|", "`", "\n", "<img src=x>", "[a](b)", "https://e.example", "www.e.example",
                     "#1",
                     "**", "\\", "x", " ", "\n\n", "# ", "~~~", ":octocat:", "`" * 30]),
    min_size=1, max_size=8,
).map("".join)  # fmt: skip


@given(WORDS, WORDS, WORDS)
def test_hostile_text_stays_text_everywhere(path: str, reason: str, login: str) -> None:
    """Paths, logins, labels and reasons change nothing but the words in a summary or comment."""
    facts = pull_request_facts(
        changed(f"dbt/{path}"),
        changed(f"{path}/x"),
        author=login,
        reviews=approved("priya"),
        holds=(Hold(login, reason),),
        unreadable=(reason,),
        refused_requests={"raj": reason},
    )
    decision = decide(facts, policy({"hold_label": "a|b"}), NOW)
    for text in (gate_summary(decision), status_comment(decision), of_track(decision, "dbt")):
        seen = shown(text)
        assert set(seen.markup) <= ALLOWED
        assert seen.alive == []
    assert shown(unknown_command_comment(ParsedCommand(None, reason))).alive == []
