"""Issues: opened, listed, read and changed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ..access import acting_account, has_role
from ..errors import Refusal, invalid
from ..issue_lists import filtered, ordered
from ..operations import issues
from ..operations.pulls import set_state
from ..payloads.issues import issue_json
from ..state import Account, Issue, Milestone, PullRequest, Repository
from .common import (
    answer,
    body,
    caller,
    find_issue,
    find_repository,
    moment,
    page_answer,
    required_text,
    text,
    world,
)
from .labels import EITHER_READ, EITHER_WRITE, labels_of

blueprint = Blueprint("issues", __name__)
ROOT = "/repos/<owner>/<name>"


@blueprint.get(f"{ROOT}/issues")
def list_issues(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "issues=read")
    asked = request.args
    state, since = asked.get("state", "open"), asked.get("since")
    found = filtered(
        (issue for issue in repository.issues.values() if state in ("all", issue.state)),
        world().behaviour,
        labels=[label for label in asked.get("labels", "").split(",") if label],
        creator=asked.get("creator"),
        milestone=asked.get("milestone"),
        since=None if since is None else moment(since, "since"),
    )
    descending = asked.get("direction", "desc") == "desc"
    listed = ordered(found, asked.get("sort", "created"), descending=descending)
    return page_answer(listed, lambda issue: issue_json(world(), issue))


@blueprint.post(f"{ROOT}/issues")
def create_issue(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "issues=write")
    fields, author = body(), acting_account(caller())
    sorting = _may_sort(repository, author)
    issue = issues.create_issue(
        world(),
        repository,
        author,
        caller().app,
        required_text(fields, "title"),
        text(fields, "body"),
        labels=labels_of(repository, fields.get("labels") or []) if sorting else (),
        milestone=_milestone(repository, fields.get("milestone")) if sorting else None,
    )
    return answer(issue_json(world(), issue), 201)


def _may_sort(repository: Repository, account: Account) -> bool:
    """Whether labels and milestones that somebody sends with an issue count; else they are dropped silently."""
    return account.kind != "User" or has_role(world(), repository, account, "triage")


def _milestone(repository: Repository, number: Any) -> Milestone | None:
    if number is None:
        return None
    found = repository.milestones.get(int(number)) if str(number).isdigit() else None
    if found is None:
        raise invalid("Issue", "milestone", code="invalid")
    return found


@blueprint.get(f"{ROOT}/issues/<int:number>")
def get_issue(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_READ)
    return answer(issue_json(world(), find_issue(repository, number)))


@blueprint.patch(f"{ROOT}/issues/<int:number>")
def edit_issue(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name)
    issue, fields = find_issue(repository, number), body()
    needs = EITHER_WRITE if isinstance(issue, PullRequest) else EITHER_WRITE[:1]
    find_repository(owner, name, *needs)
    sender = acting_account(caller())
    sorting = _may_sort(repository, sender)
    if not sorting and sender is not issue.author:
        raise Refusal("FORBIDDEN", "Must have triage access to Repository.")
    issues.edit_issue(
        world(),
        issue,
        sender,
        title=text(fields, "title"),
        body=(text(fields, "body") or "") if "body" in fields else None,
    )
    if sorting and "milestone" in fields:
        issues.set_milestone(world(), issue, sender, _milestone(repository, fields["milestone"]))
    if sorting and "labels" in fields:
        issues.set_labels(world(), issue, sender, labels_of(repository, fields["labels"]))
    _set_state(issue, sender, text(fields, "state"), text(fields, "state_reason"))
    return answer(issue_json(world(), issue))


def _set_state(issue: Issue, sender: Account, state: str | None, reason: str | None) -> None:
    if state is None:
        return
    if state not in ("open", "closed"):
        raise invalid("Issue", "state", f"{state:.40} is not a member of open, closed", code="invalid")
    if isinstance(issue, PullRequest):
        set_state(world(), issue, sender, state)
    else:
        issues.set_state(world(), issue, sender, state, reason)
