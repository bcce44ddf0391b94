"""Issues, their labels and milestones."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ..access import acting_account, has_role
from ..errors import Refusal, invalid, not_found
from ..operations import comments
from ..operations.pull_following import fire_pull
from ..operations.pulls import next_number, set_state
from ..payloads.issues import issue_json, label_json, milestone_json
from ..state import Issue, Milestone, PullRequest, Repository
from .common import (
    JSONBody,
    answer,
    body,
    caller,
    find_issue,
    find_repository,
    page_answer,
    required_text,
    text,
    world,
)

blueprint = Blueprint("issues", __name__)
ROOT = "/repos/<owner>/<name>"
EITHER_WRITE = ("issues=write", "pull_requests=write")
EITHER_READ = ("issues=read", "pull_requests=read")


@blueprint.get(f"{ROOT}/issues")
def list_issues(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "issues=read")
    wanted = request.args.get("state", "open")
    labels = {label.lower() for label in request.args.get("labels", "").split(",") if label}
    found = [
        issue
        for issue in reversed(repository.issues.values())
        if wanted in ("all", issue.state) and labels <= {label.name.lower() for label in issue.labels}
    ]
    return page_answer(found, lambda issue: issue_json(world(), issue))


@blueprint.post(f"{ROOT}/issues")
def create_issue(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "issues=write")
    fields, now = body(), world().clock.now()
    issue = Issue(
        id=world().next_id(),
        repository=repository,
        number=next_number(repository),
        author=acting_account(caller()),
        title=required_text(fields, "title"),
        body=text(fields, "body"),
        created_at=now,
        updated_at=now,
    )
    repository.issues[issue.number] = world().register(issue)
    return answer(issue_json(world(), issue), 201)


@blueprint.get(f"{ROOT}/issues/<int:number>")
def get_issue(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_READ)
    return answer(issue_json(world(), find_issue(repository, number)))


@blueprint.patch(f"{ROOT}/issues/<int:number>")
def edit_issue(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_WRITE)
    issue, fields = find_issue(repository, number), body()
    sender = acting_account(caller())
    if sender.kind == "User" and not (sender is issue.author or has_role(world(), repository, sender, "triage")):
        raise Refusal("FORBIDDEN", "Must have triage access to Repository.")
    if "milestone" in fields:
        _set_milestone(repository, issue, fields)
    issue.title = text(fields, "title") or issue.title
    if "body" in fields:
        issue.body = text(fields, "body")
    state = text(fields, "state")
    if state in ("open", "closed"):
        if isinstance(issue, PullRequest):
            set_state(world(), issue, sender, state)
        else:
            issue.state = state
            issue.closed_at = world().clock.now() if state == "closed" else None
    return answer(issue_json(world(), issue))


def _set_milestone(repository: Repository, issue: Issue, fields: JSONBody) -> None:
    number = fields["milestone"]
    before = issue.milestone
    if number is None:
        issue.milestone = None
    elif isinstance(number, int) and number in repository.milestones:
        issue.milestone = repository.milestones[number]
    else:
        raise invalid("Issue", "milestone", code="invalid")
    issue.updated_at = world().clock.now()
    if not isinstance(issue, PullRequest) or before is issue.milestone:
        return
    sender = acting_account(caller())
    for milestone, action in ((before, "demilestoned"), (issue.milestone, "milestoned")):
        if milestone is not None:
            shown = milestone_json(world(), repository, milestone)
            fire_pull(world(), issue, sender, action, milestone=shown)


@blueprint.get(f"{ROOT}/milestones")
def list_milestones(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_READ)
    wanted = request.args.get("state", "open")
    found = [one for one in repository.milestones.values() if wanted in ("all", one.state)]
    return page_answer(found, lambda one: milestone_json(world(), repository, one))


@blueprint.post(f"{ROOT}/milestones")
def create_milestone(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_WRITE, role="triage")
    fields = body()
    title = required_text(fields, "title")
    if any(one.title == title for one in repository.milestones.values()):
        raise invalid("Milestone", "title", code="already_exists")
    made = Milestone(
        id=world().next_id(),
        number=max(repository.milestones, default=0) + 1,
        title=title,
        creator=acting_account(caller()),
        created_at=world().clock.now(),
        description=text(fields, "description"),
    )
    repository.milestones[made.number] = world().register(made)
    return answer(milestone_json(world(), repository, made), 201)


def _label_names() -> list[str]:
    """The names in a label request: a list, or an object with `labels`, of texts or of objects with a name."""
    parsed = request.get_json(force=True, silent=True)
    listed = parsed.get("labels") if isinstance(parsed, dict) else parsed
    if not isinstance(listed, list):
        raise Refusal("BAD_REQUEST", "Problems parsing JSON")
    found = [item.get("name") if isinstance(item, dict) else item for item in listed]
    if not all(isinstance(item, str) and item for item in found):
        raise invalid("Label", "name", code="invalid")
    return [str(item) for item in found]


def _labels_answer(issue: Issue) -> ResponseReturnValue:
    return answer([label_json(world(), issue.repository, label) for label in issue.labels])


@blueprint.get(f"{ROOT}/issues/<int:number>/labels")
def list_labels(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_READ)
    return page_answer(find_issue(repository, number).labels, lambda label: label_json(world(), repository, label))


@blueprint.post(f"{ROOT}/issues/<int:number>/labels")
def add_labels(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_WRITE, role="triage")
    issue = find_issue(repository, number)
    labels = [comments.find_or_create_label(world(), repository, each) for each in _label_names()]
    comments.add_labels(world(), issue, acting_account(caller()), labels)
    return _labels_answer(issue)


@blueprint.delete(f"{ROOT}/issues/<int:number>/labels/<path:label>")
def remove_label(owner: str, name: str, number: int, label: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_WRITE, role="triage")
    issue = find_issue(repository, number)
    comments.remove_label(world(), issue, acting_account(caller()), label)
    return _labels_answer(issue)


@blueprint.get(f"{ROOT}/labels")
def list_repository_labels(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_READ)
    return page_answer(list(repository.labels.values()), lambda label: label_json(world(), repository, label))


@blueprint.post(f"{ROOT}/labels")
def create_label(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_WRITE, role="write")
    fields = body()
    title = required_text(fields, "name")
    if title.lower() in repository.labels:
        raise invalid("Label", "name", code="already_exists")
    label = comments.find_or_create_label(world(), repository, title)
    label.color = (text(fields, "color") or label.color).lstrip("#")
    label.description = text(fields, "description")
    return answer(label_json(world(), repository, label), 201)


@blueprint.get(f"{ROOT}/labels/<path:label>")
def get_label(owner: str, name: str, label: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_READ)
    found = repository.labels.get(label.lower())
    if found is None:
        raise not_found()
    return answer(label_json(world(), repository, found))
