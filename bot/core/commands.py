"""Comment text → commands, and who may give them. A command stands at the start of a line, as `/gate hold …`.

Quotes, code and HTML are not commands: the text is read by a Markdown parser, as GitHub shows it, so a command
that a reader sees inside a quote or a code block is not obeyed either.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKER = "/gate"
MAXIMUM_COMMANDS = 20
"""More lines than any person types; the rest of such a comment is not read."""


class Verb(StrEnum):
    """The commands of the merge gate, with their help."""

    HELP = "help"
    STATUS = "status"
    RECHECK = "recheck"
    HOLD = "hold"
    UNHOLD = "unhold"
    REASSIGN = "reassign"


USAGE = {
    Verb.HELP: ("", "this list", "anybody"),
    Verb.STATUS: ("", "what the gate says and who acts next", "anybody"),
    Verb.RECHECK: ("", "read everything again, and ask again whoever could not be asked", "anybody"),
    Verb.HOLD: ("<reason>", "close the gate until it is lifted", "whoever may write to the repository"),
    Verb.UNHOLD: ("", "lift the hold", "who placed it, or a release lead"),
    Verb.REASSIGN: (
        "@old @new",
        "let somebody else review in their place",
        "that reviewer, or a release lead",
    ),
}
"""Arguments, meaning, and who may, of each command."""


@dataclass(frozen=True, slots=True)
class ParsedCommand:
    """One command line. `verb` is None when no such command exists; `nearest` is then what was perhaps meant.

    `argument` is the rest of the line, untouched: hostile text until rendered inert.
    """

    verb: Verb | None
    word: str
    argument: str = ""
    nearest: Verb | None = None


def parse_commands(body: str) -> tuple[ParsedCommand, ...]:
    """All commands of a comment, in order; at most `MAXIMUM_COMMANDS`. Any text is fine."""
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    if MARKER not in text:
        return ()
    source = text.split("\n")
    lines = [line for token in _texts(text) for line in _command_lines(token, source)]
    return tuple(_parse(line) for line in lines[:MAXIMUM_COMMANDS])


def _texts(text: str) -> list[Token]:
    """The text of paragraphs and headings that stand in no quote; code and HTML are neither."""
    depth, found = 0, []
    for token in MarkdownIt("commonmark").parse(text):
        depth += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if token.type == "inline" and depth == 0:
            found.append(token)
    return found


def _command_lines(token: Token, source: list[str]) -> list[str]:
    """The lines of one text that start with the marker in the source and are in no code span or inline HTML.

    Each candidate is numbered with characters that a person cannot mean (Unicode's private use), the text is
    parsed again, and the candidates that come out as plain text are the commands.
    """
    first = token.map[0] if token.map else 0
    lines = [line.replace("\ue000", "") for line in token.content.split("\n")]
    numbered = [
        f"\ue000{index}\ue000{line}" if _is_command(line) and _is_command(source[first + index]) else line
        for index, line in enumerate(lines)
    ]
    inline = MarkdownIt("commonmark").parseInline("\n".join(numbered))[0]
    plain = "".join(child.content for child in inline.children or () if child.type == "text")
    return [line for index, line in enumerate(lines) if f"\ue000{index}\ue000" in plain]


def _is_command(line: str) -> bool:
    line = line.lstrip(" ")
    return line.rstrip() == MARKER or line.startswith((f"{MARKER} ", f"{MARKER}\t"))


def _parse(line: str) -> ParsedCommand:
    words = line.strip()[len(MARKER) :].split(maxsplit=1)
    word = words[0].lower() if words else Verb.HELP.value
    argument = words[1] if len(words) > 1 else ""
    if word in {verb.value for verb in Verb}:
        return ParsedCommand(Verb(word), word, argument.strip())
    near = difflib.get_close_matches(word[:40], [verb.value for verb in Verb], n=1)
    return ParsedCommand(None, word, argument.strip(), Verb(near[0]) if near else None)
