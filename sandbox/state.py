"""What the sandbox remembers: plain records of accounts, Apps, repositories and everything inside them.

Files, commits and branches are not here: git keeps them (`sandbox.git`). All access happens under `World.lock`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from .git.repository import GitRepository
from .identifiers import node_id

AccountKind = Literal["User", "Bot", "Organization"]


@dataclass(eq=False, slots=True)
class Account:
    """A person, a bot or an organisation. `email` ties commits to it."""

    id: int
    login: str
    kind: AccountKind
    email: str
    created_at: datetime
    name: str | None = None
    app_slug: str | None = None

    @property
    def node_id(self) -> str:
        return node_id(self.kind, self.id)


@dataclass(eq=False, slots=True)
class Team:
    """A team of an organisation, with the role it gives on repositories (by repository ID)."""

    id: int
    organization: Account
    slug: str
    name: str
    members: list[Account]
    roles: dict[int, str] = field(default_factory=dict)

    @property
    def node_id(self) -> str:
        return node_id("Team", self.id)


@dataclass(eq=False, slots=True)
class App:
    """A GitHub App: its key, its webhook, and the permissions and events it asked for."""

    id: int
    slug: str
    name: str
    client_id: str
    owner: Account
    bot: Account
    private_key_pem: str
    public_key_pem: str
    permissions: dict[str, str]
    events: list[str]
    hook_id: int
    created_at: datetime
    webhook_url: str | None = None
    webhook_secret: str | None = None
    content_type: str = "json"

    @property
    def node_id(self) -> str:
        return node_id("App", self.id)


@dataclass(eq=False, slots=True)
class Installation:
    """An App on an account. `repository_ids` is None when it covers all of the account's repositories."""

    id: int
    app: App
    account: Account
    repository_ids: set[int] | None
    permissions: dict[str, str]
    events: list[str]
    created_at: datetime
    suspended_at: datetime | None = None

    @property
    def node_id(self) -> str:
        return node_id("Installation", self.id)


@dataclass(eq=False, slots=True)
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None

    @property
    def node_id(self) -> str:
        return node_id("Label", self.id)


@dataclass(eq=False, slots=True)
class Milestone:
    """A milestone of a repository."""

    id: int
    number: int
    title: str
    creator: Account
    created_at: datetime
    state: str = "open"
    description: str | None = None
    due_on: datetime | None = None

    @property
    def node_id(self) -> str:
        return node_id("Milestone", self.id)


@dataclass(eq=False, slots=True)
class Reaction:
    """A reaction to a comment; `content` in REST's words (`+1`, `eyes`, ...)."""

    id: int
    account: Account
    content: str
    created_at: datetime

    @property
    def node_id(self) -> str:
        return node_id("Reaction", self.id)


@dataclass(eq=False, slots=True)
class Comment:
    """A comment on an issue or pull request."""

    id: int
    issue: Issue
    author: Account
    body: str
    created_at: datetime
    updated_at: datetime
    app: App | None = None
    edited_at: datetime | None = None
    reactions: list[Reaction] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        return node_id("IssueComment", self.id)


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


@dataclass(eq=False, slots=True, kw_only=True)
class Issue:
    """An issue; a pull request is one too, and shares numbers, labels, milestone and comments with it."""

    id: int
    repository: Repository
    number: int
    author: Account
    title: str
    body: str | None
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    closed_at: datetime | None = None
    labels: list[Label] = field(default_factory=list)
    milestone: Milestone | None = None
    comments: list[Comment] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        return node_id("Issue", self.id)


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
class CheckSuite:
    """All check runs of one App on one commit."""

    id: int
    repository: Repository
    app: App
    head_sha: str
    head_branch: str | None
    created_at: datetime
    updated_at: datetime
    runs: list[CheckRun] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        return node_id("CheckSuite", self.id)


@dataclass(eq=False, slots=True)
class CheckRun:
    """One check run. `status` and `conclusion` in REST's lower-case words."""

    id: int
    suite: CheckSuite
    name: str
    status: str = "queued"
    conclusion: str | None = None
    external_id: str = ""
    details_url: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, object]] = field(default_factory=list)
    actions: list[dict[str, str]] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        return node_id("CheckRun", self.id)


@dataclass(eq=False, slots=True)
class CommitStatus:
    """One commit status; the newest of a context counts."""

    id: int
    repository: Repository
    sha: str
    context: str
    state: str
    description: str | None
    target_url: str | None
    creator: Account
    created_at: datetime

    @property
    def node_id(self) -> str:
        return node_id("StatusContext", self.id)


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


@dataclass(eq=False, slots=True)
class Repository:
    """A repository. `roles` gives each collaborator's role by account ID; the owner is always admin."""

    id: int
    owner: Account
    name: str
    git: GitRepository
    default_branch: str
    private: bool
    created_at: datetime
    updated_at: datetime
    pushed_at: datetime
    parent: Repository | None = None
    deleted: bool = False
    description: str | None = None
    roles: dict[int, str] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    milestones: dict[int, Milestone] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    suites: dict[str, list[CheckSuite]] = field(default_factory=dict)
    statuses: dict[str, list[CommitStatus]] = field(default_factory=dict)
    queues: dict[str, list[MergeQueueEntry]] = field(default_factory=dict)
    pushed_dates: dict[str, datetime] = field(default_factory=dict)

    @property
    def node_id(self) -> str:
        return node_id("Repository", self.id)

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"

    @property
    def pulls(self) -> list[PullRequest]:
        """Its pull requests, oldest first."""
        return [issue for issue in self.issues.values() if isinstance(issue, PullRequest)]
