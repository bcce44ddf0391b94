"""The commits that last touched a track, each with its checks and the pull request that brought it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.release_model import MergedPullRequest, TrackCommit
from bot.github_api import nodes
from bot.github_api.checks_read import Checks, read_checks
from bot.github_api.errors import NotFound
from bot.github_api.graphql import Json
from bot.github_api.pull_request_pages import MOST_PAGES, next_cursor
from bot.github_api.session import Session, owner_and_name


@dataclass(frozen=True, slots=True)
class Branch:
    """The release branch of one repository: what a pull request was merged into to have brought a commit."""

    repository: str
    repository_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ReadCommit:
    """A commit, and what of it could not be read."""

    commit: TrackCommit
    unreadable: tuple[str, ...] = ()


def track_commit(session: Session, branch: Branch, commit: Json) -> ReadCommit:
    """Fragment TrackCommit; a request for each further page of its checks or pull requests, which are rare."""
    checks = read_checks(session, branch.repository, commit)
    brought_by, unreadable = _brought_by(session, branch, commit)
    found = TrackCommit(
        sha=str(commit["oid"]),
        author=nodes.commit_author(commit) or nodes.GHOST,
        committed_at=datetime.fromisoformat(commit["committedDate"]),
        check_runs=checks.check_runs,
        statuses=checks.statuses,
        pull_request=brought_by,
    )
    return ReadCommit(found, tuple(f"{found.sha[:7]}: {text}" for text in (*checks.unreadable, *unreadable)))


def read_history(
    session: Session, repository: str, branch: str, commit_sha: str, folder: str
) -> tuple[TrackCommit, ...]:
    """The last ten commits that touched a folder ("" is the whole tree), from `commit_sha` back, the newest first.

    1 request in the usual case. A commit of which not all checks could be read comes without any: the one that
    failed may be missing. Raises NotFound when there is no such commit.
    """
    variables = {**owner_and_name(repository), "sha": commit_sha, "path": folder.strip("/") or None}
    parts, _document = session.query("read a history", "history", variables)
    found = parts.data.get("repository") or {}
    history = (found.get("object") or {}).get("history")
    if history is None:
        raise NotFound("read a history: no such commit")
    at = Branch(repository, str(found["id"]), branch)
    read = [track_commit(session, at, node) for node in nodes.nodes(history)]
    return tuple(_without_checks(one.commit) if one.unreadable else one.commit for one in read)


def _without_checks(commit: TrackCommit) -> TrackCommit:
    merged = commit.pull_request
    bare = replace(merged, check_runs=(), statuses=()) if merged is not None else None
    return replace(commit, check_runs=(), statuses=(), pull_request=bare)


def _brought_by(
    session: Session, branch: Branch, commit: Json
) -> tuple[MergedPullRequest | None, tuple[str, ...]]:
    """The pull request that brought a commit: the first that was merged into the branch with the commit in it."""
    pulls: list[Json] = []
    page = commit["associatedPullRequests"]
    for _ in range(MOST_PAGES):
        pulls += [node for node in nodes.nodes(page) if _is_into(branch, node)]
        cursor = next_cursor(page)
        if cursor is None:
            break
        variables = {**owner_and_name(branch.repository), "sha": commit["oid"], "after": cursor}
        parts, _document = session.query("read pull requests of a commit", "associated", variables)
        page = ((parts.data.get("repository") or {}).get("object") or {}).get("associatedPullRequests")
    cut = ("pull requests: not all could be read",) if page is None or next_cursor(page) else ()
    if not pulls:
        return None, cut
    first = min(pulls, key=lambda node: (datetime.fromisoformat(node["mergedAt"]), int(node["number"])))
    head = _head_of(session, branch, first)
    checks = read_checks(session, branch.repository, head) if head else Checks((), (), ("no such commit",))
    merged = MergedPullRequest(
        number=int(first["number"]),
        author=nodes.login_of(first["author"]),
        head_sha=str(first["headRefOid"]),
        merged_at=datetime.fromisoformat(first["mergedAt"]),
        check_runs=checks.check_runs,
        statuses=checks.statuses,
    )
    return merged, (*cut, *(f"the head of #{merged.number}: {text}" for text in checks.unreadable))


def _head_of(session: Session, branch: Branch, pull: Json) -> Json:
    """The head commit; the list of commits ends after 250, so its last one need not be the head."""
    sha = pull["headRefOid"]
    for commit in (node["commit"] for node in nodes.nodes(pull["commits"])):
        if commit["oid"] == sha:
            return dict(commit)
    variables = {**owner_and_name(branch.repository), "sha": sha, "contexts": None}
    parts, _document = session.query("read the checks of a head", "contexts", variables)
    found = (parts.data.get("repository") or {}).get("object") or {}
    return dict(found) if found.get("oid") == sha else {}


def _is_into(branch: Branch, node: Json) -> bool:
    return (
        node["state"] == "MERGED"
        and node["mergedAt"] is not None
        and node["baseRefName"] == branch.name
        and (node["baseRepository"] or {}).get("id") == branch.repository_id
    )
