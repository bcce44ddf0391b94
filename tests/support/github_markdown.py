"""What GitHub would make of Markdown: CommonMark with tables, and the words it turns into links afterwards.

GitHub's own renderer is not at hand, so its autolinks are emulated as broadly as its rules allow (cmark-gfm's
autolink extension, and "Autolinked references and URLs" of its documentation): rather one link too many than one
too few.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

# What may follow `://` in cmark-gfm: anything but blanks and punctuation, invisible characters included.
_LIVE = {
    "url": re.compile(r"(?i)(?:https?|ftp)://[^\s!-/:-@\[-`{-~]"),
    "www": re.compile(r"(?i)www\.[^\s]"),
    "mention or address": re.compile(r"@[A-Za-z0-9]"),
    "issue": re.compile(r"(?i)(?:#|gh-)\d"),
    "emoji image": re.compile(r":(?!\d+:)[A-Za-z0-9_+-]+:"),
}
_HARMLESS = frozenset({"inline", "text", "code_inline", "softbreak", "paragraph_open", "paragraph_close"})


@dataclass
class Shown:
    """What a reader sees: the kinds of markup, what has become alive, and the text (code marked as such)."""

    markup: list[str] = field(default_factory=list)
    alive: list[str] = field(default_factory=list)
    text: str = ""
    code: list[str] = field(default_factory=list)


def shown(markdown: str) -> Shown:
    """What GitHub would show."""
    found = Shown()
    _walk(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown), found)
    found.alive += [kind for kind, pattern in _LIVE.items() if pattern.search(found.text)]
    return found


def table_cells(markdown: str) -> list[list[str]]:
    """The contents of a table's rows, heading first; a row is as long as GitHub makes it."""
    rows: list[list[str]] = []
    in_row = False
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type in ("tr_open", "tr_close"):
            in_row = token.type == "tr_open"
            rows += [[]] if in_row else []
        elif token.type == "inline" and in_row:
            rows[-1].append("".join(child.content for child in token.children or ()))
    return rows


def _walk(tokens: list[Token], found: Shown) -> None:
    for token in tokens:
        if token.type not in _HARMLESS:
            found.markup.append(token.type)
        if token.type == "inline" and found.text:
            found.text += "\n"  # another block: nothing becomes alive across its beginning
        if token.type == "text":
            found.text += token.content
        elif token.type == "code_inline":
            found.code.append(token.content)
            found.text += " "
        _walk(token.children or [], found)
