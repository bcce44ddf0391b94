"""Comment text → commands, and who may give them. A command stands at the start of a line, as `/gate hold …`.

Quotes, code and HTML are not commands: the text is read by a Markdown parser, as GitHub shows it, so a command
that a reader sees inside a quote or a code block is not obeyed either.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.core.quoting_html import OpenQuotes, may_quote

MARKER = "/gate"
MAXIMUM_COMMANDS = 20
"""More lines than any person types; the rest of such a comment is not read."""

MAXIMUM_TEXT = 10_000
"""Characters of paragraphs with possible commands that are read: Markdown that is made to be slow stays quick."""

_FENCE = "\ue000"
_NUMBER = re.compile(f"{_FENCE}(\\d+){_FENCE}")
_BACKTICKS = re.compile("`+")
_HTML_ENDS = ("-->", "?>", "]]>", "'>", '">')


class Verb(StrEnum):
    """The commands: the merge gate's first, then those of the release gate."""

    HELP = "help"
    STATUS = "status"
    RECHECK = "recheck"
    HOLD = "hold"
    UNHOLD = "unhold"
    REASSIGN = "reassign"
    OVERRIDE = "override"
    RELEASE = "release"
    CANCEL = "cancel"
    APPROVE = "approve"
    REVOKE = "revoke"


RELEASE_VERBS = frozenset({Verb.RELEASE, Verb.CANCEL, Verb.APPROVE, Verb.REVOKE})
"""Handled by the release desk, on pull requests and plain issues alike."""

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
    Verb.OVERRIDE: (
        "<check> <reason>",
        "let a required check pass on this commit for a while, once a second person gives the same command",
        "release leads, and the owners of the check's track; never the author",
    ),
    Verb.RELEASE: (
        "[<tag> [at <sha>] [--dry-run]]",
        "tag the release branch, or one commit of it, as soon as the release gate is open; "
        "without a tag or with `--dry-run` only report",
        "a release lead",
    ),
    Verb.CANCEL: ("<tag>", "give up a release that is not tagged yet", "a release lead"),
    Verb.APPROVE: (
        "[<statement> …]",
        "sign off statements of the release at the head of its branch; none named: all",
        "the people whom the policy names for the statement",
    ),
    Verb.REVOKE: (
        "[<statement> …]",
        "take your own sign-offs back; none named: all",
        "whoever gave it",
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
    """All commands of a comment, in order; at most `MAXIMUM_COMMANDS`. Any text is fine.

    Of paragraphs with possible commands the first `MAXIMUM_TEXT` characters are read; a command that begins in
    these is whole, however long its line is.
    """
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    if MARKER not in text:
        return ()
    return tuple(_parse(line) for line in _Reading(text).command_lines()[:MAXIMUM_COMMANDS])


class _Reading:
    """One comment, read from its beginning."""

    def __init__(self, text: str) -> None:
        # Only paragraphs with a possible command in them are read further than their outline.
        self._parser = MarkdownIt("commonmark").disable(["inline", "text_join"])
        self._definitions: dict[str, Any] = {}
        self._source = text.split("\n")
        self._tokens = self._parser.parse(text, self._definitions)
        self._quotes = OpenQuotes()
        self._unread = self._unread_html = MAXIMUM_TEXT

    def command_lines(self) -> list[str]:
        """The lines of paragraphs and headings that are commands: in no quote, no code and no HTML."""
        depth = 0
        found: list[str] = []
        for token in self._tokens:
            depth += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
            if token.type == "html_block":
                self._quotes.read(token.content)
            elif token.type == "inline" and depth == 0 and MARKER in token.content:
                found += self._lines_of(token)
                if self._unread <= 0:
                    break
            elif token.type == "inline" and may_quote(token.content):
                self._follow(token.content)
        return found

    def _lines_of(self, token: Token) -> list[str]:
        """The lines of one text that start with the marker in the source and are in no code span or HTML.

        Each candidate is numbered between two characters that stand in no line (Unicode's private use), the text
        is parsed again, and the candidates whose number comes out in plain text are the commands.
        """
        first = token.map[0] if token.map else 0
        content = token.content.replace(_FENCE, "")
        lines = content.split("\n")
        candidates = {
            index
            for index, line in enumerate(lines)
            if _is_command(line) and _is_command(self._source[first + index])
        }
        read = content[: self._unread].split("\n")
        numbered = "\n".join(
            f"{_FENCE}{index}{_FENCE}{line}" if index in candidates else line for index, line in enumerate(read)
        )
        plain = self._plain_texts(numbered + _closing(content[: self._unread], content[self._unread :]))
        self._unread -= len(content)
        found = {int(number) for text in plain for number in _NUMBER.findall(text)}
        return [lines[index] for index in sorted(found)]

    def _follow(self, content: str) -> None:
        """Read a paragraph without commands for the quoting HTML that it opens or closes, while there is time."""
        self._unread_html -= len(content)
        if self._unread_html >= 0:
            self._plain_texts(content)

    def _plain_texts(self, content: str) -> list[str]:
        """The pieces of a paragraph that are neither code nor HTML and stand in no HTML that quotes."""
        children: list[Token] = []
        self._parser.inline.parse(content, self._parser, self._definitions, children)
        before, plain = self._quotes.paragraph(), []
        for child in children:
            if child.type == "html_inline":
                self._quotes.read(child.content)
            elif child.type == "text" and not self._quotes:
                plain.append(child.content)
        self._quotes.end_paragraph(before)
        return plain


def _closing(read: str, unread: str) -> str:
    """What of the unread rest of a paragraph may close code or HTML that began in what is read of it."""
    opened = set(_BACKTICKS.findall(read))
    runs = [run for run in dict.fromkeys(_BACKTICKS.findall(unread)) if run in opened]
    ends = [end for end in _HTML_ENDS if end[0] in unread and end[1:] in unread]
    return "".join(f"\n{end}" for end in [*runs, *ends])


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
