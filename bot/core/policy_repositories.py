"""Which repositories a policy file is for, also when the rest of the file is wrong."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from bot.core.policy import MAXIMUM_POLICY_BYTES
from bot.core.policy_types import REPOSITORY
from bot.core.policy_yaml import read_yaml


def repository_matches(pattern: str, repository: str) -> bool:
    """Whether `owner/name` matches a pattern; `*` is any characters within the owner or the name.

    Case does not matter, as on GitHub.
    """
    return _compiled(pattern.casefold()).fullmatch(repository.casefold()) is not None


def repository_patterns(data: bytes) -> tuple[tuple[str, int], ...] | None:
    """The `repositories` of a policy file, each with its line; None when they cannot be told for certain."""
    if len(data) > MAXIMUM_POLICY_BYTES:
        return None
    document = read_yaml(data)
    if document.root is None or any(fault.key.startswith("repositories") for fault in document.faults):
        return None
    node = document.root.children.get("repositories")
    entries = list(node.children.values()) if node is not None and isinstance(node.value, list) else []
    if not entries or not all(_is_pattern(entry.value) for entry in entries):
        return None
    return tuple((entry.value, entry.line) for entry in entries)


def _is_pattern(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(REPOSITORY, value) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    return re2.compile("[^/]*".join(re.escape(part) for part in pattern.split("*")))
