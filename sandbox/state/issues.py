"""Issues, their comments, reactions, labels and milestones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..identifiers import node_id

if TYPE_CHECKING:
    from .accounts import Account, App
    from .repositories import Repository


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
    state_reason: str | None = None
    closed_at: datetime | None = None
    app: App | None = None
    labels: list[Label] = field(default_factory=list)
    milestone: Milestone | None = None
    comments: list[Comment] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        return node_id("Issue", self.id)
