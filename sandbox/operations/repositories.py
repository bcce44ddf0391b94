"""Repositories: forked, renamed, deleted; and the Apps installed on them."""

from __future__ import annotations

from pathlib import Path

from ..errors import invalid
from ..git.repository import GitRepository
from ..payloads.accounts import organization_json, user_json
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
        raise invalid("Repository", "name", "name already exists on this account")
    before = repository.name
    world.renamed[repository.full_name.lower()] = repository.id
    repository.name = name
    world.renamed.pop(repository.full_name.lower(), None)
    changes = {"repository": {"name": {"from": before}}}
    world.dispatcher.fire("repository", "renamed", repository, sender, {"changes": changes})


def transfer(world: World, repository: Repository, sender: Account, owner: Account, name: str | None) -> None:
    """Give it to another account: the old address redirects, and Apps that had chosen it lose it.

    GitHub asks a person who is to become the owner first; here nobody is asked.
    """
    if world.find_repository(f"{owner.login}/{name or repository.name}") is not None:
        raise invalid("Repository", "name", "name already exists on this account")
    before = repository.owner
    losing = [one for one in world.installations.values() if one.account is before and _covered(one, repository)]
    kind = "organization" if before.kind == "Organization" else "user"
    shown = organization_json(world, before) if before.kind == "Organization" else user_json(world, before)
    body = {"changes": {"owner": {"from": {kind: shown}}}}
    if world.behaviour.transfer_told_to_old_owner:
        world.dispatcher.fire("repository", "transferred", repository, sender, body)
    world.renamed[repository.full_name.lower()] = repository.id
    repository.owner, repository.name = owner, name or repository.name
    world.renamed.pop(repository.full_name.lower(), None)
    for pull in repository.pulls:
        if pull.head_repository is repository:
            pull.head_owner = owner
    for installation in losing:
        if installation.repository_ids is not None:
            change_repositories(world, installation, repository, sender, add=False)
    world.dispatcher.fire("repository", "transferred", repository, sender, body)


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


def suspend(world: World, installation: Installation, sender: Account) -> None:
    """Suspend an installation: its tokens stop working, and it hears of nothing else until the end of that."""
    if installation.suspended_at is not None:
        return
    installation.suspended_at, installation.suspended_by = world.clock.now(), sender
    _fire_suspension(world, installation, sender, "suspend")


def unsuspend(world: World, installation: Installation, sender: Account) -> None:
    """Take an installation's suspension back."""
    if installation.suspended_at is None:
        return
    installation.suspended_at = installation.suspended_by = None
    _fire_suspension(world, installation, sender, "unsuspend")


def _fire_suspension(world: World, installation: Installation, sender: Account, action: str) -> None:
    listed = [short_repository_json(one) for one in world.repositories.values() if _covered(installation, one)]
    world.dispatcher.fire_installation("installation", action, installation, sender, {"repositories": listed})


def uninstall(world: World, installation: Installation, sender: Account) -> None:
    """Remove an installation; its tokens end at once."""
    listed = [short_repository_json(one) for one in world.repositories.values() if _covered(installation, one)]
    del world.installations[installation.id]
    world.tokens.revoke_installation(installation)
    world.dispatcher.fire_installation("installation", "deleted", installation, sender, {"repositories": listed})
