"""Further pages of what is read for a release: each request fetches the next page of all lists that have one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.github_api import release_nodes
from bot.github_api.graphql import Json, Problem
from bot.github_api.pull_request_pages import MOST_PAGES, next_cursor
from bot.github_api.release_readings import EvidenceVersion, OpenPullRequestLabels
from bot.github_api.session import Session, owner_and_name

NODES_IN_A_QUERY = 100
"""Node IDs that one `nodes(ids:)` is asked for; GitHub's own limit, which its documents do not state."""


@dataclass
class Pages:
    """What the pages held so far, and the cursor of the next page of each list that has one.

    `base` is what the first page of pull requests was limited to: a cursor is only good for the same list.
    """

    repository: str
    release_branch: str
    base: str | None
    target_sha: str | None
    directory: str
    comments: tuple[str, ...]
    pull_requests: list[OpenPullRequestLabels] = field(default_factory=list)
    versions: dict[EvidenceVersion, None] = field(default_factory=dict)
    existing_comments: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    pulls_cursor: str | None = None
    versions_cursor: str | None = None
    asked_comments: int = 0

    def add(self, pull_requests: Json | None, versions: Json | None, comments: Iterable[str]) -> None:
        """Take in one page of each list that the answer has."""
        self.pull_requests += release_nodes.open_pull_requests(pull_requests, self.release_branch)
        self.cut += release_nodes.with_cut_labels(pull_requests, self.release_branch)
        self.versions |= dict.fromkeys(release_nodes.evidence_versions(versions, self.directory))
        self.existing_comments += comments
        self.asked_comments += NODES_IN_A_QUERY
        self.pulls_cursor, self.versions_cursor = next_cursor(pull_requests), next_cursor(versions)

    @property
    def comments_left(self) -> list[str]:
        """The comments to ask for next."""
        return list(self.comments[self.asked_comments : self.asked_comments + NODES_IN_A_QUERY])


def read_release_pages(session: Session, pages: Pages) -> None:
    """Read until no list has a next page. Lists longer than `MOST_PAGES` are named in `cut`."""
    for _ in range(MOST_PAGES):
        comments = pages.comments_left
        if not (pages.pulls_cursor or pages.versions_cursor or comments):
            return
        variables = {
            **owner_and_name(pages.repository),
            "base": pages.base,
            "pulls": pages.pulls_cursor,
            "withPulls": pages.pulls_cursor is not None,
            "sha": pages.target_sha or "0" * 40,
            "evidence": pages.directory,
            "versions": pages.versions_cursor,
            "withVersions": pages.versions_cursor is not None,
            "comments": comments,
            "withComments": bool(comments),
        }
        parts, _document = session.query("read further pages of a release", "release_pages", variables)
        repository = parts.data.get("repository") or {}
        pages.problems += parts.problems
        history = (repository.get("object") or {}).get("history")
        pages.add(repository.get("pullRequests"), history, still_there(comments, parts.data))
    if pages.pulls_cursor:
        pages.cut.append(f"open pull requests: more than {MOST_PAGES} pages")
    if pages.versions_cursor:
        pages.cut.append(f"earlier evidence: more than {MOST_PAGES} pages")
    if pages.comments_left:
        pages.cut.append(f"comments: more than {MOST_PAGES} pages")


def still_there(comments: Sequence[str], data: Json) -> list[str]:
    """Those of the node IDs that were asked for that are not null in the answer, which keeps their order."""
    return [comment for comment, node in zip(comments, data.get("nodes") or (), strict=False) if node is not None]
