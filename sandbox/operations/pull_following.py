"""How pull requests follow the branches they come from and go into."""

from __future__ import annotations

from collections.abc import Iterator

from ..payloads.pulls import pull_json
from ..state import Account, PullRequest, Repository
from ..world import World


def fire_pull(world: World, pull: PullRequest, sender: Account, action: str, **extra: object) -> None:
    """Fire a pull_request event."""
    body = {"number": pull.number, "pull_request": pull_json(world, pull, hook=True), **extra}
    world.dispatcher.fire("pull_request", action, pull.repository, sender, body)


def keep_head(pull: PullRequest) -> None:
    """Keep the head commit in the base repository, under refs/pull/N/head, so that it outlives its branch."""
    name = f"refs/pull/{pull.number}/head"
    git = pull.repository.git
    if pull.head_repository is None or pull.head_repository is pull.repository:
        git.set_reference(name, pull.head_sha)
    else:
        git.fetch_from(pull.head_repository.git, pull.head_sha, name)


def head_moved(world: World, repository: Repository, sender: Account, branch: str, oid: str) -> None:
    """A push to the head branch of open pull requests: `synchronize` for each."""
    for pull in _open_pulls(world):
        if pull.head_repository is repository and pull.head_ref == branch and pull.head_sha != oid:
            before, pull.head_sha = pull.head_sha, oid
            pull.base_sha = pull.repository.git.references.get(f"refs/heads/{pull.base_ref}", pull.base_sha)
            pull.updated_at = world.clock.now()
            keep_head(pull)
            fire_pull(world, pull, sender, "synchronize", before=before, after=oid)


def base_moved(world: World, repository: Repository, sender: Account, branch: str, oid: str) -> None:
    """A push to the base branch that contains a pull request's head merges that pull request."""
    for pull in _open_pulls(world):
        if (
            pull.repository is repository
            and pull.base_ref == branch
            and repository.git.contains(oid, pull.head_sha)
        ):
            mark_merged(world, pull, sender, oid)


def branch_deleted(world: World, repository: Repository, sender: Account, branch: str) -> None:
    """The head or base branch is gone: its open pull requests are closed."""
    for pull in _open_pulls(world):
        from_it = pull.head_repository is repository and pull.head_ref == branch
        into_it = pull.repository is repository and pull.base_ref == branch
        if from_it or into_it:
            close(world, pull, sender)


def close(world: World, pull: PullRequest, sender: Account) -> None:
    """Close a pull request without merging it."""
    pull.state = "closed"
    pull.closed_at = pull.updated_at = world.clock.now()
    fire_pull(world, pull, sender, "closed")


def mark_merged(world: World, pull: PullRequest, sender: Account, commit: str) -> None:
    """Record that a pull request was merged by this commit of its base branch."""
    now = world.clock.now()
    pull.state = "closed"
    pull.closed_at = pull.merged_at = pull.updated_at = now
    pull.merged_by = sender
    pull.merge_commit_sha = commit
    fire_pull(world, pull, sender, "closed")


def head_repository_deleted(world: World, repository: Repository) -> None:
    """A fork was deleted: its pull requests keep their head commit but lose the repository, and are closed."""
    for other in list(world.repositories.values()):
        for pull in other.pulls:
            if pull.head_repository is repository and other is not repository:
                pull.head_repository = None


def _open_pulls(world: World) -> Iterator[PullRequest]:
    for repository in list(world.repositories.values()):
        if not repository.deleted:
            yield from [pull for pull in repository.pulls if pull.state == "open"]
