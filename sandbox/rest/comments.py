"""Comments on issues and pull requests, and reactions to them."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ..access import acting_account, has_role, not_accessible
from ..errors import not_found
from ..operations import comments
from ..payloads.issues import comment_json, reaction_json
from ..state import Comment, Issue, PullRequest, Repository
from .common import answer, body, caller, find_issue, find_repository, moment, nothing, page_answer, world

blueprint = Blueprint("comments", __name__)
ROOT = "/repos/<owner>/<name>"
READ = ("issues=read", "pull_requests=read")


def _need_writing(issue: Issue) -> None:
    """Comments on a pull request need either permission, on an issue only its own."""
    also = ("pull_requests=write",) if isinstance(issue, PullRequest) else ()
    repository = issue.repository
    find_repository(repository.owner.login, repository.name, "issues=write", *also)


@blueprint.get(f"{ROOT}/issues/<int:number>/comments")
def list_comments(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, *READ)
    return page_answer(find_issue(repository, number).comments, lambda one: comment_json(world(), one))


@blueprint.post(f"{ROOT}/issues/<int:number>/comments")
def create_comment(owner: str, name: str, number: int) -> ResponseReturnValue:
    issue = find_issue(find_repository(owner, name), number)
    _need_writing(issue)
    made = comments.add_comment(world(), issue, acting_account(caller()), body().get("body"), caller().app)
    return answer(comment_json(world(), made), 201)


@blueprint.get(f"{ROOT}/issues/comments")
def list_repository_comments(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, *READ)
    since = request.args.get("since")
    start = None if since is None else moment(since, "since")
    found = [one for one in repository.comments.values() if start is None or one.updated_at >= start]
    if "sort" in request.args:  # GitHub looks at the direction of a sorted list only
        by_update = request.args["sort"] == "updated"
        found.sort(
            key=lambda one: (one.updated_at if by_update else one.created_at, one.id),
            reverse=request.args.get("direction", "desc") == "desc",
        )
    return page_answer(found, lambda one: comment_json(world(), one))


def _find(repository: Repository, identifier: int) -> Comment:
    found = repository.comments.get(identifier)
    if found is None:
        raise not_found()
    return found


@blueprint.get(f"{ROOT}/issues/comments/<int:identifier>")
def get_comment(owner: str, name: str, identifier: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, *READ)
    return answer(comment_json(world(), _find(repository, identifier)))


def _own_or_writer(comment: Comment) -> None:
    _need_writing(comment.issue)
    sender = acting_account(caller())
    writer = has_role(world(), comment.issue.repository, sender, "write")
    if sender.kind == "User" and sender is not comment.author and not writer:
        raise not_accessible()


@blueprint.patch(f"{ROOT}/issues/comments/<int:identifier>")
def edit_comment(owner: str, name: str, identifier: int) -> ResponseReturnValue:
    comment = _find(find_repository(owner, name), identifier)
    _own_or_writer(comment)
    comments.edit_comment(world(), comment, acting_account(caller()), body().get("body"))
    return answer(comment_json(world(), comment))


@blueprint.delete(f"{ROOT}/issues/comments/<int:identifier>")
def delete_comment(owner: str, name: str, identifier: int) -> ResponseReturnValue:
    comment = _find(find_repository(owner, name), identifier)
    _own_or_writer(comment)
    comments.delete_comment(world(), comment, acting_account(caller()))
    return nothing()


@blueprint.get(f"{ROOT}/issues/comments/<int:identifier>/reactions")
def list_reactions(owner: str, name: str, identifier: int) -> ResponseReturnValue:
    comment = _find(find_repository(owner, name, "issues=read"), identifier)
    wanted = request.args.get("content")
    found = [one for one in comment.reactions if wanted in (None, one.content)]
    return page_answer(found, lambda one: reaction_json(world(), one))


@blueprint.post(f"{ROOT}/issues/comments/<int:identifier>/reactions")
def create_reaction(owner: str, name: str, identifier: int) -> ResponseReturnValue:
    comment = _find(find_repository(owner, name, "issues=write"), identifier)
    account = acting_account(caller())
    reaction, new = comments.add_reaction(world(), comment, account, body().get("content"))
    return answer(reaction_json(world(), reaction), 201 if new else 200)


@blueprint.delete(f"{ROOT}/issues/comments/<int:identifier>/reactions/<int:reaction_id>")
def delete_reaction(owner: str, name: str, identifier: int, reaction_id: int) -> ResponseReturnValue:
    comment = _find(find_repository(owner, name, "issues=write"), identifier)
    for reaction in comment.reactions:
        if reaction.id == reaction_id and reaction.account is acting_account(caller()):
            comment.reactions.remove(reaction)
            return nothing()
    raise not_found()
