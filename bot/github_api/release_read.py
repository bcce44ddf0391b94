"""One release as GitHub has it → ReleaseReading. One request when nothing is paged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.model import CheckRun, Wanted
from bot.github_api import nodes, release_nodes
from bot.github_api.checks_read import read_checks
from bot.github_api.errors import Forbidden
from bot.github_api.graphql import Json, Problem
from bot.github_api.policy_read import read_policy
from bot.github_api.readings import POLICY_PATH, Handles
from bot.github_api.release_pages import NODES_IN_A_QUERY, Pages, read_release_pages, still_there
from bot.github_api.release_readings import FolderCommit, ReleaseReading, ReleaseReadingPlan
from bot.github_api.session import Session, owner_and_name
from bot.github_api.track_commits import Branch, track_commit


@dataclass(frozen=True, slots=True)
class _Answer:
    """The first answer, taken apart. `target` is the target commit's JSON, empty when there is none."""

    repository: Json
    release_branch: str
    head: Json
    target: Json
    problems: tuple[Problem, ...]
    existing_comments: tuple[str, ...]
    aliases: dict[str, str]


def read_release(
    session: Session, own_app_id: int, repository: str, plan: ReleaseReadingPlan
) -> ReleaseReading | None:
    """The release; None when there is no such repository."""
    wanted = Wanted(documents=plan.documents)
    answer = _first_answer(session, repository, plan, wanted)
    if answer is None:
        return None
    directory = (plan.evidence_directory or "").strip("/")
    pages = Pages(
        repository, answer.release_branch, plan.branch, answer.target.get("oid"), directory, plan.comments
    )
    pages.add(answer.repository["pullRequests"], answer.target.get("versions"), answer.existing_comments)
    read_release_pages(session, pages)
    tracks, unread_tracks = _tracks(session, repository, answer, plan)
    policy = read_policy(session, repository, (answer.repository["defaultBranchRef"] or {}).get("target"))
    own_check_runs, unread_checks = _own_check_runs(session, repository, answer.target, own_app_id)
    evidence = release_nodes.evidence_entries(answer.target, directory)
    at_target = {(entry.path, entry.oid) for entry in evidence}
    return ReleaseReading(
        repository=str(answer.repository["nameWithOwner"]),
        default_branch=nodes.default_branch(answer.repository),
        release_branch=answer.release_branch,
        head_sha=answer.head.get("oid"),
        head_committed_at=datetime.fromisoformat(answer.head["committedDate"]) if answer.head else None,
        target_sha=answer.target.get("oid"),
        handles=Handles(answer.repository["id"], (answer.repository.get("issue") or {}).get("id")),
        policy_file=policy.file,
        tracks=tracks,
        documents=nodes.documents(answer.target, wanted, answer.aliases) if answer.target else {},
        evidence=evidence,
        earlier_evidence=tuple(one for one in pages.versions if (one.path, one.oid) not in at_target),
        existing_tag=release_nodes.existing_tag(answer.repository.get("tag")),
        open_pull_requests=tuple(pages.pull_requests),
        existing_comments=frozenset(pages.existing_comments),
        own_check_runs=own_check_runs,
        unreadable=(
            *nodes.unreadable(_that_matter((*answer.problems, *pages.problems)), answer.aliases),
            *pages.cut,
            *unread_tracks,
            *unread_checks,
            *policy.unreadable,
        ),
    )


def _first_answer(session: Session, repository: str, plan: ReleaseReadingPlan, wanted: Wanted) -> _Answer | None:
    histories = release_nodes.track_histories(plan.tracks.values())
    parts, document = session.query(
        "read a release", "release", _variables(repository, plan), wanted, (histories,)
    )
    found = parts.data.get("repository")
    if found is None:
        denied = next((problem for problem in parts.problems if problem.kind == "FORBIDDEN"), None)
        if denied is not None:
            raise Forbidden(f"read a release: {denied.message}")
        return None
    ref = found["defaultBranchRef"] if plan.branch is None else found["branch"]
    head = (ref or {}).get("target") or {}
    target = head if plan.target is None else found["target"] or {}
    return _Answer(
        repository=found,
        release_branch=plan.branch or nodes.default_branch(found),
        head=head if "committedDate" in head else {},
        target=target if _is_target(target, plan.target) else {},
        problems=parts.problems,
        existing_comments=tuple(still_there(plan.comments[:NODES_IN_A_QUERY], parts.data)),
        aliases=dict(document.aliases),
    )


def _variables(repository: str, plan: ReleaseReadingPlan) -> dict[str, Any]:
    directory = (plan.evidence_directory or "").strip("/")
    comments = list(plan.comments[:NODES_IN_A_QUERY])
    return {
        **owner_and_name(repository),
        "policyPath": POLICY_PATH,
        "atDefault": plan.branch is None and plan.target is None,
        "branchRef": f"refs/heads/{plan.branch}",
        "withBranch": plan.branch is not None,
        "atBranch": plan.branch is not None and plan.target is None,
        "target": plan.target or "",
        "atTarget": plan.target is not None,
        "tagRef": f"refs/tags/{plan.tag}",
        "withTag": plan.tag is not None,
        "evidence": directory,
        "withEvidence": bool(directory),
        "base": plan.branch,
        "comments": comments,
        "withComments": bool(comments),
        "issue": plan.issue or 0,
        "withIssue": plan.issue is not None,
    }


def _is_target(target: Json, asked_for: str | None) -> bool:
    """Whether it is a commit, and the one named: a branch or tag may be called like an abbreviated SHA."""
    if "committedDate" not in target:
        return False
    return asked_for is None or str(target["oid"]).startswith(asked_for.lower())


def _that_matter(problems: Iterable[Problem]) -> list[Problem]:
    """Without what is an answer in itself: a comment or issue that is gone, a target that nobody knows."""
    answers = (("nodes",), ("repository", "target"), ("repository", "issue"))
    return [
        one for one in problems if one.kind != "NOT_FOUND" or not any(one.path[: len(a)] == a for a in answers)
    ]


def _tracks(
    session: Session, repository: str, answer: _Answer, plan: ReleaseReadingPlan
) -> tuple[dict[str, tuple[FolderCommit, ...]], tuple[str, ...]]:
    """Each track's last commits. One commit that touched several folders is read once."""
    if not answer.target:
        return {}, ()
    branch = Branch(repository, str(answer.repository["id"]), answer.release_branch)
    found = release_nodes.folder_commits(answer.target, plan.tracks)
    commits = {str(commit["oid"]): commit for each in found.values() for _, commit, _ in each}
    read = {sha: track_commit(session, branch, commit) for sha, commit in commits.items()}
    tracks = {
        track: tuple(FolderCommit(folder, read[commit["oid"]].commit, is_last) for folder, commit, is_last in each)
        for track, each in found.items()
    }
    return tracks, tuple(text for one in read.values() for text in one.unreadable)


def _own_check_runs(
    session: Session, repository: str, target: Json, own_app_id: int
) -> tuple[tuple[CheckRun, ...], tuple[str, ...]]:
    if not target:
        return (), ()
    checks = read_checks(session, repository, target)
    return nodes.split_by_app(checks.check_runs, own_app_id)[1], checks.unreadable
