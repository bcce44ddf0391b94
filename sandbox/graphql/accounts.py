"""Resolvers of accounts, teams, the viewer and the rate limit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from ..errors import Refusal, not_found
from ..limits import Limits
from ..state import Account, Team
from .registry import Info, context, resolver, world_of


@resolver("Query", "user")
def user(_source: Any, info: Info, login: str) -> Account:
    found = world_of(info).find_account(login)
    if found is None or found.kind != "User":
        raise not_found(f"Could not resolve to a User with the login of '{login}'.")
    return found


@resolver("Query", "organization")
def organization(_source: Any, info: Info, login: str) -> Account:
    found = world_of(info).find_account(login)
    if found is None or found.kind != "Organization":
        raise not_found(f"Could not resolve to an Organization with the login of '{login}'.")
    return found


@resolver("Query", "viewer")
def viewer(_source: Any, info: Info) -> dict[str, Any]:
    account = context(info).caller.account
    if account is None:
        raise Refusal("UNAUTHENTICATED", "This endpoint requires you to be authenticated.")
    # An App's viewer is its bot, shown with User's fields.
    return {
        "id": account.node_id,
        "login": account.login,
        "databaseId": account.id,
        "name": account.name,
        "email": account.email,
        "url": f"{world_of(info).url}/{account.login}",
    }


@resolver("Query", "rateLimit")
def rate_limit(_source: Any, info: Info) -> dict[str, Any]:
    shown = Limits(world_of(info)).as_json(context(info).caller, "graphql")
    return {
        "cost": 1,
        "limit": shown["limit"],
        "nodeCount": 0,
        "remaining": shown["remaining"],
        "used": shown["used"],
        "resetAt": datetime.fromtimestamp(shown["reset"], UTC),
    }


@resolver("Bot", "login")
def bot_login(account: Account, info: Info) -> str:
    if world_of(info).behaviour.graphql_bot_login_has_suffix:
        return account.login
    return account.login.removesuffix("[bot]")


@resolver("User", "url")
@resolver("Bot", "url")
@resolver("Organization", "url")
@resolver("Mannequin", "url")
def account_url(account: Account | dict[str, Any], info: Info) -> str:
    login = account["login"] if isinstance(account, dict) else account.login
    return f"{world_of(info).url}/{quote(login)}"


@resolver("Organization", "team")
def team(account: Account, info: Info, slug: str) -> Team | None:
    for found in world_of(info).teams:
        if found.organization is account and found.slug == slug:
            return found
    return None


@resolver("Team", "combinedSlug")
def combined_slug(found: Team, _info: Info) -> str:
    return f"{found.organization.login}/{found.slug}"
