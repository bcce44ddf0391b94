"""Hostile text stands in Markdown as text: whatever it is, it does nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.inert import ZERO_WIDTH, code, inert
from bot.core.render import table_code
from tests.support.github_markdown import shown, table_cells

PIECES = (
    "@org/team", "@raj", "#12", "GH-12", "meta/integration#12", "https://evil.example",
    "HTTP://evil.example", "ftp://x.y",
    "www.evil.example", "mailto:a@b.example", "a@b.example", ":octocat:", ":+1:",
    "![x](y)", "[x](y)", "[x]: y", "<b>",
    "<!--", "-->", "<img src=x>", "&lt;", "&#64;raj", "`", "``", "`" * 90, "~~x~~",
    "**x**", "_x_", "|", "\\|", "\\", "\\\\",
    "|---|", "\n\n", "\r", "\u2028", "\u202e", "\u2060", "\u200b", "# x", "1. x", "12) x", "- x", "> x",
    "    x", "```\n", "---",
    "===", "$x$", "[^1]", "\x00", "\ud800", "\ue000", " ", "x",
)  # fmt: skip
HOSTILE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=12).map("".join)


@given(HOSTILE)
def test_inert_text_is_only_text(text: str) -> None:
    """At the start of a line and within one, no text becomes a link, mention, image, code, HTML or list."""
    for markdown in (inert(text), f"before {inert(text)} after"):
        seen = shown(markdown)
        assert (seen.markup, seen.alive, seen.code) == ([], [], []), markdown


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60))
def test_inert_text_keeps_its_words(text: str) -> None:
    """What is shown is the text itself, in one line: nothing is swallowed, nothing is shown twice."""
    assert shown(inert(text)).text.replace(ZERO_WIDTH, "") == " ".join(text.split())


@given(HOSTILE)
def test_code_is_only_code(text: str) -> None:
    """A code span holds all of the text; only one that no fence could hold is shown as inert text."""
    seen = shown(f"x {code(text)} y")
    assert (seen.markup, seen.alive) == ([], [])
    assert len(seen.code) == (0 if "`" * 20 in text else 1)


@given(HOSTILE, HOSTILE)
def test_a_table_keeps_its_cells(one: str, other: str) -> None:
    """Neither code nor text in a cell ends it or the row."""
    rows = table_cells(f"| a | b | c |\n|---|---|---|\n| {table_code(one)} | {inert(other)} | end |\n")
    assert [len(row) for row in rows] == [3, 3]
    assert rows[1][2] == "end"


@pytest.mark.parametrize("make", [inert, code], ids=["inert", "code"])
def test_long_text_is_cut(make: Callable[[str, int], str]) -> None:
    """A megabyte of text shows its beginning, and says with an ellipsis that there was more."""
    made = make("x" * 1_000_000, 50)
    assert made.strip("`") == "x" * 49 + "…"


def test_text_at_the_limit_is_not_cut() -> None:
    """As many characters as allowed are shown whole."""
    assert inert("x" * 50, 50) == "x" * 50
    assert code("x" * 50, 50) == "`" + "x" * 50 + "`"


@pytest.mark.parametrize("text", ["`", "a`", "``a", "a``b`c"])
def test_backticks_in_code_are_shown(text: str) -> None:
    """Backticks are part of a path like any other character."""
    assert shown(code(text)).code == [text]


def test_invisible_characters_are_not_shown() -> None:
    """Text cannot be made to look like another by turning its direction, nor split a line."""
    assert inert("a\u202eb\u200bc\x07d\r\ne") == "a b c d e"


def test_a_mention_reads_as_it_was_written() -> None:
    """Only an invisible character keeps the name from being mentioned."""
    assert inert("@raj").replace(ZERO_WIDTH, "") == "@raj"
