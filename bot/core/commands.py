"""Comment text → commands, and who may give them. A command stands at the start of a line, as `/gate hold …`.

Quotes, code and HTML are not commands: the text is read by a Markdown parser, as GitHub shows it, so a command
that a reader sees inside a quote or a code block is not obeyed either.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKER = "/gate"
MAXIMUM_COMMANDS = 20
"""More lines than any person types; the rest of such a comment is not read."""

MAXIMUM_TEXT = 10_000
"""Characters of paragraphs with possible commands that are read: Markdown that is made to be slow stays quick."""

_FENCE = "\ue000"
_NUMBER = re.compile(f"{_FENCE}(\\d+){_FENCE}")
_QUOTING_HTML = re.compile(r"(?i)<(/?)(?:blockquote|code|pre)\b")


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
    # Only texts with a possible command in them are read further than their outline.
    parser = MarkdownIt("commonmark").disable(["inline", "text_join"])
    definitions: dict[str, Any] = {}
    source = text.split("\n")
    lines: list[str] = []
    characters = 0
    for token in _texts(parser.parse(text, definitions)):
        characters += len(token.content) if MARKER in token.content else 0
        if characters > MAXIMUM_TEXT:
            break
        lines += _command_lines(token, source, parser, definitions)
    return tuple(_parse(line) for line in lines[:MAXIMUM_COMMANDS])


def _texts(tokens: Iterable[Token]) -> Iterator[Token]:
    """The text of paragraphs and headings that stand in no quote; code and HTML are neither."""
    depth = html_depth = 0
    for token in tokens:
        depth += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if token.type == "html_block":
            html_depth = _depth_after(html_depth, token.content)
        if token.type == "inline" and depth == html_depth == 0:
            yield token


def _command_lines(token: Token, source: list[str], parser: MarkdownIt, definitions: dict[str, Any]) -> list[str]:
    """The lines of one text that start with the marker in the source and are in no code span or inline HTML.

    Each candidate is numbered between two characters that stand in no line (Unicode's private use), the text is
    parsed again, and the candidates whose number comes out in plain text are the commands.
    """
    first = token.map[0] if token.map else 0
    lines = [line.replace(_FENCE, "") for line in token.content.split("\n")]
    candidates = {
        index for index, line in enumerate(lines) if _is_command(line) and _is_command(source[first + index])
    }
    if not candidates:
        return []
    numbered = (
        f"{_FENCE}{index}{_FENCE}{line}" if index in candidates else line for index, line in enumerate(lines)
    )
    children: list[Token] = []
    parser.inline.parse("\n".join(numbered), parser, definitions, children)
    depth, plain = 0, []
    for child in children:
        if child.type == "html_inline":
            depth = _depth_after(depth, child.content)
        elif child.type == "text" and depth == 0:
            plain.append(child.content)
    found = {int(number) for content in plain for number in _NUMBER.findall(content)}
    return [lines[index] for index in sorted(found)]


def _depth_after(depth: int, html: str) -> int:
    """How many quoting HTML elements are open after this HTML."""
    for closing in _QUOTING_HTML.findall(html):
        depth = max(0, depth - 1) if closing else depth + 1
    return depth


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
