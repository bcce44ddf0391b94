"""Titles of check runs: one line of plain text that looks like what it says."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.merge_gate import decide
from bot.core.model import Hold
from bot.core.titles import MAXIMUM_TITLE, counted, shortened
from tests.support.builders import NOW, policy, pull_request_facts


def test_a_hold_reason_cannot_turn_a_title_round() -> None:
    """A reason with direction-changing characters is shown in the order in which it was written."""
    held = pull_request_facts("dbt/a.sql", holds=(Hold("raj", "no \u202enepo :eta\u2066g\u200f\x1b[31m"),))
    assert "no nepo :eta g [31m" in decide(held, policy(), NOW).title


@given(st.text(st.characters(), max_size=400))
def test_a_title_is_one_short_line_of_what_can_be_seen(text: str) -> None:
    """Whatever it is made of, there is no control character, no line end and no blank to spare."""
    title = shortened(text)
    assert len(title) <= MAXIMUM_TITLE
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & {unicodedata.category(character) for character in title}
    assert title == " ".join(title.split())


@pytest.mark.parametrize(("length", "shown"), [(10, "x" * 10), (11, "x" * 9 + "…")])
def test_a_long_title_is_cut(length: int, shown: str) -> None:
    """An ellipsis says that there was more."""
    assert shortened("x" * length, 10) == shown


def test_counted() -> None:
    """One of a thing, or several."""
    assert [counted(number, "check") for number in (0, 1, 2)] == ["0 checks", "1 check", "2 checks"]
