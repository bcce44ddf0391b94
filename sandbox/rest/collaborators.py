"""Collaborators, their permissions, and team memberships."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ..access import ROLES, acting_account, collaborators_of, is_collaborator, role_of
from ..errors import not_found, unprocessable
from ..operations.collaborators import PERMISSION_OF_ROLE, give, take_away
from ..payloads.accounts import user_json
from ..state import Account, Repository
from .common import answer, body, caller, find_repository, nothing, page_answer, world

blueprint = Blueprint("collaborators", __name__)
ROOT = "/repos/<owner>/<name>"
ROLE_OF_PERMISSION = {
    "pull": "read",
    "triage": "triage",
    "push": "write",
    "maintain": "maintain",
    "admin": "admin",
}


def collaborator_json(repository: Repository, account: Account) -> dict[str, Any]:
    """A person with access, and how much."""
    role = role_of(world(), repository, account)
    allowed = {shown: ROLES.index(role) >= ROLES.index(needed) for shown, needed in ROLE_OF_PERMISSION.items()}
    return {**user_json(world(), account), "permissions": allowed, "role_name": role}


@blueprint.get(f"{ROOT}/collaborators")
def list_collaborators(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "metadata=read", role="write")
    wanted = ROLE_OF_PERMISSION.get(request.args.get("permission", ""))
    found = [
        account
        for account in collaborators_of(world(), repository)
        if wanted is None or ROLES.index(role_of(world(), repository, account)) >= ROLES.index(wanted)
    ]
    return page_answer(found, lambda account: collaborator_json(repository, account))


@blueprint.get(f"{ROOT}/collaborators/<login>")
def is_one(owner: str, name: str, login: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "metadata=read", role="write")
    if not is_collaborator(world(), repository, world().account(login)):
        raise not_found()
    return nothing()


@blueprint.put(f"{ROOT}/collaborators/<login>")
def add(owner: str, name: str, login: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "administration=write", role="admin")
    account = world().account(login)
    role = ROLE_OF_PERMISSION.get(str(body().get("permission", "push")))
    if role is None:
        raise unprocessable("Validation Failed", "permission is not a known role")
    give(world(), repository, acting_account(caller()), account, role)
    return nothing()


@blueprint.delete(f"{ROOT}/collaborators/<login>")
def remove(owner: str, name: str, login: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "administration=write", role="admin")
    take_away(world(), repository, acting_account(caller()), world().account(login))
    return nothing()


@blueprint.get(f"{ROOT}/collaborators/<login>/permission")
def permission(owner: str, name: str, login: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "metadata=read", role="read")
    acting_account(caller())
    account = world().account(login)
    role = role_of(world(), repository, account)
    return answer(
        {
            "permission": PERMISSION_OF_ROLE.get(role, role),
            "role_name": role,
            "user": collaborator_json(repository, account),
        }
    )
