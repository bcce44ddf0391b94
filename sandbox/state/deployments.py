"""Environments with the Apps that protect them, and deployments that wait for those Apps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ..identifiers import node_id

if TYPE_CHECKING:
    from .accounts import Account, App
    from .repositories import Repository

Verdict = Literal["waiting", "approved", "rejected"]


@dataclass(eq=False, slots=True)
class ProtectionRule:
    """An App whose word a deployment to an environment needs."""

    id: int
    app: App

    @property
    def node_id(self) -> str:
        return node_id("DeploymentProtectionRule", self.id)


@dataclass(eq=False, slots=True)
class Environment:
    """An environment of a repository, such as `production`; its name is found in any case."""

    id: int
    repository: Repository
    name: str
    created_at: datetime
    rules: list[ProtectionRule] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        return node_id("Environment", self.id)

    def rule_of(self, app: App) -> ProtectionRule | None:
        """The App's rule, or None."""
        return next((rule for rule in self.rules if rule.app is app), None)


@dataclass(frozen=True, slots=True)
class Report:
    """What an App said of a deployment: `state` approved or rejected, None for a comment alone."""

    state: str | None
    comment: str | None
    reported_at: datetime


@dataclass(eq=False, slots=True)
class Gate:
    """One App that a deployment waits for, and what the App said so far."""

    app: App
    state: Verdict = "waiting"
    reports: list[Report] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Deployment:
    """A job of the workflow run `run_id` that wants to deploy `sha` (named by `ref`) to an environment."""

    id: int
    repository: Repository
    environment: Environment
    ref: str
    sha: str
    event: str
    run_id: int
    creator: Account
    created_at: datetime
    gates: list[Gate] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        return node_id("Deployment", self.id)

    @property
    def state(self) -> Verdict:
        """`rejected` once any App says so, `approved` when all do."""
        states = {gate.state for gate in self.gates}
        if "rejected" in states:
            return "rejected"
        return "waiting" if "waiting" in states else "approved"

    @property
    def comments(self) -> list[str]:
        """All that Apps said, in the order of the Apps."""
        return [report.comment for gate in self.gates for report in gate.reports if report.comment is not None]

    def gate_of(self, app: App) -> Gate | None:
        """The App's gate, or None when nobody asked it."""
        return next((gate for gate in self.gates if gate.app is app), None)
