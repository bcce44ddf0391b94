"""What git says about a pull request: its files, its commits, whether it can be merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .git.diff import ChangedFile
from .state import PullRequest, Repository

if TYPE_CHECKING:
    from .world import World


def base_sha(pull: PullRequest) -> str:
    """The commit that the pull request would be merged into: the base branch's head, frozen once merged."""
    if pull.merged:
        return pull.base_sha
    return pull.repository.git.references.get(f"refs/heads/{pull.base_ref}", pull.base_sha)


def shown_base_sha(world: World, pull: PullRequest) -> str:
    """The base SHA that the API reports."""
    return base_sha(pull) if world.behaviour.base_sha_follows_base_branch else pull.base_sha


def merge_base(pull: PullRequest) -> str:
    """Where the head left the base branch; the base itself if the histories share nothing."""
    base = base_sha(pull)
    return pull.repository.git.merge_base(base, pull.head_sha) or base


def files(pull: PullRequest) -> tuple[ChangedFile, ...]:
    """All changed files, however many."""
    return pull.repository.git.changes(merge_base(pull), pull.head_sha)


def commits(pull: PullRequest) -> tuple[str, ...]:
    """The pull request's commits, oldest first."""
    return pull.repository.git.commits_between(base_sha(pull), pull.head_sha)


def holds(pull: PullRequest, oid: str) -> bool:
    """Whether a commit belongs to a pull request, or came of merging it."""
    return oid in (pull.head_sha, pull.merge_commit_sha, *pull.landed) or oid in commits(pull)


def associated_pulls(repository: Repository, oid: str) -> list[PullRequest]:
    """The merged pull requests that brought a commit; open ones too while the default branch lacks it.

    `Commit.associatedPullRequests` and `GET /commits/{commit_sha}/pulls` are described in the same words.
    """
    default = repository.git.references.get(f"refs/heads/{repository.default_branch}")
    there = default is not None and repository.git.contains(default, oid)
    possible = [pull for pull in repository.pulls if pull.merged or (pull.state == "open" and not there)]
    return [pull for pull in possible if holds(pull, oid)]


def mergeable(world: World, pull: PullRequest) -> bool | None:
    """Whether head merges into base without conflict; None while GitHub would still be computing."""
    if pull.state != "open":
        return None
    key = (base_sha(pull), pull.head_sha)
    if not world.behaviour.mergeable_known_at_once and key not in pull.mergeability_read:
        pull.mergeability_read.add(key)
        return None
    return pull.repository.git.merged_tree(*key) is not None


def pulls_of_commit(world: World, repository_id: int, sha: str) -> list[PullRequest]:
    """Open pull requests of a repository whose head branch lies in it and points at this commit."""
    repository = world.repositories[repository_id]
    return [
        pull
        for pull in repository.pulls
        if pull.state == "open" and pull.head_sha == sha and not pull.cross_repository
    ]
