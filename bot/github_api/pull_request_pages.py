"""Further pages of one pull request's connections: each request fetches the next page of all that have one."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.core.model import ChangedFile, CheckRun, CommitStatus, Review
from bot.github_api import nodes
from bot.github_api.errors import Retryable
from bot.github_api.graphql import Json, Problem
from bot.github_api.pull_request_files import MOST_FILES, MOVED_WAIT, needs_previous_paths
from bot.github_api.session import Session, owner_and_name

# 3,000 files are 30 pages; nothing else may keep us longer, whoever posts reviews or opens pull requests.
MOST_PAGES = 30
CONNECTIONS = ("files", "labels", "reviews", "contexts", "siblings")


@dataclass
class Collected:
    """What the pages held so far, and the cursor of the next page of each connection that has one."""

    repository: str
    repository_id: str
    number: int
    head_sha: str
    changed_files: int
    labels: dict[str, str] = field(default_factory=dict)
    files: list[ChangedFile] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    check_runs: list[CheckRun] = field(default_factory=list)
    statuses: list[CommitStatus] = field(default_factory=list)
    siblings: list[int] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    cut: tuple[str, ...] = ()

    def add(self, pull_request: Json, commit: Json) -> None:
        """Take in one page of each connection that the answer has."""
        self.labels |= {str(node["name"]): str(node["id"]) for node in nodes.nodes(pull_request.get("labels"))}
        self.files += nodes.changed_files(pull_request.get("files"))
        self.reviews = nodes.reviews(pull_request.get("reviews")) + self.reviews
        contexts = (commit.get("statusCheckRollup") or {}).get("contexts")
        self.check_runs += nodes.check_runs(contexts)
        self.statuses += nodes.statuses(contexts)
        associated = commit.get("associatedPullRequests")
        self.siblings += nodes.siblings(associated, self.repository_id, self.number, self.head_sha)
        pages = (
            pull_request.get("files"),
            pull_request.get("labels"),
            pull_request.get("reviews"),
            contexts,
            associated,
        )
        self.cursors = {
            name: cursor for name, page in zip(CONNECTIONS, pages, strict=True) if (cursor := next_cursor(page))
        }
        if self.needs_rest_files or self.changed_files > MOST_FILES:
            self.cursors.pop("files", None)

    @property
    def needs_rest_files(self) -> bool:
        """Whether the files have to be read by REST instead, all of them."""
        return self.changed_files <= MOST_FILES and needs_previous_paths(self.files)


def read_further_pages(session: Session, collected: Collected) -> None:
    """Read until no connection has a next page. Raises Retryable when the head moved meanwhile."""
    for _ in range(MOST_PAGES):
        if not collected.cursors:
            return
        variables = {
            **owner_and_name(collected.repository),
            "number": collected.number,
            "headSha": collected.head_sha,
            **{name: collected.cursors.get(name) for name in CONNECTIONS},
            **{f"with{name.capitalize()}": name in collected.cursors for name in CONNECTIONS},
        }
        parts, _document = session.query("read further pages", "pull_request_pages", variables)
        repository = parts.data.get("repository") or {}
        pull_request = repository.get("pullRequest") or {}
        if pull_request.get("headRefOid") != collected.head_sha:
            raise Retryable("the pull request moved while it was read", MOVED_WAIT)
        collected.problems += parts.problems
        collected.add(pull_request, repository.get("object") or {})
    collected.cut = tuple(f"{name}: more than {MOST_PAGES} pages" for name in collected.cursors)


def next_cursor(page: Json | None) -> str | None:
    """The cursor of the page that follows (for lists read from their end: that precedes), if there is one."""
    info = (page or {}).get("pageInfo") or {}
    if info.get("hasNextPage"):
        return str(info["endCursor"])
    return str(info["startCursor"]) if info.get("hasPreviousPage") else None
