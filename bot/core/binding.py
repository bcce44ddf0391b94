"""Bound: what was made for one commit holds for the target. One rule, for evidence and sign-offs alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.core.policy_model import Policy
from bot.core.release_model import Binding, Comparison, ReleaseFacts
from bot.core.tracks import PatternSet, pattern_set

SHOWN_PATHS = 3
"""Paths that a reason names; the rest is counted."""


def binding_of(facts: ReleaseFacts, policy: Policy) -> Callable[[str], Binding]:
    """The rule for one target: a commit's SHA in, whether what was made for it is bound to the target out."""
    carried = pattern_set(tuple((glob, False) for glob in policy.release.carry_over))
    return lambda commit_sha: bind(commit_sha, facts.target_sha, facts.comparisons, carried)


def bind(commit_sha: str, target_sha: str, comparisons: Mapping[str, Comparison], carried: PatternSet) -> Binding:
    """Made for `commit_sha`: it is the target, or an ancestor of it with nothing changed since outside `carried`.

    Contents are compared, not commits: a change that was exactly reverted voids nothing.
    """
    short, target = commit_sha[:7], target_sha[:7]
    if commit_sha == target_sha:
        return Binding(True, f"made for {target} itself")
    comparison = comparisons.get(commit_sha)
    if comparison is None:
        return Binding(False, f"made for {short}, which could not be compared with {target}")
    if not comparison.is_ancestor:
        return Binding(False, f"made for {short}, which is not in the history of {target}")
    changed = sorted({path for path in comparison.changed_paths if not carried.matching(path)})
    if changed:
        return Binding(False, f"made for {short}; changed since: {_named(changed)}")
    if not comparison.is_complete:
        return Binding(False, f"made for {short}; too much changed since to be compared")
    return Binding(True, f"made for {short}; nothing that counts changed since")


def _named(paths: list[str]) -> str:
    rest = len(paths) - SHOWN_PATHS
    return ", ".join(paths[:SHOWN_PATHS]) + (f" and {rest} more" if rest > 0 else "")
