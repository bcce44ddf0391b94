"""Reading payloads: what GitHub could have sent comes out, anything else is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.payload import (
    LARGEST_ID,
    LARGEST_NUMBER,
    LONGEST_COMMENT,
    LONGEST_TEXT,
    LONGEST_TITLE,
    branch_at,
    comment_at,
    full_name_at,
    login_at,
    number_at,
    sha_at,
    text_at,
    title_at,
)

TAKEN: list[tuple[Callable[..., Any], list[Any]]] = [
    (number_at, [1, 7, LARGEST_ID]),
    (text_at, ["", "x", "x" * LONGEST_TEXT]),
    (comment_at, ["", "\U0001f600" * LONGEST_COMMENT]),
    (full_name_at, ["a/b", "Octo-Org/.github", "x_y/a.b-c_d", "a/..b", f"{'o' * 100}/{'n' * 100}"]),
    (login_at, ["sofia", "octo-org", "someone_corp", "github-actions[bot]", "x" * 100]),
    (sha_at, ["0" * 40, "0123456789abcdef" * 4]),
    (branch_at, ["main", "refs/heads/feature/ü-#1,2", "x" * 1024]),
    (title_at, ["", "Fix ü", "x" * LONGEST_TITLE]),
]

REFUSED: list[tuple[Callable[..., Any], list[Any]]] = [
    (number_at, [0, -1, True, 1.0, "1", LARGEST_ID + 1, 10**400]),
    (text_at, ["x" * (LONGEST_TEXT + 1), "é" * (LONGEST_TEXT // 2 + 1), "\ud800" * LONGEST_TEXT]),
    (comment_at, ["x" * (LONGEST_COMMENT + 1)]),
    (full_name_at, ["", "a", "/", "a/", "/b", "a/b/c", "a/b\n", "a b/c", "../..", "a/..", "a/.", "é/b", "a/\x00"]),
    (full_name_at, [f"{'o' * 101}/n", f"o/{'n' * 101}"]),
    (login_at, ["", "@raj", "a b", "a\n", "x" * 101, "a[bot]b", "a/b", "\x00"]),
    (sha_at, ["", "0" * 39, "0" * 41, "0" * 63, "g" * 40, "A" * 40, "0" * 40 + "\n"]),
    (branch_at, ["", "a b", "a\n", "a\x00", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "\ud800", "x" * 1025]),
]
ODD = [None, [], {}, ["x"], {"a": 1}, 1.5, float("nan")]


@pytest.mark.parametrize(("read", "given"), [(read, one) for read, values in TAKEN for one in values])
def test_what_github_could_have_sent(read: Callable[..., Any], given: Any) -> None:
    """It is read as it is."""
    assert read({"a": {"b": given}}, "a", "b") == given


@pytest.mark.parametrize(
    ("read", "given"),
    [(read, one) for read, values in REFUSED for one in values]
    + [(read, one) for read, _ in TAKEN for one in [*ODD, False]],
)
def test_what_github_could_not_have_sent(read: Callable[..., Any], given: Any) -> None:
    """It is not there."""
    assert read({"a": given}, "a") is None


def test_a_number_of_a_pull_request_fits_graphql() -> None:
    """The caller's own bound counts."""
    assert number_at({"a": LARGEST_NUMBER}, "a", largest=LARGEST_NUMBER) == 2**31 - 1
    assert number_at({"a": LARGEST_NUMBER + 1}, "a", largest=LARGEST_NUMBER) is None


def test_a_long_title_is_cut() -> None:
    """A title is only shown: its beginning is better than nothing."""
    assert title_at({"a": "x" * 1_000_000}, "a") == "x" * LONGEST_TITLE
