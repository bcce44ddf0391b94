"""Commit statuses."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ..access import acting_account
from ..check_facts import combined_state, latest_statuses
from ..errors import not_found
from ..operations.checks import create_status
from ..payloads.checks import combined_status_json, status_json
from ..state import Repository
from .common import answer, body, caller, find_repository, page_answer, world

blueprint = Blueprint("statuses", __name__)
ROOT = "/repos/<owner>/<name>"


@blueprint.post(f"{ROOT}/statuses/<sha>")
def create(owner: str, name: str, sha: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "statuses=write", role="write")
    status = create_status(world(), repository, sha, acting_account(caller()), body())
    return answer(status_json(world(), status), 201)


def _commit(repository: Repository, revision: str) -> str:
    oid = repository.git.resolve_commit(revision)
    if oid is None:
        raise not_found()
    return oid


@blueprint.get(f"{ROOT}/commits/<path:revision>/status")
def combined(owner: str, name: str, revision: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "statuses=read")
    sha = _commit(repository, revision)
    found = latest_statuses(repository, sha)
    return answer(combined_status_json(world(), repository, sha, combined_state(found), found))


@blueprint.get(f"{ROOT}/commits/<path:revision>/statuses")
def list_statuses(owner: str, name: str, revision: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "statuses=read")
    found = repository.statuses.get(_commit(repository, revision), [])
    return page_answer(found[::-1], lambda one: status_json(world(), one))
