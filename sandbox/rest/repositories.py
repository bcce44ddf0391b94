"""Repositories: read, renamed, forked, deleted."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ..access import acting_account
from ..errors import Refusal, invalid
from ..operations import repositories
from ..payloads.repositories import full_repository_json
from .common import answer, body, caller, find_repository, nothing, required_text, text, world
from .permissions import permissions_of

blueprint = Blueprint("repositories", __name__)
ROOT = "/repos/<owner>/<name>"


@blueprint.get(ROOT)
def get_repository(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "metadata=read")
    return answer(full_repository_json(world(), repository, permissions_of(repository)))


@blueprint.patch(ROOT)
def edit_repository(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "administration=write", role="admin")
    fields = body()
    branch, new_name = text(fields, "default_branch"), text(fields, "name")
    if branch is not None:
        if f"refs/heads/{branch}" not in repository.git.references:
            raise invalid("Repository", "default_branch", "The branch was not found.", code="invalid")
        repository.default_branch = branch
    if "description" in fields:
        repository.description = text(fields, "description")
    if isinstance(fields.get("private"), bool):
        repository.private = fields["private"]
    if new_name is not None and new_name != repository.name:
        repositories.rename(world(), repository, acting_account(caller()), new_name)
    return answer(full_repository_json(world(), repository, permissions_of(repository)))


@blueprint.delete(ROOT)
def delete_repository(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "administration=write", role="admin")
    repositories.delete(world(), repository, acting_account(caller()))
    return nothing()


@blueprint.post(f"{ROOT}/transfer")
def transfer(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "administration=write", role="admin")
    fields = body()
    receiver = world().find_account(required_text(fields, "new_owner"))
    if receiver is None or receiver.kind == "Bot":
        raise invalid("Repository", "new_owner", "Could not find the new owner")
    repositories.transfer(world(), repository, acting_account(caller()), receiver, text(fields, "new_name"))
    return answer(full_repository_json(world(), repository, permissions_of(repository)), 202)


@blueprint.post(f"{ROOT}/forks")
def fork(owner: str, name: str) -> ResponseReturnValue:
    parent = find_repository(owner, name, "contents=read")
    fields, account = body(), acting_account(caller())
    if account.kind != "User":
        raise Refusal("FORBIDDEN", "Resource not accessible by integration")
    made = repositories.fork(world(), parent, account, text(fields, "name"))
    return answer(full_repository_json(world(), made, permissions_of(made)), 202)
