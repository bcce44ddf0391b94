"""Release tags: which names Git accepts at all, and which of them a policy calls release tags."""

from __future__ import annotations

import re

from bot.core.policy_model import Policy
from bot.core.scope import matches_reference

MAXIMUM_TAG = 200
"""Bytes in UTF-8: as a file name, with `.lock` behind it, Git has room for 250; policies' patterns have 200."""

# What `git check-ref-format` refuses anywhere in a name, apart from characters that are not to be seen.
_REFUSED = re.compile(r"[ ~^:?*\[\\]|\.\.|//|@\{")


def is_release_tag(tag: str, policy: Policy) -> bool:
    """Whether the policy's `release.tags` name this tag. Case counts, and `*` stops at a `/`."""
    return any(matches_reference(tag, pattern) for pattern in policy.release.tags)


def tag_fault(tag: str) -> str | None:
    """Why this cannot be a tag's name (the rules of `git check-ref-format` and `git tag`); None when it can.

    The reason completes the sentence "a tag's name …" and repeats nothing of the name.
    """
    if not tag or len(tag.encode("utf-8", "surrogatepass")) > MAXIMUM_TAG:
        return f"has 1 to {MAXIMUM_TAG} bytes"
    if not tag.isprintable():
        return "has visible characters only"
    if _REFUSED.search(tag) or tag.startswith(("/", "-")) or tag.endswith(("/", ".")):
        return "has none of `~^:?*[\\`, no blank, no `..`, `//` or `@{`, no `-` or `/` first, no `/` or `.` last"
    if any(part.startswith(".") or part.endswith(".lock") for part in tag.split("/")):
        return "has no part that starts with `.` or ends with `.lock`"
    if tag.startswith("refs/"):
        return "is written without `refs/tags/`"
    if tag == "HEAD":
        return "is not `HEAD`"
    return None
