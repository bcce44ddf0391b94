"""Mutations: checks, review requests, comments, reactions, labels, drafts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..access import has_role, not_accessible
from ..errors import Refusal
from ..operations import checks, comments, issues, pulls, review_requests
from ..state import Account, App, CheckRun, Comment, Issue, Label, PullRequest, Repository, Team
from .comments import CONTENT
from .connections import Edge, cursor_of
from .mutating import Input, echo, find_object, sender_of
from .nodes import unknown
from .registry import Info, context, need, resolver, world_of

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
    repository = find_object(info, input["repositoryId"], Repository)
    app = _calling_app(info, repository)
    run = checks.create_check_run(world_of(info), app, repository, _check_fields(input))
    return echo(input, checkRun=run)


@resolver("Mutation", "updateCheckRun")
def update_check_run(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    repository = find_object(info, input["repositoryId"], Repository)
    app = _calling_app(info, repository)
    run = find_object(info, input["checkRunId"], CheckRun)
    if run.suite.repository is not repository:
        raise unknown(input["checkRunId"])
    return echo(input, checkRun=checks.update_check_run(world_of(info), app, run, _check_fields(input)))


@resolver("Mutation", "requestReviews")
def request_reviews(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    pull = find_object(info, input["pullRequestId"], PullRequest)
    need(info, pull.repository, "pull_requests=write", role="triage")
    reviewers: list[Account | Team] = [find_object(info, one, Account) for one in input.get("userIds") or []]
    reviewers += [find_object(info, one, Team) for one in input.get("teamIds") or []]
    sender = sender_of(info)
    review_requests.request_reviews(world_of(info), pull, sender, reviewers, replace=not input.get("union", False))
    return echo(input, actor=sender, pullRequest=pull)


def _need_comment_access(info: Info, issue: Issue) -> None:
    also = ("pull_requests=write",) if isinstance(issue, PullRequest) else ()
    need(info, issue.repository, "issues=write", *also)


@resolver("Mutation", "addComment")
def add_comment(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    issue = find_object(info, input["subjectId"], Issue)
    _need_comment_access(info, issue)
    made = comments.add_comment(world_of(info), issue, sender_of(info), input["body"], context(info).caller.app)
    return echo(input, subject=issue, commentEdge=Edge(cursor_of(len(issue.comments) - 1), made))


def _own_or_writer(info: Info, comment: Comment) -> None:
    """People change their own comments, or any with write access; Apps any that their permission covers."""
    _need_comment_access(info, comment.issue)
    sender = sender_of(info)
    if sender.kind == "User" and sender is not comment.author:
        world = world_of(info)
        if not has_role(world, comment.issue.repository, sender, "write"):
            raise not_accessible()


@resolver("Mutation", "updateIssueComment")
def update_comment(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    comment = find_object(info, input["id"], Comment)
    _own_or_writer(info, comment)
    comments.edit_comment(world_of(info), comment, sender_of(info), input["body"])
    return echo(input, issueComment=comment)


@resolver("Mutation", "deleteIssueComment")
def delete_comment(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    comment = find_object(info, input["id"], Comment)
    _own_or_writer(info, comment)
    comments.delete_comment(world_of(info), comment, sender_of(info))
    return echo(input)


@resolver("Mutation", "addReaction")
def add_reaction(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    comment = find_object(info, input["subjectId"], Comment)
    need(info, comment.issue.repository, "issues=write")
    reaction, _ = comments.add_reaction(world_of(info), comment, sender_of(info), CONTENT[input["content"]])
    return echo(input, reaction=reaction)


@resolver("Mutation", "removeReaction")
def remove_reaction(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    comment = find_object(info, input["subjectId"], Comment)
    need(info, comment.issue.repository, "issues=write")
    return echo(input, reaction=comments.remove_reaction(comment, sender_of(info), CONTENT[input["content"]]))


@resolver("Mutation", "addLabelsToLabelable")
def add_labels(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    issue, labels = _labelling(info, input)
    issues.add_labels(world_of(info), issue, sender_of(info), labels)
    return echo(input, labelable=issue)


@resolver("Mutation", "removeLabelsFromLabelable")
def remove_labels(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    issue, labels = _labelling(info, input)
    for label in labels:
        issues.remove_label(world_of(info), issue, sender_of(info), label)
    return echo(input, labelable=issue)


def _labelling(info: Info, given: Input) -> tuple[Issue, list[Label]]:
    issue = find_object(info, given["labelableId"], Issue)
    also = ("pull_requests=write",) if isinstance(issue, PullRequest) else ()
    need(info, issue.repository, "issues=write", *also, role="triage")
    labels = [find_object(info, identifier, Label) for identifier in given["labelIds"]]
    for label in labels:
        if issue.repository.labels.get(label.name.lower()) is not label:
            raise unknown(label.node_id)
    return issue, labels


def _set_draft(draft: bool) -> Callable[..., dict[str, Any]]:
    def change(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
        pull = find_object(info, input["pullRequestId"], PullRequest)
        sender = sender_of(info)
        role = "read" if sender is pull.author else "write"
        need(info, pull.repository, "pull_requests=write", role=role)
        pulls.set_draft(world_of(info), pull, sender, draft)
        return echo(input, pullRequest=pull)

    return change


resolver("Mutation", "convertPullRequestToDraft")(_set_draft(True))
resolver("Mutation", "markPullRequestReadyForReview")(_set_draft(False))
