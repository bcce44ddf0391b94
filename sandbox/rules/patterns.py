"""Which references a ruleset is for: fnmatch with FNM_PATHNAME, as GitHub's rulesets understand it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..state import Repository, Ruleset

PREFIX = {"branch": "refs/heads/", "tag": "refs/tags/"}


def matches(ruleset: Ruleset, repository: Repository, reference: str) -> bool:
    """Whether a ruleset is for this reference (a full name): included, not excluded, and of its target."""
    prefix = PREFIX.get(ruleset.target)
    if prefix is None or not reference.startswith(prefix):
        return False
    names: dict[str, Any] = ruleset.conditions.get("ref_name") or {}
    included, excluded = (
        any(_covers(pattern, repository, reference) for pattern in names.get(side) or ())
        for side in ("include", "exclude")
    )
    return included and not excluded


def _covers(pattern: str, repository: Repository, reference: str) -> bool:
    if pattern == "~ALL":
        return True
    if pattern == "~DEFAULT_BRANCH":
        return reference == f"refs/heads/{repository.default_branch}"
    return _compiled(pattern).fullmatch(reference) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    """`*`, `?` and `[…]` stop at slashes; `**/` is any number of folders; a backslash takes its next literally."""
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        bracket = re.compile(r"\[([!^]?)([^]/]+)\]").match(pattern, position)
        if pattern.startswith("**/", position) and (position == 0 or pattern[position - 1] == "/"):
            parts.append("(?:[^/]+/)*")
            position += 3
            continue
        if bracket is not None:
            inside = bracket[2].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            parts.append(f"(?!/)[{'^' if bracket[1] else ''}{inside}]")
            position = bracket.end()
            continue
        if character == "\\" and position + 1 < len(pattern):
            position += 1
            character = pattern[position]
            parts.append(re.escape(character))
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(character, re.escape(character)))
        position += 1
    try:
        return re.compile("".join(parts))
    except re.error:
        return re.compile(r"(?!)")
