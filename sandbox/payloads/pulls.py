"""Pull requests and reviews as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import pull_facts
from ..clock import iso, iso_or_none
from ..state import Account, PullRequest, Repository, Review, Team
from .accounts import JSON, hook_team_json, team_json, user_json
from .issues import author_association, issue_page, label_json, milestone_json
from .repositories import api_url, repository_json

if TYPE_CHECKING:
    from ..world import World


def _side(world: World, owner: Account, ref: str, sha: str, repository: Repository | None) -> JSON:
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user_json(world, owner),
        "repo": None if repository is None else repository_json(world, repository),
    }


def _links(world: World, pull: PullRequest) -> JSON:
    base = api_url(world, pull.repository)
    url = f"{base}/pulls/{pull.number}"
    return {
        "self": {"href": url},
        "html": {"href": issue_page(world, pull)},
        "issue": {"href": f"{base}/issues/{pull.number}"},
        "comments": {"href": f"{base}/issues/{pull.number}/comments"},
        "review_comments": {"href": f"{url}/comments"},
        "review_comment": {"href": f"{base}/pulls/comments{{/number}}"},
        "commits": {"href": f"{url}/commits"},
        "statuses": {"href": f"{base}/statuses/{pull.head_sha}"},
    }


def simple_pull_json(world: World, pull: PullRequest, *, hook: bool = False) -> JSON:
    """A pull request as lists and review events carry it; `hook` gives teams the webhook form."""
    links = _links(world, pull)
    page = issue_page(world, pull)
    repository = pull.repository
    team = hook_team_json if hook else team_json
    reviewers = [request.reviewer for request in pull.review_requests]
    head_repository = pull.head_repository
    if head_repository is None and not world.behaviour.deleted_fork_nulls_head_repository:
        head_repository = repository
    return {
        "url": links["self"]["href"],
        "id": pull.pull_id,
        "node_id": pull.node_id,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": links["issue"]["href"],
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "user": user_json(world, pull.author),
        "body": pull.body,
        "created_at": iso(pull.created_at),
        "updated_at": iso(pull.updated_at),
        "closed_at": iso_or_none(pull.closed_at),
        "merged_at": iso_or_none(pull.merged_at),
        "merge_commit_sha": pull.merge_commit_sha,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [user_json(world, one) for one in reviewers if isinstance(one, Account)],
        "requested_teams": [team(world, one) for one in reviewers if isinstance(one, Team)],
        "labels": [label_json(world, repository, label) for label in pull.labels],
        "milestone": None if pull.milestone is None else milestone_json(world, repository, pull.milestone),
        "draft": pull.draft,
        "commits_url": links["commits"]["href"],
        "review_comments_url": links["review_comments"]["href"],
        "review_comment_url": links["review_comment"]["href"],
        "comments_url": links["comments"]["href"],
        "statuses_url": links["statuses"]["href"],
        "head": _side(world, pull.head_owner, pull.head_ref, pull.head_sha, head_repository),
        "base": _side(world, repository.owner, pull.base_ref, pull_facts.shown_base_sha(world, pull), repository),
        "_links": links,
        "author_association": author_association(repository, pull.author.id),
        "auto_merge": None,
        "active_lock_reason": None,
    }


def pull_json(world: World, pull: PullRequest, *, hook: bool = False) -> JSON:
    """A pull request's own page, and what pull_request events carry."""
    files = pull_facts.files(pull)
    mergeable = None if hook else pull_facts.mergeable(world, pull)
    return {
        **simple_pull_json(world, pull, hook=hook),
        "merged": pull.merged,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": {True: "clean", False: "dirty", None: "unknown"}[mergeable],
        "merged_by": None if pull.merged_by is None else user_json(world, pull.merged_by),
        "comments": len(pull.comments),
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": len(pull_facts.commits(pull)),
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changed_files": len(files),
    }


def review_json(world: World, review: Review, *, hook: bool = False) -> JSON:
    """A review; webhooks say its state in lower case."""
    pull = review.pull
    page = f"{issue_page(world, pull)}#pullrequestreview-{review.id}"
    pull_url = f"{api_url(world, pull.repository)}/pulls/{pull.number}"
    return {
        "id": review.id,
        "node_id": review.node_id,
        "user": user_json(world, review.author),
        "body": (review.body or None) if hook else review.body,
        "commit_id": review.commit_id,
        "submitted_at": iso(review.submitted_at),
        "state": review.state.lower() if hook else review.state,
        "html_url": page,
        "pull_request_url": pull_url,
        "author_association": author_association(pull.repository, review.author.id),
        "_links": {"html": {"href": page}, "pull_request": {"href": pull_url}},
    }
