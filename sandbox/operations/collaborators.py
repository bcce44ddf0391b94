"""Who has access to a repository: given, changed, taken away, and everybody told."""

from __future__ import annotations

from ..payloads.accounts import user_json
from ..state import Account, Repository
from ..world import World

PERMISSION_OF_ROLE = {"maintain": "write", "triage": "read"}
"""The older words for roles, in which webhooks say what somebody could do before."""


def give(world: World, repository: Repository, sender: Account, account: Account, role: str) -> None:
    """Access for somebody who needs no invitation, or another role for somebody who has access."""
    before = repository.roles.get(account.id)
    if before == role:
        return
    repository.roles[account.id] = role
    if before is None:
        to = _permission(role)
        # The published schema knows only these two here.
        changes = {"changes": {"permission": {"to": to}}} if to in ("write", "admin") else {}
        _fire(world, repository, sender, account, "added", **changes)
        return
    old = {"from": _permission(before)}
    _fire(world, repository, sender, account, "edited", changes={"old_permission": old})


def take_away(world: World, repository: Repository, sender: Account, account: Account) -> None:
    """No access of their own any more."""
    if repository.roles.pop(account.id, None) is not None:
        _fire(world, repository, sender, account, "removed")


def _permission(role: str) -> str:
    return PERMISSION_OF_ROLE.get(role, role)


def _fire(
    world: World, repository: Repository, sender: Account, account: Account, action: str, **extra: object
) -> None:
    body = {"member": user_json(world, account), **extra}
    world.dispatcher.fire("member", action, repository, sender, body)
