"""Who passes a ruleset by: Apps, people by role, team or name, and an organisation's owners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..access import has_role
from ..state import Account, Ruleset

if TYPE_CHECKING:
    from ..world import World

ROLE_OF_ID = {2: "maintain", 4: "write", 5: "admin"}
"""GitHub's own roles by the number in the `actor_id` of `RepositoryRole` actors."""
_SHOWN = {"always": "always", "exempt": "exempt", "pull_request": "pull_requests_only", None: "never"}


def bypass_of(world: World, ruleset: Ruleset, account: Account) -> str | None:
    """How this account may pass the ruleset by: always, exempt, pull_request, or None for not at all."""
    modes = {
        str(actor.get("bypass_mode", "always"))
        for actor in ruleset.bypass_actors
        if _is(world, ruleset, actor, account)
    }
    if account.kind == "Bot" and not world.behaviour.exempt_bypass_works_for_apps:
        modes.discard("exempt")
    return next((mode for mode in ("exempt", "always", "pull_request") if mode in modes), None)


def shown_bypass(world: World, ruleset: Ruleset, account: Account | None) -> str:
    """`current_user_can_bypass` for this account."""
    return _SHOWN[None if account is None else bypass_of(world, ruleset, account)]


def _is(world: World, ruleset: Ruleset, actor: dict[str, Any], account: Account) -> bool:
    kind, number, repository = actor["actor_type"], actor.get("actor_id"), ruleset.repository
    if kind == "Integration":
        app = world.apps.get(number) if isinstance(number, int) else None
        return app is not None and account is app.bot
    if account.kind != "User":
        return False
    if kind == "RepositoryRole":
        role = ROLE_OF_ID.get(number or 0)
        return role is not None and has_role(world, repository, account, role)
    if kind == "OrganizationAdmin":
        return account.id in repository.owner.owners
    if kind == "Team":
        return any(team.id == number and account in team.members for team in world.teams)
    return kind == "User" and account.id == number
