"""Issues: opened, edited, closed, reopened; labels and milestones of issues and of pull requests."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import invalid
from ..payloads.issues import issue_json, label_json, milestone_json
from ..state import Account, App, Issue, Label, Milestone, PullRequest, Repository
from ..world import World
from .pull_following import fire_pull
from .pulls import next_number

TITLE_LIMIT, BODY_LIMIT = 256, 65_536
REASONS = ("completed", "not_planned", "duplicate", "reopened")


def fire_issue(world: World, issue: Issue, sender: Account, action: str, **extra: object) -> None:
    """Fire an event of an issue, or the pull_request event of the same name."""
    if isinstance(issue, PullRequest):
        fire_pull(world, issue, sender, action, **extra)
    else:
        body = {"issue": issue_json(world, issue), **extra}
        world.dispatcher.fire("issues", action, issue.repository, sender, body)


def check_texts(title: str | None, body: str | None) -> None:
    """Refuse a blank or overlong title and an overlong body; None is not checked."""
    if title is not None and not title.strip():
        raise invalid("Issue", "title", code="missing_field")
    for name, text, limit in (("title", title, TITLE_LIMIT), ("body", body, BODY_LIMIT)):
        if text is not None and len(text) > limit:
            raise invalid("Issue", name, f"{name} is too long (maximum is {limit} characters)")


def create_issue(
    world: World,
    repository: Repository,
    author: Account,
    app: App | None,
    title: str,
    body: str | None,
    *,
    labels: Sequence[Label] = (),
    milestone: Milestone | None = None,
) -> Issue:
    """Open an issue; its labels and milestone are told one by one after `opened`."""
    check_texts(title, body)
    now = world.clock.now()
    issue = Issue(
        id=world.next_id(),
        repository=repository,
        number=next_number(repository),
        author=author,
        title=title,
        body=body,
        created_at=now,
        updated_at=now,
        app=app,
    )
    repository.issues[issue.number] = world.register(issue)
    fire_issue(world, issue, author, "opened")
    add_labels(world, issue, author, labels)
    set_milestone(world, issue, author, milestone)
    return issue


def edit_issue(
    world: World, issue: Issue, sender: Account, *, title: str | None = None, body: str | None = None
) -> None:
    """Change title or body (None leaves it); one `edited` event says what they were before."""
    check_texts(title, body)
    changes: dict[str, object] = {}
    if title is not None and title != issue.title:
        changes["title"] = {"from": issue.title}
        issue.title = title
    if body is not None and body != (issue.body or ""):
        changes["body"] = {"from": issue.body or ""}
        issue.body = body
    if changes:
        issue.updated_at = world.clock.now()
        fire_issue(world, issue, sender, "edited", changes=changes)


def set_state(world: World, issue: Issue, sender: Account, state: str, reason: str | None = None) -> None:
    """Close (as `completed` unless told otherwise) or reopen; what is so already stays without an event."""
    if reason is not None and reason not in REASONS:
        raise invalid("Issue", "state_reason", f"{reason:.40} is not a member of {list(REASONS)}", code="invalid")
    if state == issue.state:
        return
    now = world.clock.now()
    issue.state, issue.updated_at = state, now
    issue.closed_at = now if state == "closed" else None
    issue.state_reason = (reason or "completed") if state == "closed" else "reopened"
    fire_issue(world, issue, sender, "closed" if state == "closed" else "reopened")


def set_milestone(world: World, issue: Issue, sender: Account, milestone: Milestone | None) -> None:
    """Put into a milestone or take out of it: `demilestoned` for the old one, `milestoned` for the new."""
    before = issue.milestone
    if before is milestone:
        return
    issue.updated_at = world.clock.now()
    if before is not None:
        issue.milestone = None
        _fire_milestone(world, issue, sender, "demilestoned", before)
    if milestone is not None:
        issue.milestone = milestone
        _fire_milestone(world, issue, sender, "milestoned", milestone)


def _fire_milestone(world: World, issue: Issue, sender: Account, action: str, milestone: Milestone) -> None:
    fire_issue(world, issue, sender, action, milestone=milestone_json(world, issue.repository, milestone))


def find_or_create_label(world: World, repository: Repository, name: str) -> Label:
    """A label by name, in any case; unknown ones come into being."""
    found = repository.labels.get(name.lower())
    if found is None:
        found = world.register(Label(id=world.next_id(), name=name))
        repository.labels[name.lower()] = found
    return found


def add_labels(world: World, issue: Issue, sender: Account, labels: Sequence[Label]) -> None:
    """Add labels; one event each for those that are new."""
    for label in labels:
        if label not in issue.labels:
            issue.labels.append(label)
            _fire_label(world, issue, sender, label, "labeled")


def remove_label(world: World, issue: Issue, sender: Account, label: Label) -> None:
    """Take a label off; nothing happens when it is not there."""
    if label in issue.labels:
        issue.labels.remove(label)
        _fire_label(world, issue, sender, label, "unlabeled")


def set_labels(world: World, issue: Issue, sender: Account, labels: Sequence[Label]) -> None:
    """Have exactly these labels."""
    for label in list(issue.labels):
        if label not in labels:
            remove_label(world, issue, sender, label)
    add_labels(world, issue, sender, labels)


def _fire_label(world: World, issue: Issue, sender: Account, label: Label, action: str) -> None:
    issue.updated_at = world.clock.now()
    fire_issue(world, issue, sender, action, label=label_json(world, issue.repository, label))
