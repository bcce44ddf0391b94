"""The longest comments: what of them is read, and in what time."""

from __future__ import annotations

import time

import pytest

from bot.core.commands import MAXIMUM_TEXT, ParsedCommand, Verb, parse_commands
from bot.payload import LONGEST_COMMENT

HOLD = ParsedCommand(Verb.HOLD, "hold", "now")
LONG = "x " * MAXIMUM_TEXT


@pytest.mark.parametrize(
    "body",
    [
        f"/gate hold now\n{LONG}",
        f"x\n/gate hold now\n{LONG}\n/gate status",
        f"/gate hold now\n\n{LONG}\n/gate status",
        f"{LONG}\n\n/gate hold now",
        f"<b>x</b> <code>x</code> {LONG}\n\n/gate hold now",
        "<code>x</code> text\n\n" * 1000 + "/gate hold now",
    ],
    ids=["first line", "second line", "paragraph before", "paragraph after", "after long HTML", "after much HTML"],
)
def test_command_beside_ten_thousand_characters(body: str) -> None:
    """A long paragraph hides no command that begins in its first ten thousand characters, nor one outside it."""
    assert parse_commands(body) == (HOLD,)


def test_command_of_a_line_that_is_too_long() -> None:
    """The whole line is the command, so that no argument means another than its reader sees."""
    (command,) = parse_commands(f"/gate hold {LONG}")
    assert (command.verb, command.argument) == (Verb.HOLD, LONG.strip())


def test_command_far_inside_a_long_paragraph() -> None:
    """Beyond ten thousand characters of paragraphs with commands nothing is looked for."""
    assert parse_commands(f"{LONG}\n/gate hold now\n\n/gate hold now") == ()
    assert parse_commands(f"/gate hold now\n{LONG}\n\n/gate status") == (HOLD,)


@pytest.mark.parametrize(
    ("opening", "end"), [("`", "`"), ("x ``", "``"), ("x <!--", "-->"), ("x <a b='", "'>"), ('x <a b="', '" c>')]
)
def test_command_in_code_that_ends_far_away(opening: str, end: str) -> None:
    """Code, a comment or a tag that ends only after what is read holds the command all the same."""
    assert parse_commands(f"{opening}\n/gate hold now\n{LONG}\n{end}") == ()
    assert parse_commands(f"{opening}\n/gate hold now\n{LONG}\n") == (HOLD,)


PIECES = (
    "[", "![", "a\n\n", "**x* ", "[a](b", "<a ", "`a", "> ", "- ", "  - a\n", "/gate x\n", "/gate x\n\n",
    "[a]: b\n", "<!--", "<?", "<b a='", "<a b=", "= ", "a``b```", "_a__", "&a", "<code>\n\n", "a<code>\n\n",
    "<div><!--\n\n", "<div><!-- -->", "<div\n", "</", "a <q>",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_the_largest_comment_is_read_in_bounded_time(piece: str) -> None:
    """GitHub's longest comment, made to be slow for a parser, takes a second or two of a processor, no more.

    (The limit leaves room for a slow machine and for coverage; without, the worst takes well under a second.)
    """
    for beginning in ("/gate help\n", "/gate help ", "/gate help\n\n<div>"):
        started = time.process_time()
        parse_commands((beginning + piece * LONGEST_COMMENT)[:LONGEST_COMMENT])
        assert time.process_time() - started < 5
