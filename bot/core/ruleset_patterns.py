"""Which tags a ruleset is for: the patterns of its `ref_name` condition, as GitHub matches them.

GitHub documents Ruby's `File.fnmatch` with FNM_PATHNAME: `*` stops at a `/`, and only `**/` reaches across.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from bot.core.release_tags import tag_fault
from bot.core.scope import matches_reference

TAGS = "refs/tags/"
ALL = "~ALL"
_SPECIAL = re.compile(r"[*?\[{\\]")
_SET = re.compile(r"\[!?(.)[^\]]*\]")
_FILLINGS = ("", "0", "1.2.3", "10.0.0-rc.1", "final", "_x")
"""What `*` may stand for. Which pattern contains which can't be told in general; these are what tags look like."""


def names_like(pattern: str) -> tuple[str, ...]:
    """Tag names that a policy's pattern calls release tags, one for each filling; itself if none is."""
    plain = (_SET.sub(one, pattern).replace("?", "0") for one in (r"\1", "a", "0"))
    names = dict.fromkeys(text.replace("*", filling) for text in plain for filling in _FILLINGS)
    fitting = (name for name in names if tag_fault(name) is None and matches_reference(name, pattern))
    return tuple(fitting) or (pattern,)


def matches_any(tag: str, patterns: Iterable[str]) -> bool:
    """Whether one of a ruleset's patterns matches this tag."""
    return any(pattern == ALL or _matches((TAGS + tag).split("/"), pattern.split("/")) for pattern in patterns)


def may_exclude(excluded: str, pattern: str) -> bool:
    """Whether an excluded pattern may match a tag that a policy's pattern calls a release tag.

    It cannot where both begin with other letters; whether it does otherwise can't be told in general, so it may.
    """
    first, second = _literal(excluded), _literal(TAGS + pattern)
    return excluded == ALL or first.startswith(second) or second.startswith(first)


def _literal(pattern: str) -> str:
    """What a pattern's matches begin with: all that stands before its first special character."""
    return _SPECIAL.split(pattern, maxsplit=1)[0]


def _matches(names: Sequence[str], patterns: Sequence[str]) -> bool:
    """Name by name; `**` before a `/` stands for any number of names. No more steps than names times patterns."""
    reached = {0}
    for place, written in enumerate(patterns):
        pattern = written.replace("[^", "[!")  # Ruby knows both
        if pattern == "**" and place < len(patterns) - 1:
            reached = set(range(min(reached), len(names)))
        else:
            reached = {at + 1 for at in reached if at < len(names) and fnmatchcase(names[at], pattern)}
        if not reached:
            return False
    return len(names) in reached
