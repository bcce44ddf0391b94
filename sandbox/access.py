"""Who may do what: roles of people, permissions of installation tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import Refusal, not_found
from .state import Account, Repository, Team
from .tokens import Caller

if TYPE_CHECKING:
    from .world import World

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
LEVELS = ("none", "read", "write", "admin")
NOT_ACCESSIBLE = "Resource not accessible by integration"


def role_of(world: World, repository: Repository, account: Account | None) -> str:
    """A person's role in a repository: the highest of their own, their teams' and everybody's."""
    if account is not None and (account is repository.owner or account.id in repository.owner.owners):
        return "admin"
    roles = ["read" if not repository.private else "none"]
    if account is not None:
        roles.append(repository.roles.get(account.id, "none"))
        roles += [
            team.roles[repository.id]
            for team in world.teams
            if repository.id in team.roles and account in team.members
        ]
    return max(roles, key=ROLES.index)


def has_role(world: World, repository: Repository, account: Account | None, role: str) -> bool:
    """Whether a person's role is at least this one."""
    return ROLES.index(role_of(world, repository, account)) >= ROLES.index(role)


def is_collaborator(world: World, repository: Repository, account: Account) -> bool:
    """Whether a review may be asked of this person: access of their own, not just that the public has it."""
    return (
        account is repository.owner
        or account.id in repository.roles
        or any(repository.id in team.roles and account in team.members for team in world.teams)
    )


def collaborators_of(world: World, repository: Repository) -> list[Account]:
    """Everybody with access of their own: the owner, people with a role, and members of the teams."""
    return [
        account
        for account in world.accounts.values()
        if account.kind == "User" and is_collaborator(world, repository, account)
    ]


def team_has_access(repository: Repository, team: Team) -> bool:
    """Whether a team was given the repository."""
    return repository.id in team.roles


def sees(world: World, caller: Caller, repository: Repository) -> bool:
    """Whether the repository exists for this caller at all."""
    if caller.kind == "installation":
        return _installation_covers(caller, repository) or (
            not repository.private and world.behaviour.public_repositories_readable_by_any_token
        )
    return has_role(world, repository, caller.account, "read")


def _installation_covers(caller: Caller, repository: Repository) -> bool:
    installation = caller.installation
    if installation is None or installation.account is not repository.owner:
        return False
    for limit in (installation.repository_ids, caller.repository_ids):
        if limit is not None and repository.id not in limit:
            return False
    return True


def require(world: World, caller: Caller, repository: Repository, *needs: str, role: str = "read") -> None:
    """Raise a refusal unless the caller may: `needs` are alternatives like "checks=write" for Apps.

    `role` is what a person needs. What the caller cannot see is not found.
    """
    if caller.kind == "app":
        raise Refusal("UNAUTHENTICATED", "A JSON web token only authenticates the App itself")
    if not sees(world, caller, repository):
        raise not_found()
    if caller.kind == "installation":
        _require_permission(caller, repository, needs)
    elif not has_role(world, repository, caller.account, role):
        if caller.kind == "anonymous":
            raise Refusal("UNAUTHENTICATED", "Requires authentication")
        raise Refusal("FORBIDDEN", f"Must have {role} access to Repository.")


def _require_permission(caller: Caller, repository: Repository, needs: tuple[str, ...]) -> None:
    if not needs:
        return
    reading = all(need.endswith("=read") for need in needs)
    if not _installation_covers(caller, repository):
        if reading:
            return  # a public repository: anybody reads it
        raise not_accessible(*needs)
    for need in needs:
        name, _, level = need.partition("=")
        held = caller.permission(name) or ("read" if name == "metadata" else "none")
        if LEVELS.index(held) >= LEVELS.index(level):
            return
    raise not_accessible(*needs)


def not_accessible(*needs: str) -> Refusal:
    """The 403 of a missing permission; the header names what would have been enough."""
    headers = {"X-Accepted-GitHub-Permissions": "; ".join(needs)} if needs else {}
    return Refusal("FORBIDDEN", NOT_ACCESSIBLE, headers=headers)


def acting_account(caller: Caller) -> Account:
    """In whose name the caller acts; nobody acts anonymously or as an App itself."""
    if caller.account is None:
        raise Refusal("UNAUTHENTICATED", "Requires authentication")
    return caller.account
