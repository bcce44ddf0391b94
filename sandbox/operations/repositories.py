"""Repositories: forked, renamed, deleted; and the Apps installed on them."""

from __future__ import annotations

from pathlib import Path

from ..errors import Refusal
from ..git.repository import GitRepository
from ..payloads.repositories import short_repository_json
from ..state import Account, App, Installation, Repository
from ..world import World
from .activity import record_activity
from .pull_following import head_repository_deleted


def add_repository(
    world: World,
    owner: Account,
    name: str,
    source: Path | None,
    *,
    private: bool = False,
    default_branch: str | None = None,
) -> Repository:
    """A repository with the history of a local git repository, or an empty one."""
    directory = world.new_git_directory()
    git = GitRepository.create(directory) if source is None else GitRepository.clone(source, directory)
    now = world.clock.now()
    repository = Repository(
        id=world.next_id(),
        owner=owner,
        name=name,
        git=git,
        default_branch=default_branch or git.head_branch or "main",
        private=private,
        created_at=now,
        updated_at=now,
        pushed_at=now,
    )
    world.repositories[repository.id] = world.register(repository)
    for reference, oid in git.references.items():
        record_activity(world, repository, owner, reference, None, oid)
    return repository


def fork(world: World, parent: Repository, owner: Account, name: str | None) -> Repository:
    """A fork under another account."""
    taken = world.find_repository(f"{owner.login}/{name or parent.name}")
    if taken is not None:
        return taken
    repository = add_repository(
        world,
        owner,
        name or parent.name,
        parent.git.directory,
        private=parent.private,
        default_branch=parent.default_branch,
    )
    repository.parent = parent
    return repository


def rename(world: World, repository: Repository, sender: Account, name: str) -> None:
    """Rename; the old name redirects."""
    if world.find_repository(f"{repository.owner.login}/{name}") is not None:
        raise Refusal(
            "UNPROCESSABLE",
            "Validation Failed",
            errors=[
                {
                    "resource": "Repository",
                    "code": "custom",
                    "field": "name",
                    "message": "name already exists on this account",
                }
            ],
        )
    before = repository.name
    world.renamed[repository.full_name.lower()] = repository.id
    repository.name = name
    world.renamed.pop(repository.full_name.lower(), None)
    changes = {"repository": {"name": {"from": before}}}
    world.dispatcher.fire("repository", "renamed", repository, sender, {"changes": changes})


def delete(world: World, repository: Repository, sender: Account) -> None:
    """Delete; pull requests that came from it keep their head commit."""
    world.dispatcher.fire("repository", "deleted", repository, sender, {})
    repository.deleted = True
    head_repository_deleted(world, repository)
    for installation in world.installations.values():
        if installation.repository_ids is not None:
            installation.repository_ids.discard(repository.id)


def install(
    world: World, app: App, account: Account, repositories: list[Repository] | None, sender: Account
) -> Installation:
    """Install an App on an account: on these repositories, or on all of them."""
    installation = Installation(
        id=world.next_id(),
        app=app,
        account=account,
        repository_ids=None if repositories is None else {repository.id for repository in repositories},
        permissions={"metadata": "read", **app.permissions},
        events=list(app.events),
        created_at=world.clock.now(),
    )
    world.installations[installation.id] = world.register(installation)
    listed = [short_repository_json(one) for one in world.repositories.values() if _covered(installation, one)]
    world.dispatcher.fire_installation("installation", "created", installation, sender, {"repositories": listed})
    return installation


def _covered(installation: Installation, repository: Repository) -> bool:
    chosen = installation.repository_ids
    return (
        repository.owner is installation.account
        and not repository.deleted
        and (chosen is None or repository.id in chosen)
    )


def change_repositories(
    world: World, installation: Installation, repository: Repository, sender: Account, *, add: bool
) -> None:
    """Add a repository to an installation, or take it away."""
    if installation.repository_ids is None:
        installation.repository_ids = set()
    before = set(installation.repository_ids)
    (installation.repository_ids.add if add else installation.repository_ids.discard)(repository.id)
    if before == installation.repository_ids:
        return
    listed = [short_repository_json(repository)]
    body = {
        "repository_selection": "selected",
        "repositories_added": listed if add else [],
        "repositories_removed": [] if add else listed,
        "requester": None,
    }
    action = "added" if add else "removed"
    world.dispatcher.fire_installation("installation_repositories", action, installation, sender, body)


def uninstall(world: World, installation: Installation, sender: Account) -> None:
    """Remove an installation; its tokens end at once."""
    listed = [short_repository_json(one) for one in world.repositories.values() if _covered(installation, one)]
    del world.installations[installation.id]
    world.tokens.revoke_installation(installation)
    world.dispatcher.fire_installation("installation", "deleted", installation, sender, {"repositories": listed})
