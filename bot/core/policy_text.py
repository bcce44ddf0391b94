"""How a policy's own words are quoted in its errors: short, on one line, nothing invisible."""

from __future__ import annotations

from collections.abc import Callable, Collection
from difflib import get_close_matches

MAXIMUM_SHOWN = 60

KeyPath = tuple[str | int, ...]


def shown(text: str) -> str:
    """The text as an error may show it: at most 60 characters, what cannot be printed is escaped."""
    short = text if len(text) <= MAXIMUM_SHOWN else text[: MAXIMUM_SHOWN - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)


def key_text(path: KeyPath) -> str:
    """A path as people write it: `("tracks", "qa", "owners", 1)` → `tracks.qa.owners[1]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in path)
    return text.lstrip(".") or "document"


def nearest(word: str, known: Collection[str], written: Callable[[str], str] = str) -> str:
    """`; did you mean …?` when a known word is near, else what is known, as far as a line holds it.

    `written` is how a known word is written where one is asked for.
    """
    if close := get_close_matches(word[:MAXIMUM_SHOWN].casefold(), known, n=1):
        return f"; did you mean `{shown(written(close[0]))}`?"
    words = ", ".join(f"`{shown(written(name))}`" for name in list(known)[:15])
    more = ", …" if len(known) > 15 else ""
    return f": {words}{more}" if words else ""
