"""Our comments on issues and pull requests, and issues of ours: found again by a marker in their text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core.model import AddComment
from bot.github_api import nodes
from bot.github_api.errors import NotFound
from bot.github_api.graphql import Json
from bot.github_api.mutations import LONGEST_COMMENT, Mutation, mutation_for, shortened
from bot.github_api.pull_request_pages import MOST_PAGES
from bot.github_api.readings import Handles
from bot.github_api.release_readings import Comment, Issue
from bot.github_api.session import PAGE_SIZE, Session, owner_and_name, repository_path
from bot.github_api.writes import mutate_one

LONGEST_ISSUE_TITLE = 256


def read_issue(session: Session, repository: str, number: int) -> Issue | None:
    """An issue or pull request, with the node ID to comment on it; None when there is none (1 request)."""
    try:
        item = session.get("read an issue", repository_path(repository, "issues", number))
    except NotFound:
        return None
    return _issue(item)


def find_own_comment(session: Session, slug: str, repository: str, number: int, marker: str) -> Comment | None:
    """Our App's oldest comment with `marker` in it, on an issue or pull request; None when there is none.

    1 request for each 100 comments: keep the node ID, and come here only when it is lost.
    """
    variables = {**owner_and_name(repository), "number": number, "before": None}
    oldest: Comment | None = None
    for _ in range(MOST_PAGES):
        parts, _document = session.query("find our comment", "conversation", variables)
        found = (parts.data.get("repository") or {}).get("issueOrPullRequest")
        if found is None:
            return None
        page = found["comments"]
        own = (node for node in nodes.nodes(page) if _is_ours(node["author"], slug))
        marked = next((node for node in own if marker in str(node["body"])), None)
        oldest = _comment(marked) if marked is not None else oldest
        if not page["pageInfo"]["hasPreviousPage"]:
            return oldest
        variables["before"] = page["pageInfo"]["startCursor"]
    return oldest


def add_comment(session: Session, subject_node_id: str, body: str) -> Comment:
    """Comment on an issue or pull request. Raises Retryable when it is unknown whether GitHub did it."""
    mutation = mutation_for(AddComment(body), Handles("", subject_node_id), "")
    answer = mutate_one(session, "add a comment", _selecting(mutation, "commentEdge { node { id url body } }"))
    return _comment(answer["commentEdge"]["node"])


def update_comment(session: Session, node_id: str, body: str) -> Comment:
    """Give a comment another body. Raises NotFound when it was deleted."""
    given = {"id": node_id, "body": shortened(body, LONGEST_COMMENT)}
    selection = "issueComment { id url body }"
    mutation = Mutation("updateIssueComment", "UpdateIssueCommentInput", selection, given)
    return _comment(mutate_one(session, "update a comment", mutation)["issueComment"])


def find_own_issue(session: Session, slug: str, repository: str, marker: str, since: datetime) -> Issue | None:
    """Our App's oldest issue with `marker` in its body that was made at `since` or later; None when there is none.

    1 request for each 100 issues made since. No filter by creator: how an App is named in it is not documented.
    """
    path = repository_path(repository, "issues")
    oldest: Json | None = None
    for number in range(1, MOST_PAGES + 1):
        parameters: dict[str, str | int] = {
            "state": "all",
            "sort": "created",
            "direction": "desc",
            "per_page": PAGE_SIZE,
            "page": number,
        }
        page = session.get("list issues", path, parameters)
        young = [
            item for item in page if datetime.fromisoformat(item["created_at"]) >= since.replace(microsecond=0)
        ]
        for item in young:
            author = item.get("user") or {}
            is_ours = author.get("type") == "Bot" and author.get("login") == f"{slug}[bot]"
            if is_ours and marker in str(item.get("body") or ""):
                oldest = item
        if len(young) < PAGE_SIZE:
            break
    return None if oldest is None else _issue(oldest)


def create_issue(session: Session, repository: str, title: str, body: str, labels: Sequence[str] = ()) -> Issue:
    """Open an issue. Raises NotFound where issues are switched off (GitHub answers 410)."""
    given = {
        "title": shortened(title, LONGEST_ISSUE_TITLE, "…"),
        "body": shortened(body, LONGEST_COMMENT),
        "labels": list(labels),
    }
    path = repository_path(repository, "issues")
    return _issue(session.change("POST", "open an issue", path, given, creates_content=True))


def close_issue(session: Session, repository: str, number: int) -> Issue:
    """Close an issue as completed; one that is closed stays so."""
    given = {"state": "closed", "state_reason": "completed"}
    return _issue(session.change("PATCH", "close an issue", repository_path(repository, "issues", number), given))


def _selecting(mutation: Mutation, selection: str) -> Mutation:
    return Mutation(mutation.name, mutation.input_type, selection, mutation.input)


def _is_ours(author: Json | None, slug: str) -> bool:
    """GraphQL names an App's account without `[bot]`, REST with it."""
    return author is not None and author["__typename"] == "Bot" and author["login"] in (slug, f"{slug}[bot]")


def _comment(node: Json) -> Comment:
    return Comment(str(node["id"]), str(node["url"]), str(node["body"]))


def _issue(item: Json) -> Issue:
    return Issue(int(item["number"]), str(item["node_id"]), str(item["html_url"]), item["state"] == "open")
