"""Labels and milestones of a repository, and the labels of an issue or pull request."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ..access import acting_account
from ..errors import Refusal, invalid, not_found
from ..operations import issues
from ..payloads.issues import label_json, milestone_json
from ..state import Issue, Label, Milestone, Repository
from .common import answer, body, caller, find_issue, find_repository, page_answer, required_text, text, world

blueprint = Blueprint("labels", __name__)
ROOT = "/repos/<owner>/<name>"
EITHER_WRITE = ("issues=write", "pull_requests=write")
EITHER_READ = ("issues=read", "pull_requests=read")


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


def labels_of(repository: Repository, listed: Any) -> list[Label]:
    """The labels that a request names by texts or by objects with a name; unknown ones come into being."""
    if not isinstance(listed, list):
        raise Refusal("BAD_REQUEST", "Problems parsing JSON")
    found = [item.get("name") if isinstance(item, dict) else item for item in listed]
    if not all(isinstance(item, str) and item for item in found):
        raise invalid("Label", "name", code="invalid")
    return [issues.find_or_create_label(world(), repository, str(item)) for item in found]


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
    parsed = request.get_json(force=True, silent=True)
    labels = labels_of(repository, parsed.get("labels") if isinstance(parsed, dict) else parsed)
    issues.add_labels(world(), issue, acting_account(caller()), labels)
    return _labels_answer(issue)


@blueprint.delete(f"{ROOT}/issues/<int:number>/labels/<path:label>")
def remove_label(owner: str, name: str, number: int, label: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, *EITHER_WRITE, role="triage")
    issue = find_issue(repository, number)
    found = repository.labels.get(label.lower())
    if found is None or found not in issue.labels:
        raise not_found("Label does not exist")
    issues.remove_label(world(), issue, acting_account(caller()), found)
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
    label = issues.find_or_create_label(world(), repository, title)
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
