"""Pull requests, reviews, review requests and places in a merge queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..identifiers import node_id
from .issues import Issue

if TYPE_CHECKING:
    from .accounts import Account, Team
    from .repositories import Repository


@dataclass(eq=False, slots=True, kw_only=True)
class PullRequest(Issue):
    """A pull request. `head_repository` is None once the fork was deleted; `head_owner` stays known."""

    pull_id: int
    head_repository: Repository | None
    head_owner: Account
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    landed: tuple[str, ...] = ()
    """The commits that merging it made: one, or each commit that was rebased."""
    reviews: list[Review] = field(default_factory=list)
    review_requests: list[ReviewRequest] = field(default_factory=list)
    mergeability_read: set[tuple[str, str]] = field(default_factory=set)

    @property
    def node_id(self) -> str:
        return node_id("PullRequest", self.pull_id)

    @property
    def merged(self) -> bool:
        """Whether it was merged."""
        return self.merged_at is not None

    @property
    def cross_repository(self) -> bool:
        """Whether the head lies in another repository than the base, or did before that was deleted."""
        return self.head_repository is not self.repository


@dataclass(eq=False, slots=True)
class Review:
    """A review. `state` in GitHub's upper-case words, `commit_id` the head SHA when it was submitted."""

    id: int
    pull: PullRequest
    author: Account
    body: str
    state: str
    commit_id: str
    submitted_at: datetime
    updated_at: datetime

    @property
    def node_id(self) -> str:
        return node_id("PullRequestReview", self.id)


@dataclass(eq=False, slots=True)
class ReviewRequest:
    """Somebody, or a team, asked to review."""

    id: int
    pull: PullRequest
    reviewer: Account | Team

    @property
    def node_id(self) -> str:
        return node_id("ReviewRequest", self.id)


@dataclass(eq=False, slots=True)
class MergeQueueEntry:
    """A pull request waiting in the merge queue of a branch; `head_sha` is its merge group's head once made."""

    id: int
    pull: PullRequest
    enqueuer: Account
    enqueued_at: datetime
    base_sha: str | None = None
    head_sha: str | None = None

    @property
    def node_id(self) -> str:
        return node_id("MergeQueueEntry", self.id)
