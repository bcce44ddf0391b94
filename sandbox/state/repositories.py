"""A repository and all that hangs on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..git.repository import GitRepository
from ..identifiers import node_id
from .pulls import PullRequest

if TYPE_CHECKING:
    from .accounts import Account
    from .checks import CheckSuite, CommitStatus
    from .deployments import Deployment, Environment
    from .issues import Comment, Issue, Label, Milestone
    from .pulls import MergeQueueEntry
    from .releases import Release
    from .rulesets import Activity, Ruleset, RuleSuite


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
    environments: dict[str, Environment] = field(default_factory=dict)
    deployments: list[Deployment] = field(default_factory=list)
    releases: dict[int, Release] = field(default_factory=dict)
    rulesets: dict[int, Ruleset] = field(default_factory=dict)
    rule_suites: list[RuleSuite] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    burned_tags: set[str] = field(default_factory=set)

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
