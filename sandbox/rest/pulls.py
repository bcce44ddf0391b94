"""Pull requests: list, open, read, change, merge; their files and commits."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .. import pull_facts
from ..access import acting_account, has_role
from ..errors import invalid, not_found, unprocessable
from ..operations import merging, pulls
from ..payloads.commits import changed_file_json, commit_json
from ..payloads.pulls import pull_json, simple_pull_json
from ..state import Account, PullRequest, Repository
from .common import (
    JSONBody,
    answer,
    body,
    caller,
    find_pull,
    find_repository,
    nothing,
    page_answer,
    required_text,
    text,
    world,
)

blueprint = Blueprint("pulls", __name__)
COMMITS_LIMIT = 250


@blueprint.get("/repos/<owner>/<name>/pulls")
def list_pulls(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=read")
    state, base, head = (request.args.get(key) for key in ("state", "base", "head"))
    found = [
        pull
        for pull in repository.pulls
        if (state or "open") in ("all", pull.state)
        and base in (None, pull.base_ref)
        and head in (None, f"{pull.head_owner.login}:{pull.head_ref}")
    ]
    moment = "updated_at" if request.args.get("sort") == "updated" else "created_at"
    ascending = request.args.get("direction") == "asc"
    found.sort(key=lambda pull: (getattr(pull, moment), pull.number), reverse=not ascending)
    return page_answer(found, lambda pull: simple_pull_json(world(), pull))


@blueprint.post("/repos/<owner>/<name>/pulls")
def open_pull(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=write")
    fields = body()
    title, base = text(fields, "title"), required_text(fields, "base")
    if not title:
        raise invalid("PullRequest", "title", code="missing_field")
    head_repository, head = _head(repository, fields)
    author = acting_account(caller())
    if author.kind == "User" and not has_role(world(), head_repository, author, "write"):
        raise not_found()
    draft = bool(fields.get("draft", False))
    pull = pulls.open_pull(
        world(), repository, author, head_repository, head, base, title, text(fields, "body"), draft
    )
    return answer(pull_json(world(), pull), 201)


def _head(repository: Repository, fields: JSONBody) -> tuple[Repository, str]:
    """The repository and branch that `head` names: `branch` or `owner:branch`."""
    owner, colon, branch = required_text(fields, "head").rpartition(":")
    if not colon or owner.lower() == repository.owner.login.lower():
        return repository, branch
    for candidate in world().repositories.values():
        if (
            not candidate.deleted
            and candidate.owner.login.lower() == owner.lower()
            and candidate.parent is repository
        ):
            return candidate, branch
    raise invalid("PullRequest", "head", code="invalid")


@blueprint.get("/repos/<owner>/<name>/pulls/<int:number>")
def get_pull(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=read")
    return answer(pull_json(world(), find_pull(repository, number)))


@blueprint.patch("/repos/<owner>/<name>/pulls/<int:number>")
def edit_pull(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=write")
    pull, fields = find_pull(repository, number), body()
    sender = _author_or_writer(pull)
    pulls.edit_pull(
        world(), pull, sender, title=text(fields, "title"), body=text(fields, "body"), base=text(fields, "base")
    )
    state = text(fields, "state")
    if state is not None:
        if state not in ("open", "closed"):
            raise unprocessable("Validation Failed", "state must be open or closed")
        pulls.set_state(world(), pull, sender, state)
    return answer(pull_json(world(), pull))


def _author_or_writer(pull: PullRequest) -> Account:
    sender = acting_account(caller())
    if sender.kind == "User" and sender is not pull.author:
        find_repository(pull.repository.owner.login, pull.repository.name, role="write")
    return sender


@blueprint.get("/repos/<owner>/<name>/pulls/<int:number>/files")
def list_files(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=read")
    pull = find_pull(repository, number)
    listed = pull_facts.files(pull)[: world().behaviour.maximum_changed_files]
    return page_answer(listed, lambda file: changed_file_json(world(), repository, pull.head_sha, file))


@blueprint.get("/repos/<owner>/<name>/pulls/<int:number>/commits")
def list_commits(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=read", "contents=read")
    found = pull_facts.commits(find_pull(repository, number))[:COMMITS_LIMIT]
    return page_answer(found, lambda sha: commit_json(world(), repository, sha))


@blueprint.get("/repos/<owner>/<name>/pulls/<int:number>/merge")
def is_merged(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    if not find_pull(repository, number).merged:
        raise not_found()
    return nothing()


@blueprint.put("/repos/<owner>/<name>/pulls/<int:number>/merge")
def merge(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=write", role="write")
    pull, fields = find_pull(repository, number), body()
    sha = merging.merge(
        world(),
        pull,
        acting_account(caller()),
        text(fields, "merge_method") or "merge",
        title=text(fields, "commit_title"),
        message=text(fields, "commit_message"),
        sha=text(fields, "sha"),
    )
    return answer({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})
