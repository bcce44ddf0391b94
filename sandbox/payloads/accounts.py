"""Accounts, teams, Apps and installations as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..clock import iso, iso_or_none
from ..state import Account, App, Installation, Team

if TYPE_CHECKING:
    from ..world import World

JSON = dict[str, Any]


def user_json(world: World, account: Account) -> JSON:
    """An account as it appears inside other objects ("simple user")."""
    url = f"{world.url}/users/{quote(account.login)}"
    page = f"apps/{account.app_slug}" if account.app_slug else account.login
    return {
        "login": account.login,
        "id": account.id,
        "node_id": account.node_id,
        "avatar_url": f"{world.url}/avatars/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{world.url}/{page}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": account.kind,
        "site_admin": False,
    }


def full_user_json(world: World, account: Account) -> JSON:
    """An account's own page."""
    nothing = dict.fromkeys(("company", "location", "email", "hireable", "bio", "twitter_username"))
    return {
        **user_json(world, account),
        **nothing,
        "name": account.name,
        "blog": "",
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": iso(account.created_at),
        "updated_at": iso(account.created_at),
    }


def organization_json(world: World, account: Account) -> JSON:
    """An organisation as webhooks carry it."""
    url = f"{world.url}/orgs/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": account.node_id,
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{world.url}/avatars/{account.id}",
        "description": None,
    }


def hook_team_json(world: World, team: Team) -> JSON:
    """A team as webhooks carry it."""
    url = f"{world.url}/organizations/{team.organization.id}/team/{team.id}"
    return {
        "name": team.name,
        "id": team.id,
        "node_id": team.node_id,
        "slug": team.slug,
        "description": None,
        "privacy": "closed",
        "url": url,
        "html_url": f"{world.url}/orgs/{team.organization.login}/teams/{team.slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "permission": "pull",
        "parent": None,
        "notification_setting": "notifications_enabled",
    }


def team_json(world: World, team: Team) -> JSON:
    """A team as REST shows it."""
    return {
        **hook_team_json(world, team),
        "type": "organization",
        "organization_id": team.organization.id,
    }


def app_json(world: World, app: App) -> JSON:
    """An App as checks and comments carry it."""
    return {
        "id": app.id,
        "slug": app.slug,
        "node_id": app.node_id,
        "owner": user_json(world, app.owner),
        "name": app.name,
        "description": "",
        "external_url": f"{world.url}/apps/{app.slug}/home",
        "html_url": f"{world.url}/apps/{app.slug}",
        "created_at": iso(app.created_at),
        "updated_at": iso(app.created_at),
        "permissions": dict(app.permissions),
        "events": list(app.events),
    }


def own_app_json(world: World, app: App) -> JSON:
    """An App as it sees itself."""
    count = sum(1 for installation in world.installations.values() if installation.app is app)
    return {**app_json(world, app), "client_id": app.client_id, "installations_count": count}


def installation_json(world: World, installation: Installation) -> JSON:
    """An installation."""
    url = f"{world.url}/app/installations/{installation.id}"
    return {
        "id": installation.id,
        "account": user_json(world, installation.account),
        "repository_selection": "all" if installation.repository_ids is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{world.url}/installation/repositories",
        "html_url": f"{world.url}/settings/installations/{installation.id}",
        "app_id": installation.app.id,
        "app_slug": installation.app.slug,
        "target_id": installation.account.id,
        "target_type": installation.account.kind,
        "permissions": dict(installation.permissions),
        "events": list(installation.events),
        "created_at": iso(installation.created_at),
        "updated_at": iso(installation.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None if installation.suspended_by is None else user_json(world, installation.suspended_by),
        "suspended_at": iso_or_none(installation.suspended_at),
    }
