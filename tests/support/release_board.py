"""A repository's releases as the service keeps them, for tests of what people see of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter

from bot.core.release_model import ReleaseDecision
from bot.core.tags import IncidentKind, Remedy, TagIncident
from bot.store.database import Connection
from bot.store.deployments import Deployment, DeploymentState, note_deployment_answered, store_deployment
from bot.store.log import Entry, Kind, append
from bot.store.releases import (
    Obstacle,
    Plan,
    Release,
    arm,
    cancel,
    finish,
    keep_plan,
    note_release_id,
    note_tag_object,
    release_of,
    set_obstacle,
)
from bot.store.tags import keep_incidents, note_issue
from tests.support.release_builders import NOW, TARGET

REPOSITORY = "meta/integration"
_DECISION = TypeAdapter(ReleaseDecision)


def keep_armed(connection: Connection, tag: str, *, at: datetime = NOW, by: str = "raj") -> Release:
    """A release that raj armed in issue 7, for the head."""
    release, _ = arm(connection, REPOSITORY, tag, target=None, by=by, issue_number=7, now=at)
    return release


def keep_decision(connection: Connection, decision: ReleaseDecision, *, at: datetime = NOW) -> None:
    """What the desk logs of a decision."""
    entry = Entry(
        Kind.RELEASE_GATE,
        REPOSITORY,
        decision.tag or "",
        decision.state,
        decision.title,
        at,
        head_sha=decision.target_sha,
        content=_DECISION.dump_python(decision, mode="json"),
    )
    append(connection, entry)


def keep_obstacle(connection: Connection, release: Release, text: str = "a ruleset does not let the App") -> None:
    """What GitHub put in the way of an open gate."""
    set_obstacle(connection, release, Obstacle(text, "a repository administrator", "add the App, then recheck"))


def keep_released(connection: Connection, tag: str, *, at: datetime = NOW) -> Release:
    """A release that was made."""
    release = keep_armed(connection, tag, at=at)
    keep_plan(connection, release, Plan(TARGET, "policy", "decision", b"record", at))
    release = release_of(connection, REPOSITORY, tag) or release
    note_tag_object(connection, release, "d" * 40)
    note_release_id(connection, release, 99)
    finish(connection, release, at + timedelta(minutes=1))
    return release_of(connection, REPOSITORY, tag) or release


def keep_cancelled(connection: Connection, tag: str, *, at: datetime = NOW) -> None:
    """A release that was given up."""
    cancel(connection, keep_armed(connection, tag, at=at), at)


def keep_incident(connection: Connection, tag: str, actor: str | None = "eve") -> None:
    """A tag that somebody pushed, reported in issue 31."""
    incident = TagIncident(tag, IncidentKind.APPEARED, Remedy.DELETE, "e" * 40, None)
    actors = {} if actor is None else {tag: actor}
    (stored,) = keep_incidents(connection, REPOSITORY, [incident], NOW, actors)
    note_issue(connection, stored, 31, NOW)


def keep_deployment(connection: Connection, ref: str, state: DeploymentState, run_id: int = 41) -> None:
    """A deployment to production, answered unless it is to wait."""
    path = f"/repos/{REPOSITORY}/actions/runs/{run_id}/deployment_protection_rule"
    deployment = Deployment(REPOSITORY, run_id, "production", ref, TARGET, path, NOW, UUID(int=run_id))
    store_deployment(connection, deployment)
    if state is not DeploymentState.WAITING:
        note_deployment_answered(connection, deployment, state, NOW)
