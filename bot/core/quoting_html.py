"""HTML in a comment, piece by piece: is a quoting element open, or a comment that hides what follows?

Read as a browser reads it (WHATWG HTML, "Tokenization"), since that is what people see: a tag inside a comment or
an attribute is none, and only an element's own end tag ends it.
"""

from __future__ import annotations

import re
from collections import Counter

_QUOTING = frozenset(("blockquote", "code", "kbd", "listing", "pre", "q", "samp", "tt", "xmp"))
"""What is in these elements is somebody else's word, or code."""

_END_WITH_THE_PARAGRAPH = ("kbd", "q", "samp")
"""Forgotten in a paragraph, they end with it; a browser takes the others on into the next (formatting, blocks)."""

_QUOTING_TAG = re.compile(rf"(?i)</?(?:{'|'.join(sorted(_QUOTING))})\b")
_COMMENT_END = re.compile(r"--!?>")
# Possessive throughout, so that no text takes more than linear time. What is not closed ends with its piece.
_MARKUP = re.compile(
    r"""(?isx)
    <!--(?: -?> | .*?--!?> | (?P<unclosed>) )
    | <(?: [!?] | /(?![a-z]) ) [^>]*+ >?
    | <(?P<slash>/?) (?P<name>[a-z][^\s/>]*+) (?: =\s*+(?: "[^"]*+"? | '[^']*+'? ) | [^>] )*+ >?
    """
)


def may_quote(markdown: str) -> bool:
    """Whether a text may hold the tag of a quoting element, so that it is worth to be read."""
    return _QUOTING_TAG.search(markdown) is not None


class OpenQuotes:
    """What the HTML read so far has left open."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._in_comment = False

    def __bool__(self) -> bool:
        """Whether text that stands here is quoted, code or hidden."""
        return self._in_comment or any(self._open.values())

    def read(self, html: str) -> None:
        """Go on by a piece of HTML; what lies between two pieces is text."""
        at = 0
        if self._in_comment:
            end = _COMMENT_END.search(html)
            if end is None:
                return
            at, self._in_comment = end.end(), False
        for found in _MARKUP.finditer(html, at):
            if found["unclosed"] is not None:
                self._in_comment = True
                return
            if found["name"] is not None and (name := found["name"].lower()) in _QUOTING:
                self._open[name] = self._open[name] + 1 if not found["slash"] else max(0, self._open[name] - 1)

    def paragraph(self) -> Counter[str]:
        """What is open where a paragraph begins, for `end_paragraph`."""
        return Counter(self._open)

    def end_paragraph(self, before: Counter[str]) -> None:
        """The paragraph ends, and with it the elements that cannot outlive it."""
        for name in _END_WITH_THE_PARAGRAPH:
            self._open[name] = min(self._open[name], before[name])
