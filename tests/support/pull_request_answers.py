"""GraphQL answers about one plain pull request, for tests that change a part of it."""

from __future__ import annotations

from typing import Any

HEAD, OTHER = "a" * 40, "b" * 40
LAST_PAGE = {"hasNextPage": False, "endCursor": None, "hasPreviousPage": False, "startCursor": None}
MORE = {"hasNextPage": True, "endCursor": "next"}
EARLIER = {"hasPreviousPage": True, "startCursor": "before"}


def page(*nodes: Any, info: Any = LAST_PAGE) -> dict[str, Any]:
    """A page of a connection."""
    return {"pageInfo": info, "nodes": list(nodes)}


def files(*paths: str, change: str = "MODIFIED", info: Any = LAST_PAGE) -> dict[str, Any]:
    """A page of changed files."""
    return page(*({"path": path, "changeType": change} for path in paths), info=info)


def commit(sha: str = HEAD, **changes: Any) -> dict[str, Any]:
    """A head commit as fragment HeadCommit gives it."""
    plain = {
        "oid": sha,
        "tree": {"oid": "t"},
        "author": {"user": None},
        "statusCheckRollup": None,
        "associatedPullRequests": page(),
    }
    return {**plain, **changes}


def pull_request(**changes: Any) -> dict[str, Any]:
    """A plain pull request with one file, as the first query gives it."""
    plain = {
        "id": "PR_1",
        "headRefOid": HEAD,
        "title": "t",
        "state": "OPEN",
        "isDraft": False,
        "author": {"__typename": "User", "login": "sofia"},
        "baseRefName": "main",
        "baseRef": {"target": {"policy": None}},
        "additions": 1,
        "deletions": 1,
        "changedFiles": 1,
        "labels": page(),
        "files": files("backend/a.py"),
        "reviews": page(),
        "latestOpinionatedReviews": page(),
        "reviewRequests": page(),
        "commits": {"nodes": [{"commit": commit()}]},
    }
    return {**plain, **changes}


def answer(found: dict[str, Any] | None, target: Any = None, errors: Any = None) -> dict[str, Any]:
    """A GraphQL answer about the repository."""
    repository = {"id": "R_1", "nameWithOwner": "meta/integration", "defaultBranchRef": {"name": "main"}}
    data = {"repository": {**repository, "pullRequest": found, "object": target}}
    return {"data": data, "errors": errors} if errors else {"data": data}
