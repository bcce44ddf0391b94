"""A repository's activity: what became of its branches, by whom and when."""

from __future__ import annotations

from ..rules.judge import ZERO, fast_forward
from ..state import Account, Activity, Repository
from ..world import World


def record_activity(
    world: World, repository: Repository, sender: Account, name: str, before: str | None, after: str | None
) -> None:
    """Remember a change of a branch (None: it was or is not there); other references leave no activity."""
    if not name.startswith("refs/heads/"):
        return
    entry = Activity(
        id=world.next_id(),
        actor=sender,
        reference=name,
        before=before or ZERO,
        after=after or ZERO,
        moment=world.clock.now(),
        kind=_kind(repository, name, before, after),
    )
    repository.activities.append(entry)


def _kind(repository: Repository, name: str, before: str | None, after: str | None) -> str:
    """GitHub's word for it; a pull request is marked as merged before its base branch moves."""
    if before is None:
        return "branch_creation"
    if after is None:
        return "branch_deletion"
    branch = name.removeprefix("refs/heads/")
    if any(pull.merge_commit_sha == after and pull.base_ref == branch for pull in repository.pulls):
        return "pr_merge"
    return "push" if fast_forward(repository, before, after) else "force_push"
