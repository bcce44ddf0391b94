"""Repositories as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..clock import iso
from ..state import PullRequest, Repository
from .accounts import JSON, user_json

if TYPE_CHECKING:
    from ..world import World

_LINKS = {
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}


def api_url(world: World, repository: Repository) -> str:
    """A repository's REST address."""
    return f"{world.url}/repos/{repository.full_name}"


def html_url(world: World, repository: Repository) -> str:
    """A repository's page."""
    return f"{world.url}/{repository.full_name}"


def repository_json(world: World, repository: Repository) -> JSON:
    """A repository as webhooks and other objects carry it."""
    page = html_url(world, repository)
    base = api_url(world, repository)
    open_issues = sum(1 for issue in repository.issues.values() if issue.state == "open")
    links = {name: base + path for name, path in _LINKS.items()}
    return {
        "id": repository.id,
        "node_id": repository.node_id,
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": user_json(world, repository.owner),
        "html_url": page,
        "description": repository.description,
        "fork": repository.parent is not None,
        "url": base,
        **links,
        "created_at": iso(repository.created_at),
        "updated_at": iso(repository.updated_at),
        "pushed_at": iso(repository.pushed_at),
        "git_url": f"{page}.git",
        "ssh_url": f"{page}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "homepage": None,
        "size": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": None,
        "has_issues": True,
        "has_projects": False,
        "has_downloads": False,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "forks_count": 0,
        "mirror_url": None,
        "archived": False,
        "disabled": False,
        "open_issues_count": open_issues,
        "license": None,
        "allow_forking": True,
        "is_template": False,
        "web_commit_signoff_required": False,
        "topics": [],
        "visibility": "private" if repository.private else "public",
        "forks": 0,
        "open_issues": open_issues,
        "watchers": 0,
        "default_branch": repository.default_branch,
        "custom_properties": {},
    }


def full_repository_json(world: World, repository: Repository, permissions: dict[str, bool]) -> JSON:
    """A repository's own page, with what the caller may do."""
    body = {
        **repository_json(world, repository),
        "permissions": permissions,
        "subscribers_count": 0,
        "network_count": 0,
        "allow_merge_commit": True,
        "allow_squash_merge": True,
        "allow_rebase_merge": True,
        "delete_branch_on_merge": False,
    }
    if repository.parent is not None and not repository.parent.deleted:
        body["parent"] = body["source"] = repository_json(world, repository.parent)
    return body


def short_repository_json(repository: Repository) -> JSON:
    """A repository as installation events list it."""
    return {
        "id": repository.id,
        "node_id": repository.node_id,
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
    }


def pull_reference_json(world: World, pull: PullRequest) -> JSON:
    """A pull request as check runs and suites name it."""

    def side(ref: str, sha: str, repository: Repository) -> dict[str, Any]:
        repo = {"id": repository.id, "url": api_url(world, repository), "name": repository.name}
        return {"ref": ref, "sha": sha, "repo": repo}

    return {
        "id": pull.pull_id,
        "number": pull.number,
        "url": f"{api_url(world, pull.repository)}/pulls/{pull.number}",
        "head": side(pull.head_ref, pull.head_sha, pull.head_repository or pull.repository),
        "base": side(pull.base_ref, pull.base_sha, pull.repository),
    }
