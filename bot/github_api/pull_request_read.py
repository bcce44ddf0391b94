"""One pull request → PullRequestReading: one query, and more requests only for what one query cannot hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.model import PullRequestFacts, Wanted
from bot.github_api import nodes
from bot.github_api.errors import Forbidden
from bot.github_api.graphql import Json, Problem
from bot.github_api.policy_read import read_policy
from bot.github_api.pull_request_files import read_files
from bot.github_api.pull_request_pages import Collected, read_further_pages
from bot.github_api.readings import POLICY_PATH, Handles, PullRequestReading
from bot.github_api.session import Session, owner_and_name


@dataclass(frozen=True, slots=True)
class _Answer:
    """The first answer, taken apart. `commit` is the head commit's JSON, empty when it could not be read."""

    repository: Json
    pull_request: Json
    commit: Json
    aliases: Mapping[str, str]
    problems: tuple[Problem, ...]
    users: Mapping[str, str]


def read_pull_request(
    session: Session, own_app_id: int, repository: str, number: int, wanted: Wanted, now: datetime
) -> PullRequestReading | None:
    """All that a decision needs; None when the repository has no such pull request."""
    answer = _first_answer(session, repository, number, wanted)
    if answer is None:
        return None
    pages = Collected(
        repository,
        repository_id=answer.repository["id"],
        number=number,
        head_sha=answer.pull_request["headRefOid"],
        changed_files=answer.pull_request["changedFiles"],
    )
    pages.add(answer.pull_request, answer.commit)
    read_further_pages(session, pages)
    if pages.needs_rest_files:
        pages.files = read_files(session, repository, number, pages.head_sha)
    base = answer.pull_request["baseRef"]
    policy = read_policy(session, repository, (base or {}).get("target"))
    facts = replace(
        _facts(answer, pages, wanted, own_app_id, now),
        unreadable=(
            *nodes.unreadable((*answer.problems, *pages.problems), answer.aliases),
            *(() if answer.commit else ("the head commit",)),
            *(() if base else ("the base branch: it is gone",)),
            *pages.cut,
            *policy.unreadable,
        ),
    )
    handles = Handles(answer.repository["id"], answer.pull_request["id"], answer.users, pages.labels)
    return PullRequestReading(facts, handles, policy.file, tuple(sorted(set(pages.siblings))))


def _first_answer(session: Session, repository: str, number: int, wanted: Wanted) -> _Answer | None:
    variables = {**owner_and_name(repository), "number": number, "policyPath": POLICY_PATH}
    parts, document = session.query("read a pull request", "pull_request", variables, wanted)
    found = parts.data.get("repository") or {}
    pull_request = found.get("pullRequest")
    if pull_request is None:
        denied = next((problem for problem in parts.problems if problem.kind == "FORBIDDEN"), None)
        if denied is not None:
            raise Forbidden(f"read a pull request: {denied.message}")
        return None
    commit, problems = _head_commit(session, repository, pull_request, wanted)
    return _Answer(
        repository=found,
        pull_request=pull_request,
        commit=commit,
        aliases=document.aliases,
        problems=(*parts.problems, *problems),
        users=nodes.user_node_ids(parts.data, document.aliases),
    )


def _head_commit(
    session: Session, repository: str, pull_request: Json, wanted: Wanted
) -> tuple[Json, tuple[Problem, ...]]:
    """The head commit: the last of the commit list, unless that ends earlier, as it does after 250 commits."""
    sha = pull_request["headRefOid"]
    for node in nodes.nodes(pull_request["commits"]):
        if node["commit"]["oid"] == sha:
            return node["commit"], ()
    variables = {**owner_and_name(repository), "sha": sha}
    parts, _document = session.query("read the head commit", "commit", variables, wanted)
    commit = (parts.data.get("repository") or {}).get("object") or {}
    return (commit if commit.get("oid") == sha else {}), parts.problems


def _facts(answer: _Answer, pages: Collected, wanted: Wanted, own_app_id: int, now: datetime) -> PullRequestFacts:
    pull_request, commit = answer.pull_request, answer.commit
    check_runs, own_check_runs = nodes.split_by_app(pages.check_runs, own_app_id)
    return PullRequestFacts(
        repository=str(answer.repository["nameWithOwner"]),
        number=pages.number,
        title=str(pull_request["title"]),
        author=nodes.login_of(pull_request["author"]),
        is_open=pull_request["state"] == "OPEN",
        is_draft=bool(pull_request["isDraft"]),
        base_branch=str(pull_request["baseRefName"]),
        default_branch=nodes.default_branch(answer.repository),
        head_sha=pages.head_sha,
        head_commit_author=nodes.commit_author(commit),
        head_seen_at=now,
        labels=tuple(pages.labels),
        changed_files=pages.changed_files,
        changed_lines=pull_request["additions"] + pull_request["deletions"],
        files=tuple(pages.files),
        reviews=tuple(pages.reviews),
        requested_reviewers=nodes.requested_reviewers(pull_request["reviewRequests"]),
        check_runs=check_runs,
        statuses=tuple(pages.statuses),
        own_check_runs=own_check_runs,
        documents=nodes.documents(commit, wanted, answer.aliases),
        trees=_trees(answer, wanted),
    )


def _trees(answer: _Answer, wanted: Wanted) -> Mapping[str, Mapping[str, str | None]]:
    reviewed = [node["commit"] for node in nodes.nodes(answer.pull_request["latestOpinionatedReviews"])]
    others = {commit["oid"]: nodes.folders(commit, wanted, answer.aliases) for commit in reviewed if commit}
    if not answer.commit:
        return others
    head = nodes.folders(answer.commit, wanted, answer.aliases)
    return nodes.trees(answer.pull_request["headRefOid"], head, others)
