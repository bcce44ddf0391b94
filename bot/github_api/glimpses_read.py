"""Many open pull requests in one request: to see which of them are worth a closer look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.glimpse import Glimpse
from bot.github_api import nodes
from bot.github_api.errors import NotFound
from bot.github_api.graphql import Json
from bot.github_api.pull_request_pages import next_cursor
from bot.github_api.readings import POLICY_PATH
from bot.github_api.session import Session, owner_and_name


@dataclass(frozen=True, slots=True)
class ListedPullRequest:
    """One open pull request of a list. `is_whole`: what the list shows of it is all that there is to compare."""

    title: str
    glimpse: Glimpse
    is_whole: bool


@dataclass(frozen=True, slots=True)
class ListedRepository:
    """A repository's open pull requests, oldest first."""

    node_id: str
    pull_requests: tuple[ListedPullRequest, ...]


def read_glimpses(session: Session, own_app_id: int, repository: str) -> ListedRepository:
    """The open pull requests (1 request for each 50). Raises NotFound when there is no such repository."""
    operation = "list open pull requests"
    found: list[ListedPullRequest] = []
    cursor: str | None = None
    while True:
        variables = {**owner_and_name(repository), "after": cursor, "policyPath": POLICY_PATH}
        parts, _document = session.query(operation, "glimpses", variables)
        answer = parts.data.get("repository") or {}
        page = answer.get("pullRequests")
        if page is None:
            raise NotFound(f"{operation}: no such repository")
        is_whole = not any("requestedReviewer" not in problem.path for problem in parts.problems)
        branch = nodes.default_branch(answer)
        found += [_listed(node, branch, own_app_id, is_whole=is_whole) for node in nodes.nodes(page)]
        cursor = next_cursor(page)
        if cursor is None:
            return ListedRepository(str(answer["id"]), _with_siblings(found))


def _listed(node: Json, default_branch: str, own_app_id: int, *, is_whole: bool) -> ListedPullRequest:
    head_sha, base = str(node["headRefOid"]), node["baseRef"]
    commit: Json = next((one["commit"] for one in nodes.nodes(node["commits"])), {})
    contexts = (commit.get("statusCheckRollup") or {}).get("contexts")
    policy = ((base or {}).get("target") or {}).get("policy")
    check_runs, own_check_runs = nodes.split_by_app(nodes.check_runs(contexts), own_app_id)
    glimpse = Glimpse(
        number=int(node["number"]),
        head_sha=head_sha,
        head_commit_author=nodes.commit_author(commit),
        author=nodes.login_of(node["author"]),
        is_draft=bool(node["isDraft"]),
        base_branch=str(node["baseRefName"]),
        default_branch=default_branch,
        policy_oid=None if policy is None else str(policy["oid"]),
        labels=tuple(str(label["name"]) for label in nodes.nodes(node["labels"])),
        changed_files=int(node["changedFiles"]),
        changed_lines=int(node["additions"]) + int(node["deletions"]),
        opinions=tuple(nodes.reviews(node["reviews"])),
        requested_reviewers=nodes.requested_reviewers(node["reviewRequests"]),
        check_runs=check_runs,
        statuses=tuple(nodes.statuses(contexts)),
        own_check_runs=own_check_runs,
        siblings=(),
    )
    has_all = (
        # After 250 commits the list of a pull request's commits ends before its head.
        commit.get("oid") == head_sha
        and base is not None
        and (policy is None or policy["mode"] in nodes.REGULAR_FILE_MODES)
        and not any(next_cursor(page) for page in (node["labels"], node["reviews"], contexts))
    )
    return ListedPullRequest(str(node["title"]), glimpse, is_whole and has_all)


def _with_siblings(listed: Sequence[ListedPullRequest]) -> tuple[ListedPullRequest, ...]:
    """Each with the numbers of the others that have its head SHA."""
    by_head: Mapping[str, list[int]] = defaultdict(list)
    for one in listed:
        by_head[one.glimpse.head_sha].append(one.glimpse.number)
    return tuple(
        replace(
            one,
            glimpse=replace(
                one.glimpse,
                siblings=tuple(n for n in by_head[one.glimpse.head_sha] if n != one.glimpse.number),
            ),
        )
        for one in listed
    )
