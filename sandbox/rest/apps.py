"""The App's own view: itself, its installations, and the tokens for them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ..access import LEVELS
from ..clock import iso
from ..errors import Refusal, not_found, unprocessable
from ..operations import repositories
from ..payloads.accounts import installation_json, own_app_json
from ..payloads.repositories import full_repository_json, repository_json
from ..state import Installation, Repository
from ..world import covers
from .common import answer, body, caller, calling_app, names, nothing, page_answer, paged, world
from .permissions import permissions_of

blueprint = Blueprint("apps", __name__)


@blueprint.get("/app")
def get_app() -> ResponseReturnValue:
    return answer(own_app_json(world(), calling_app()))


@blueprint.get("/app/installations")
def list_installations() -> ResponseReturnValue:
    app = calling_app()
    found = [one for one in world().installations.values() if one.app is app]
    return page_answer(found, lambda one: installation_json(world(), one))


@blueprint.get("/app/installations/<int:identifier>")
def get_installation(identifier: int) -> ResponseReturnValue:
    return answer(installation_json(world(), _own(identifier)))


def _own(identifier: int) -> Installation:
    app = calling_app()
    found = world().installations.get(identifier)
    if found is None or found.app is not app:
        raise not_found()
    return found


@blueprint.get("/repos/<owner>/<name>/installation")
def get_repository_installation(owner: str, name: str) -> ResponseReturnValue:
    app = calling_app()
    repository = world().find_repository(f"{owner}/{name}")
    found = None if repository is None else world().installation_on(app, repository)
    if found is None:
        raise not_found()
    return answer(installation_json(world(), found))


@blueprint.post("/app/installations/<int:identifier>/access_tokens")
def create_token(identifier: int) -> ResponseReturnValue:
    installation = _own(identifier)
    if installation.suspended_at is not None:
        raise Refusal("FORBIDDEN", "This installation has been suspended")
    fields = body()
    permissions = _narrowed_permissions(installation, fields.get("permissions"))
    chosen = _chosen_repositories(installation, fields)
    identifiers = None if chosen is None else {repository.id for repository in chosen}
    token, expires_at = world().tokens.for_installation(installation, permissions, identifiers)
    shown: dict[str, Any] = {
        "token": token,
        "expires_at": iso(expires_at),
        "permissions": permissions,
        "repository_selection": "selected"
        if chosen is not None or installation.repository_ids is not None
        else "all",
    }
    if chosen is not None:
        shown["repositories"] = [repository_json(world(), repository) for repository in chosen]
    return answer(shown, 201)


@blueprint.put("/app/installations/<int:identifier>/suspended")
def suspend(identifier: int) -> ResponseReturnValue:
    installation = _own(identifier)
    repositories.suspend(world(), installation, installation.app.owner)
    return nothing()


@blueprint.delete("/app/installations/<int:identifier>/suspended")
def unsuspend(identifier: int) -> ResponseReturnValue:
    installation = _own(identifier)
    repositories.unsuspend(world(), installation, installation.app.owner)
    return nothing()


def _narrowed_permissions(installation: Installation, wanted: object) -> dict[str, str]:
    if not wanted:
        return dict(installation.permissions)
    if not isinstance(wanted, dict):
        raise Refusal("BAD_REQUEST", "Problems parsing JSON")
    for name, level in wanted.items():
        held = installation.permissions.get(name, "none")
        if level not in LEVELS or LEVELS.index(level) > LEVELS.index(held):
            raise unprocessable("The permissions requested are not granted to this installation.")
    return {"metadata": "read", **wanted}


def _chosen_repositories(installation: Installation, fields: dict[str, object]) -> list[Repository] | None:
    wanted_names, wanted_ids = names(fields, "repositories"), fields.get("repository_ids") or []
    if not wanted_names and not wanted_ids:
        return None
    if not isinstance(wanted_ids, list) or len(wanted_names) + len(wanted_ids) > 500:
        raise unprocessable("Too many repositories were requested.")
    within = [one for one in world().repositories.values() if covers(installation, one) and not one.deleted]
    found = [one for one in within if one.name in wanted_names or one.id in wanted_ids]
    if len(found) != len({*wanted_names, *wanted_ids}):
        raise unprocessable(
            "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    return found


@blueprint.delete("/installation/token")
def revoke_token() -> ResponseReturnValue:
    if caller().kind != "installation":
        raise Refusal("UNAUTHENTICATED", "Bad credentials")
    world().tokens.revoke(caller().token)
    return nothing()


@blueprint.get("/installation/repositories")
def list_repositories() -> ResponseReturnValue:
    if caller().kind != "installation":
        raise Refusal(
            "FORBIDDEN",
            "You must authenticate with an installation access token in order to list"
            " repositories for an installation.",
        )
    installation, limit = caller().installation, caller().repository_ids
    found = [
        one
        for one in world().repositories.values()
        if installation is not None
        and not one.deleted
        and covers(installation, one)
        and (limit is None or one.id in limit)
    ]
    selected = limit is not None or (installation is not None and installation.repository_ids is not None)
    return answer(
        {
            "total_count": len(found),
            "repository_selection": "selected" if selected else "all",
            "repositories": [full_repository_json(world(), one, permissions_of(one)) for one in paged(found)],
        }
    )
