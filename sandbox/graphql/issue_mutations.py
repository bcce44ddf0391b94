"""Mutations of issues: opened, changed, closed, reopened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..access import has_role, not_accessible
from ..operations import issues
from ..state import Account, Issue, Label, Milestone, PullRequest, Repository
from .mutating import Input, echo, find_object, sender_of
from .nodes import unknown
from .registry import Info, context, need, resolver, world_of


def _labels(info: Info, repository: Repository, identifiers: Sequence[str]) -> list[Label]:
    found = [find_object(info, identifier, Label) for identifier in identifiers]
    for label in found:
        if repository.labels.get(label.name.lower()) is not label:
            raise unknown(label.node_id)
    return found


def _milestone(info: Info, repository: Repository, identifier: str | None) -> Milestone | None:
    if identifier is None:
        return None
    found = find_object(info, identifier, Milestone)
    if repository.milestones.get(found.number) is not found:
        raise unknown(identifier)
    return found


def _may_sort(info: Info, repository: Repository, account: Account) -> bool:
    """Labels and milestones of people without the right to set them are dropped, as in REST."""
    return account.kind != "User" or has_role(world_of(info), repository, account, "triage")


@resolver("Mutation", "createIssue")
def create_issue(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    repository = find_object(info, input["repositoryId"], Repository)
    need(info, repository, "issues=write")
    author = sender_of(info)
    sorting = _may_sort(info, repository, author)
    made = issues.create_issue(
        world_of(info),
        repository,
        author,
        context(info).caller.app,
        input["title"],
        input.get("body"),
        labels=_labels(info, repository, input.get("labelIds") or ()) if sorting else (),
        milestone=_milestone(info, repository, input.get("milestoneId")) if sorting else None,
    )
    return echo(input, issue=made)


def _own(info: Info, identifier: str) -> tuple[Issue, Account]:
    """An issue that the sender may change, and the sender; a pull request is none here."""
    issue = find_object(info, identifier, Issue)
    if isinstance(issue, PullRequest):
        raise unknown(identifier)
    need(info, issue.repository, "issues=write")
    sender = sender_of(info)
    if sender is not issue.author and not _may_sort(info, issue.repository, sender):
        raise not_accessible()
    return issue, sender


@resolver("Mutation", "updateIssue")
def update_issue(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
    issue, sender = _own(info, input["id"])
    world, repository = world_of(info), issue.repository
    issues.edit_issue(world, issue, sender, title=input.get("title"), body=input.get("body"))
    if _may_sort(info, repository, sender):
        if "milestoneId" in input:
            issues.set_milestone(world, issue, sender, _milestone(info, repository, input["milestoneId"]))
        if input.get("labelIds") is not None:
            issues.set_labels(world, issue, sender, _labels(info, repository, input["labelIds"]))
    if input.get("state") is not None:
        issues.set_state(world, issue, sender, input["state"].lower())
    return echo(input, actor=sender, issue=issue)


def _set_state(state: str) -> Callable[..., dict[str, Any]]:
    def change(_source: Any, info: Info, input: Input) -> dict[str, Any]:  # noqa: A002
        issue, sender = _own(info, input["issueId"])
        reason = input.get("stateReason")
        issues.set_state(world_of(info), issue, sender, state, None if reason is None else reason.lower())
        return echo(input, issue=issue)

    return change


resolver("Mutation", "closeIssue")(_set_state("closed"))
resolver("Mutation", "reopenIssue")(_set_state("open"))
