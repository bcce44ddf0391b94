"""Check suites, check runs and commit statuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..identifiers import node_id

if TYPE_CHECKING:
    from .accounts import Account, App
    from .repositories import Repository


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
