"""Commands that make what a fresh GitHub lacks, as `Sandbox` does in its own process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..state import App
from .registry import app_of, command, installation_of

if TYPE_CHECKING:
    from ..sandbox import Sandbox


@command
def add_user(github: Sandbox, login: str, email: str | None = None) -> str:
    """A person; their token."""
    return github.add_user(login, email=email)


@command
def import_repository(
    github: Sandbox,
    full_name: str,
    source: str | None = None,
    files: Mapping[str, str] | None = None,
    collaborators: Mapping[str, str] | None = None,
    private: bool = False,
    default_branch: str | None = None,
) -> dict[str, Any]:
    """A repository; its number and node ID. `source` is a folder that this process can read."""
    made = github.import_repository(
        full_name,
        source=None if source is None else Path(source),
        files=files,
        collaborators=collaborators,
        private=private,
        default_branch=default_branch,
    )
    return {"id": made.id, "node_id": made.node_id}


@command
def add_team(
    github: Sandbox, organization: str, slug: str, members: Sequence[str], roles: Mapping[str, str] | None = None
) -> str:
    """A team; its node ID."""
    return github.add_team(organization, slug, members, roles).node_id


@command
def make_owner(github: Sandbox, organization: str, login: str) -> None:
    """Make a person an owner of an organisation."""
    github.make_owner(organization, login)


@command
def register_app(
    github: Sandbox,
    slug: str,
    permissions: Mapping[str, str],
    events: Sequence[str] = (),
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    private_key_pem: str | None = None,
) -> dict[str, Any]:
    """A GitHub App, with its key and secret."""
    app = github.register_app(
        slug,
        permissions=permissions,
        events=events,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        private_key_pem=private_key_pem,
    )
    return _app_json(app)


@command
def actions_app(github: Sandbox) -> dict[str, Any]:
    """GitHub Actions."""
    return _app_json(github.actions_app())


def _app_json(app: App) -> dict[str, Any]:
    names = ("id", "slug", "client_id", "private_key_pem", "webhook_secret")
    return {name: getattr(app, name) for name in names}


@command
def install(github: Sandbox, app: str, repositories: Sequence[str] = (), account: str | None = None) -> int:
    """Install an App on repositories, or on all that an account has; the installation's number."""
    return github.install(app_of(github, app), *repositories, account=account).id


@command
def uninstall(github: Sandbox, installation: int) -> None:
    """Remove an installation."""
    github.uninstall(installation_of(github, installation))


@command
def suspend(github: Sandbox, installation: int) -> None:
    """Suspend an installation."""
    github.suspend(installation_of(github, installation))


@command
def unsuspend(github: Sandbox, installation: int) -> None:
    """End an installation's suspension."""
    github.unsuspend(installation_of(github, installation))


@command
def revoke_tokens(github: Sandbox, installation: int) -> None:
    """Make all tokens of an installation worthless."""
    github.revoke_tokens(installation_of(github, installation))


@command
def change_installation(github: Sandbox, installation: int, repository: str, add: bool) -> None:
    """Add a repository to an installation, or take it away."""
    github.change_installation(installation_of(github, installation), repository, add=add)


@command
def set_webhook(github: Sandbox, app: str, url: str, secret: str | None = None) -> None:
    """Set where an App's webhooks go."""
    github.set_webhook(app_of(github, app), url, secret)


@command
def token_of(github: Sandbox, login: str) -> str:
    """A person's token."""
    return github.token_of(login)


@command
def token_for(github: Sandbox, app: str, repository: str, permissions: Mapping[str, str] | None = None) -> str:
    """An installation token of an App."""
    return github.token_for(app_of(github, app), repository, permissions)
