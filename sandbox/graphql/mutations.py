"""Mutations: checks, review requests, comments, reactions, labels, drafts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..access import acting_account, has_role, not_accessible
from ..errors import Refusal
from ..operations import checks, comments, issues, pulls, review_requests
from ..state import Account, App, CheckRun, Comment, Issue, Label, PullRequest, Repository, Team
from .comments import CONTENT
from .connections import Edge, cursor_of
from .nodes import find_node, unknown
from .registry import Info, context, need, resolver, world_of

Input = dict[str, Any]
T = TypeVar("T")
TAKEN_OVER = {
    "name": "name",
    "headSha": "head_sha",
    "status": "status",
    "conclusion": "conclusion",
    "externalId": "external_id",
    "detailsUrl": "details_url",
    "startedAt": "started_at",
    "completedAt": "completed_at",
    "actions": "actions",
}


def _find(info: Info, identifier: str, kind: type[T]) -> T:
    found = find_node(info, identifier)
    if not isinstance(found, kind):
        raise unknown(identifier)
    return found


def _sender(info: Info) -> Account:
    return acting_account(context(info).caller)


def _echo(given: Input, **fields: Any) -> dict[str, Any]:
    return {"clientMutationId": given.get("clientMutationId"), **fields}


def _calling_app(info: Info, repository: Repository) -> App:
    app = context(info).caller.app
    if app is None:
        raise Refusal("FORBIDDEN", "You must authenticate via a GitHub App.")
    need(info, repository, "checks=write")
    return app


def _check_fields(given: Input) -> Input:
    fields: Input = {rest: given[name] for name, rest in TAKEN_OVER.items() if given.get(name) is not None}
    for name in ("status", "conclusion"):
        if name in fields:
            fields[name] = fields[name].lower()
    output = given.get("output")
    if output is not None:
        fields["output"] = {**output, "annotations": [_annotation(one) for one in output.get("annotations") or []]}
    return fields


def _annotation(given: Input) -> Input:
    place = given["location"]
    return {
        "path": given["path"],
        "start_line": place["startLine"],
        "end_line": place["endLine"],
        "start_column": place.get("startColumn"),
        "end_column": place.get("endColumn"),
        "annotation_level": given["annotationLevel"].lower(),
        "message": given["message"],
        "title": given.get("title"),
        "raw_details": given.get("rawDetails"),
    }


@resolver("Mutation", "createCheckRun")
def create_check_run(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    repository = _find(info, input["repositoryId"], Repository)
    app = _calling_app(info, repository)
    run = checks.create_check_run(world_of(info), app, repository, _check_fields(input))
    return _echo(input, checkRun=run)


@resolver("Mutation", "updateCheckRun")
def update_check_run(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    repository = _find(info, input["repositoryId"], Repository)
    app = _calling_app(info, repository)
    run = _find(info, input["checkRunId"], CheckRun)
    if run.suite.repository is not repository:
        raise unknown(input["checkRunId"])
    return _echo(input, checkRun=checks.update_check_run(world_of(info), app, run, _check_fields(input)))


@resolver("Mutation", "requestReviews")
def request_reviews(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    pull = _find(info, input["pullRequestId"], PullRequest)
    need(info, pull.repository, "pull_requests=write", role="triage")
    reviewers: list[Account | Team] = [_find(info, one, Account) for one in input.get("userIds") or []]
    reviewers += [_find(info, one, Team) for one in input.get("teamIds") or []]
    sender = _sender(info)
    review_requests.request_reviews(world_of(info), pull, sender, reviewers, replace=not input.get("union", False))
    return _echo(input, actor=sender, pullRequest=pull)


def _need_comment_access(info: Info, issue: Issue) -> None:
    also = ("pull_requests=write",) if isinstance(issue, PullRequest) else ()
    need(info, issue.repository, "issues=write", *also)


@resolver("Mutation", "addComment")
def add_comment(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    issue = _find(info, input["subjectId"], Issue)
    _need_comment_access(info, issue)
    made = comments.add_comment(world_of(info), issue, _sender(info), input["body"], context(info).caller.app)
    return _echo(input, subject=issue, commentEdge=Edge(cursor_of(len(issue.comments) - 1), made))


def _own_or_writer(info: Info, comment: Comment) -> None:
    """People change their own comments, or any with write access; Apps any that their permission covers."""
    _need_comment_access(info, comment.issue)
    sender = _sender(info)
    if sender.kind == "User" and sender is not comment.author:
        world = world_of(info)
        if not has_role(world, comment.issue.repository, sender, "write"):
            raise not_accessible()


@resolver("Mutation", "updateIssueComment")
def update_comment(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    comment = _find(info, input["id"], Comment)
    _own_or_writer(info, comment)
    comments.edit_comment(world_of(info), comment, _sender(info), input["body"])
    return _echo(input, issueComment=comment)


@resolver("Mutation", "deleteIssueComment")
def delete_comment(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    comment = _find(info, input["id"], Comment)
    _own_or_writer(info, comment)
    comments.delete_comment(world_of(info), comment, _sender(info))
    return _echo(input)


@resolver("Mutation", "addReaction")
def add_reaction(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    comment = _find(info, input["subjectId"], Comment)
    need(info, comment.issue.repository, "issues=write")
    reaction, _ = comments.add_reaction(world_of(info), comment, _sender(info), CONTENT[input["content"]])
    return _echo(input, reaction=reaction)


@resolver("Mutation", "removeReaction")
def remove_reaction(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    comment = _find(info, input["subjectId"], Comment)
    need(info, comment.issue.repository, "issues=write")
    return _echo(input, reaction=comments.remove_reaction(comment, _sender(info), CONTENT[input["content"]]))


@resolver("Mutation", "addLabelsToLabelable")
def add_labels(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    issue, labels = _labelling(info, input)
    issues.add_labels(world_of(info), issue, _sender(info), labels)
    return _echo(input, labelable=issue)


@resolver("Mutation", "removeLabelsFromLabelable")
def remove_labels(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    issue, labels = _labelling(info, input)
    for label in labels:
        issues.remove_label(world_of(info), issue, _sender(info), label)
    return _echo(input, labelable=issue)


def _labelling(info: Info, given: Input) -> tuple[Issue, list[Label]]:
    issue = _find(info, given["labelableId"], Issue)
    also = ("pull_requests=write",) if isinstance(issue, PullRequest) else ()
    need(info, issue.repository, "issues=write", *also, role="triage")
    labels = [_find(info, identifier, Label) for identifier in given["labelIds"]]
    for label in labels:
        if issue.repository.labels.get(label.name.lower()) is not label:
            raise unknown(label.node_id)
    return issue, labels


def _set_draft(draft: bool) -> Callable[..., dict[str, Any]]:
    def change(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
        pull = _find(info, input["pullRequestId"], PullRequest)
        sender = _sender(info)
        role = "read" if sender is pull.author else "write"
        need(info, pull.repository, "pull_requests=write", role=role)
        pulls.set_draft(world_of(info), pull, sender, draft)
        return _echo(input, pullRequest=pull)

    return change


resolver("Mutation", "convertPullRequestToDraft")(_set_draft(True))
resolver("Mutation", "markPullRequestReadyForReview")(_set_draft(False))
