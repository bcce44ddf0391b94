"""GraphQL answers about one plain release, for tests that change a part of it."""

from __future__ import annotations

from typing import Any

from tests.support.pull_request_answers import HEAD, page

WHEN = "2026-02-19T12:00:00Z"


def run(number: int, conclusion: str | None = "SUCCESS", app_id: int = 15368) -> dict[str, Any]:
    """A check run as fragment ContextPage gives it."""
    return {
        "__typename": "CheckRun",
        "id": f"CR_{number}",
        "databaseId": number,
        "name": "track / backend",
        "status": "COMPLETED",
        "conclusion": conclusion,
        "startedAt": WHEN,
        "completedAt": WHEN,
        "externalId": "",
        "checkSuite": {"app": {"databaseId": app_id}},
    }


def rollup(*runs: Any, **info: Any) -> dict[str, Any]:
    """A page of a commit's checks."""
    return {"contexts": page(*runs, **info)}


def commit(sha: str = HEAD, **changes: Any) -> dict[str, Any]:
    """A commit as fragment TrackCommit gives it, straight on the branch and without checks."""
    plain = {
        "oid": sha,
        "committedDate": WHEN,
        "author": {"user": None},
        "statusCheckRollup": None,
        "associatedPullRequests": page(),
    }
    return {**plain, **changes}


def merged(number: int, head_sha: str, **changes: Any) -> dict[str, Any]:
    """A pull request that was merged into main, as fragment BringingPullRequestPage gives it."""
    plain = {
        "number": number,
        "state": "MERGED",
        "mergedAt": WHEN,
        "baseRefName": "main",
        "headRefOid": head_sha,
        "author": {"__typename": "User", "login": "sofia"},
        "baseRepository": {"id": "R_1"},
        "commits": {"nodes": [{"commit": {"oid": head_sha, "statusCheckRollup": None}}]},
    }
    return {**plain, **changes}


def waiting(number: int, base: str = "main", **changes: Any) -> dict[str, Any]:
    """An open pull request as fragment ReleasePullRequestPage gives it."""
    plain = {
        "number": number,
        "title": "t",
        "author": {"__typename": "User", "login": "sofia"},
        "baseRefName": base,
        "milestone": None,
        "labels": page(),
    }
    return {**plain, **changes}


def versions(*oids: str, **info: Any) -> dict[str, Any]:
    """A page of commits, each of which has one evidence file of these contents."""
    entries = [[{"name": "2026-02-19.md", "mode": 0o100644, "oid": oid}] for oid in oids]
    return page(*({"file": {"object": {"entries": each}}} for each in entries), **info)


def target(sha: str = HEAD, **changes: Any) -> dict[str, Any]:
    """The target as fragment ReleaseTarget gives it, with one track folder (`h0`) that nobody touched."""
    plain = {
        "oid": sha,
        "committedDate": WHEN,
        "policy": None,
        "statusCheckRollup": None,
        "evidence": None,
        "versions": page(),
        "h0": {"nodes": []},
    }
    return {**plain, **changes}


def release(head: dict[str, Any] | None, *errors: Any, **changes: Any) -> dict[str, Any]:
    """The first answer about the head of main, which is the target; `nodes` are comments."""
    nodes = changes.pop("nodes", [])
    repository = {
        "id": "R_1",
        "nameWithOwner": "meta/integration",
        "defaultBranchRef": {"name": "main", "target": head},
        "pullRequests": page(),
        **changes,
    }
    return {"data": {"repository": repository, "nodes": nodes}, **({"errors": list(errors)} if errors else {})}
