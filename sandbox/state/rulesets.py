"""Rulesets, and what the log of their evaluations and the activity view keep of each push."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..identifiers import node_id

if TYPE_CHECKING:
    from .accounts import Account
    from .repositories import Repository


@dataclass(eq=False, slots=True, kw_only=True)
class Ruleset:
    """A repository ruleset; actors, conditions and rules in REST's own form."""

    id: int
    repository: Repository
    name: str
    target: str
    enforcement: str
    bypass_actors: list[dict[str, Any]]
    conditions: dict[str, Any]
    rules: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime

    @property
    def node_id(self) -> str:
        return node_id("RepositoryRuleset", self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSuite:
    """How one change of a reference fared against the rulesets; results are pass, fail or bypass.

    `result` is that of active rulesets, `evaluation` that of those in evaluate mode, None without any.
    """

    id: int
    actor: Account
    reference: str
    before: str
    after: str
    pushed_at: datetime
    result: str
    evaluation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One entry of a repository's activity: a branch was pushed, forced, made, deleted or merged into."""

    id: int
    actor: Account
    reference: str
    before: str
    after: str
    moment: datetime
    kind: str

    @property
    def node_id(self) -> str:
        return node_id("Activity", self.id)
