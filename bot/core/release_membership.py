"""Which open pull requests belong to a release: by a milestone titled like its tag, or by a label."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.policy_model import Policy
from bot.core.release_tags import is_release_tag

_TAG = "<tag>"


def belongs_because(milestone: str | None, labels: Iterable[str], tag: str | None, policy: Policy) -> str | None:
    """What makes a pull request part of the release `tag` (None: of any release), or None when nothing does.

    GitHub compares labels without case, and so are both compared here: rather one too many than one too few.
    """
    release = policy.release
    if milestone is not None and _names(release.milestone, milestone, tag, policy):
        return f"milestone {milestone}"
    found = next((label for label in labels if _names(release.label, label, tag, policy)), None)
    return None if found is None else f"label {found}"


def _names(pattern: str | None, text: str, tag: str | None, policy: Policy) -> bool:
    """Whether `text` is the pattern with the tag, or with any release tag, in its place."""
    if pattern is None:
        return False
    before, _, after = pattern.partition(_TAG)
    if tag is not None:
        return text.casefold() == f"{before}{tag}{after}".casefold()
    folded = text.casefold()
    if not (folded.startswith(before.casefold()) and folded.endswith(after.casefold())):
        return False
    named = text[len(before) : len(text) - len(after)]
    return len(text) > len(before) + len(after) and is_release_tag(named, policy)
