"""Issues, comments, reactions, labels and milestones as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..clock import iso, iso_or_none
from ..state import Comment, Issue, Label, Milestone, PullRequest, Reaction, Repository
from .accounts import JSON, app_json, user_json
from .repositories import api_url, html_url

if TYPE_CHECKING:
    from ..world import World

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def label_json(world: World, repository: Repository, label: Label) -> JSON:
    """A label."""
    return {
        "id": label.id,
        "node_id": label.node_id,
        "url": f"{api_url(world, repository)}/labels/{label.name}".replace(" ", "%20"),
        "name": label.name,
        "description": label.description,
        "color": label.color,
        "default": False,
    }


def milestone_json(world: World, repository: Repository, milestone: Milestone) -> JSON:
    """A milestone."""
    url = f"{api_url(world, repository)}/milestones/{milestone.number}"
    inside = [issue for issue in repository.issues.values() if issue.milestone is milestone]
    opened = sum(1 for issue in inside if issue.state == "open")
    return {
        "url": url,
        "html_url": f"{html_url(world, repository)}/milestone/{milestone.number}",
        "labels_url": f"{url}/labels",
        "id": milestone.id,
        "node_id": milestone.node_id,
        "number": milestone.number,
        "title": milestone.title,
        "description": milestone.description,
        "creator": user_json(world, milestone.creator),
        "open_issues": opened,
        "closed_issues": len(inside) - opened,
        "state": milestone.state,
        "created_at": iso(milestone.created_at),
        "updated_at": iso(milestone.created_at),
        "due_on": iso_or_none(milestone.due_on),
        "closed_at": None,
    }


def reactions_json(url: str, reactions: Sequence[Reaction]) -> JSON:
    """How many reactions of each kind."""
    counts = {name: sum(1 for one in reactions if one.content == name) for name in REACTIONS}
    return {"url": url, "total_count": len(reactions), **counts}


def reaction_json(world: World, reaction: Reaction) -> JSON:
    """One reaction."""
    return {
        "id": reaction.id,
        "node_id": reaction.node_id,
        "user": user_json(world, reaction.account),
        "content": reaction.content,
        "created_at": iso(reaction.created_at),
    }


def author_association(repository: Repository, account_id: int) -> str:
    """How an account stands to a repository, in GitHub's words."""
    if account_id == repository.owner.id:
        return "OWNER"
    return "COLLABORATOR" if account_id in repository.roles else "NONE"


def issue_page(world: World, issue: Issue) -> str:
    """The page of an issue or pull request."""
    room = "pull" if isinstance(issue, PullRequest) else "issues"
    return f"{html_url(world, issue.repository)}/{room}/{issue.number}"


def comment_json(world: World, comment: Comment) -> JSON:
    """A comment on an issue or pull request."""
    issue = comment.issue
    base = f"{api_url(world, issue.repository)}/issues"
    url = f"{base}/comments/{comment.id}"
    return {
        "url": url,
        "html_url": f"{issue_page(world, issue)}#issuecomment-{comment.id}",
        "issue_url": f"{base}/{issue.number}",
        "id": comment.id,
        "node_id": comment.node_id,
        "user": user_json(world, comment.author),
        "created_at": iso(comment.created_at),
        "updated_at": iso(comment.updated_at),
        "author_association": author_association(issue.repository, comment.author.id),
        "body": comment.body,
        "reactions": reactions_json(f"{url}/reactions", comment.reactions),
        "performed_via_github_app": None if comment.app is None else app_json(world, comment.app),
    }


def issue_json(world: World, issue: Issue) -> JSON:
    """An issue, or a pull request seen as one."""
    repository = issue.repository
    url = f"{api_url(world, repository)}/issues/{issue.number}"
    body: JSON = {
        "url": url,
        "repository_url": api_url(world, repository),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": issue_page(world, issue),
        "id": issue.id,
        "node_id": issue.node_id,
        "number": issue.number,
        "title": issue.title,
        "user": user_json(world, issue.author),
        "labels": [label_json(world, repository, label) for label in issue.labels],
        "state": issue.state,
        "locked": False,
        "assignee": None,
        "assignees": [],
        "milestone": None if issue.milestone is None else milestone_json(world, repository, issue.milestone),
        "comments": len(issue.comments),
        "created_at": iso(issue.created_at),
        "updated_at": iso(issue.updated_at),
        "closed_at": iso_or_none(issue.closed_at),
        "author_association": author_association(repository, issue.author.id),
        "active_lock_reason": None,
        "body": issue.body,
        "reactions": reactions_json(f"{url}/reactions", ()),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": None if issue.app is None else app_json(world, issue.app),
        "state_reason": issue.state_reason,
    }
    if isinstance(issue, PullRequest):
        page = issue_page(world, issue)
        body["draft"] = issue.draft
        body["pull_request"] = {
            "url": f"{api_url(world, repository)}/pulls/{issue.number}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": iso_or_none(issue.merged_at),
        }
    return body
