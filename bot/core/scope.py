"""Which pull requests a policy gates at all, by their base branch."""

from __future__ import annotations

from fnmatch import fnmatchcase

from bot.core.policy_model import Policy


def is_gated(base_branch: str, default_branch: str, policy: Policy) -> bool:
    """Whether pull requests into this branch are judged: `base_branches`, or the default branch if it is empty.

    Patterns are matched name by name, so that `release/*` does not reach `release/a/b` (as in GitHub's rulesets).
    """
    patterns = policy.base_branches or (default_branch,)
    return any(matches_reference(base_branch, pattern) for pattern in patterns)


def matches_reference(name: str, pattern: str) -> bool:
    """Whether a branch or tag matches one pattern of a policy. Case counts, and `*` stops at a `/`."""
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))
