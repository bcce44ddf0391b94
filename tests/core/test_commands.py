"""Comment text → commands: what is one, what only looks like one, and how the rest of the line is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.commands import MAXIMUM_COMMANDS, ParsedCommand, Verb, parse_commands

HOLD = ParsedCommand(Verb.HOLD, "hold", "now")

NO_COMMANDS = {
    "no command at all": "looks good to me",
    "command within a line": "please do not say /gate hold now here",
    "command in a quote": "> /gate hold now",
    "command in a quote in a quote": "> > /gate hold now",
    "command in a quote's lazy second line": "> somebody said\n/gate hold now",
    "command in a quote in a list": "- x\n  > /gate hold now",
    "command in a code block": "```\n/gate hold now\n```",
    "command in a code block that is not closed": "~~~\n/gate hold now",
    "command in an indented code block": "text\n\n    /gate hold now",
    "command in a code span": "`/gate hold now`",
    "command in a code span over lines": "say `so\n/gate hold now\nor` so",
    "command in an HTML comment": "<!--\n/gate hold now\n-->",
    "command in an HTML comment within a paragraph": "text <!--\n/gate hold now\n-->",
    "command in an HTML block": "<div>\n/gate hold now\n</div>",
    "command in an HTML quote": "<blockquote>\n\n/gate hold now\n\n</blockquote>",
    "command in a preformatted block": "<pre>\n\n/gate hold now\n</pre>",
    "command in HTML code": "text <code>\n/gate hold now\n</code>",
    "command in a link's title": '[a](b "t\n/gate hold now\n")',
    "command in a link definition": '[a]: b "t\n/gate hold now\n"',
    "command in an image's text": "![\n/gate hold now\n](b)",
    "command in an image's text with a definition": "![a\n/gate hold now\n][r]\n\n[r]: b",
    "command in a list item": "- /gate hold now",
    "command in a heading": "# /gate hold now",
    "command in bold": "**/gate hold now**",
    "escaped command": "\\/gate hold now",
    "command of another program": "/gateway hold now",
    "another case": "/Gate hold now",
    "characters that number commands, in code": "&#xE000;1&#xE000; `\n/gate hold now\n`",
}

COMMANDS = {
    "alone": "/gate hold now",
    "after text": "let us wait\n/gate hold now",
    "after a quote": "> let us wait\n\n/gate hold now",
    "after a code block": "```\nx\n```\n/gate hold now",
    "after HTML that was closed": "<blockquote>\n\nx\n\n</blockquote>\n\n/gate hold now",
    "after inline code that was closed": "<code>x</code>\n/gate hold now",
    "after HTML that was only closed": "</code>\n\n/gate hold now",
    "before a quote": "/gate hold now\n> x",
    "indented by a few spaces": "   /gate hold now",
    "with Windows line ends": "x\r\n/gate hold now\r\n",
    "with old Macintosh line ends": "x\r/gate hold now\r",
    "with a tab": "/gate\thold\tnow",
    "with blanks around": "/gate   hold    now   ",
    "in capitals": "/gate HOLD now",
    "in a list item's second line": "- x\n  /gate hold now",
    "with the numbering's own character": "/gate \ue000hold now",
    "in a heading by underline": "/gate hold now\n===",
}


@pytest.mark.parametrize("body", NO_COMMANDS.values(), ids=NO_COMMANDS)
def test_no_command(body: str) -> None:
    """What a reader does not see as a command at the start of a line is none."""
    assert parse_commands(body) == ()


@pytest.mark.parametrize("body", COMMANDS.values(), ids=COMMANDS)
def test_command(body: str) -> None:
    """A command at the start of a line, outside quotes and code, is one."""
    assert parse_commands(body) == (HOLD,)


def test_several_lines_are_several_commands() -> None:
    """In their order, whatever stands between them."""
    body = "/gate hold a `b` **c**\ntext\n/gate status\n\n- x\n\n/gate unhold"
    found = [(command.verb, command.argument) for command in parse_commands(body)]
    assert found == [(Verb.HOLD, "a `b` **c**"), (Verb.STATUS, ""), (Verb.UNHOLD, "")]


def test_gate_alone_asks_for_help() -> None:
    """Who types only the marker wants to know what it can do."""
    assert parse_commands("/gate") == (ParsedCommand(Verb.HELP, "help"),)


def test_comment_that_mentions_a_team() -> None:
    """The argument is kept as it is; whoever shows it makes it inert."""
    (command,) = parse_commands("/gate hold ask @meta/owners & <b>all</b>")
    assert command.argument == "ask @meta/owners & <b>all</b>"


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("stauts", Verb.STATUS),
        ("recheck!", Verb.RECHECK),
        ("aprove", Verb.APPROVE),
        ("deploy", None),
        ("x" * 5000, None),
    ],
)
def test_an_unknown_command_gets_the_nearest_known_one(word: str, nearest: Verb | None) -> None:
    """A typing error is answered with what was perhaps meant."""
    assert parse_commands(f"/gate {word} x") == (ParsedCommand(None, word, "x", nearest),)


def test_no_more_commands_than_a_person_types() -> None:
    """The rest of a comment of hundreds of commands is not read."""
    assert len(parse_commands("/gate status\n" * 500)) == MAXIMUM_COMMANDS
    assert len(parse_commands("/gate status\n\n" * 1000)) == MAXIMUM_COMMANDS


MARKDOWN = st.lists(
    st.one_of(
        st.sampled_from(
            ["/gate", "/gate hold x", "\n", "\n\n", "> ", "- ", "1. ", "`", "```\n", "~~~\n", "    ", "\t", "<!--",
             "-->", "<pre>", "</code>", "<q>", "</", "<b", "[", "](", ")", "![", "]: ",
             "&#xE000;", "\ue000", "\u00a0", "\u2028",
             "\r", "\x00", "\ud800", "\\", "# ", "===\n", "*", "_", '"', "x"]
        ),
        st.text(max_size=4),
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(MARKDOWN)
def test_any_text_is_read(body: str) -> None:
    """Whatever a comment holds: no error, and each command found stands at the start of one of its lines."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    candidates = [line for line in lines if line.lstrip(" ").startswith("/gate")]
    assert len(parse_commands(body)) <= len(candidates)
