"""Hostile text made inert for Markdown: it mentions nobody, links nowhere, marks nothing up, breaks no line."""

from __future__ import annotations

import re
import unicodedata

ZERO_WIDTH = "\u2060"
"""A word joiner: invisible, and enough to keep `@name`, `#12` and `www.` from becoming what they look like."""

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$^=-])")
# Of an emoji also the name with which the text ends: a colon may follow in what it becomes a part of.
_LIVE = re.compile(r"(?i)(@|#|:(?=//|(?!\d+(?::|$))[a-z0-9_+-]+(?::|$))|www(?=\.)|gh(?=-))")
_LIST_ITEM = re.compile(r"^(\d+)\.")
_LONGEST_FENCE = 20
"""Backticks around code; GitHub takes more than 80 in a row for plain text, and what they enclose as well."""


def visible(text: str) -> str:
    """Without control and direction-changing characters, which could make text look like another."""
    if text.isprintable():  # then it has none of them, as nearly always
        return text
    return "".join(
        character if unicodedata.category(character) not in ("Cc", "Cf", "Cs") else " " for character in text
    )


def inert(text: str, limit: int = 300) -> str:
    """Text from GitHub, safe to stand inside a line of Markdown. At most `limit` characters of it are shown."""
    line = " ".join(visible(text).split())
    if len(line) > limit:
        line = line[: limit - 1] + "…"
    alive = _LIVE.sub(lambda found: found.group(0) + ZERO_WIDTH, line)
    return _LIST_ITEM.sub(r"\1\\.", _MARKUP.sub(r"\\\1", alive))


def code(text: str, limit: int = 300) -> str:
    """Text from GitHub as a Markdown code span (GitHub turns nothing in code into a mention or link)."""
    line = " ".join(visible(text).split()) or " "
    if len(line) > limit:
        line = line[: limit - 1] + "…"
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    if longest >= _LONGEST_FENCE:
        return inert(text, limit)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def ticked(text: str, limit: int = 300) -> str:
    """The same for words of our own that may hold hostile text: what stands `between backticks` becomes code.

    It can stand in a table: a bare `|` would end its cell even in code.
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return inert(text, limit)
    shown = [
        code(part, limit).replace("|", "\\|") if place % 2 else _between(part, limit)
        for place, part in enumerate(parts)
        if part
    ]
    return "".join(shown)


def _between(text: str, limit: int) -> str:
    """Inert, with the blanks at its ends, which part it from its neighbours."""
    before = " " if text[0].isspace() else ""
    after = " " if text[-1].isspace() and text.strip() else ""
    return f"{before}{inert(text, limit)}{after}"
