"""Deployments to protected environments that ask for our answer, each to be answered once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from psycopg.rows import class_row

from bot.store.database import Connection
from bot.store.text import repository_key, storable


class DeploymentState(StrEnum):
    """What we said to a deployment."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One workflow run's wish to deploy to an environment. `callback_path` is below the API's root, and checked.

    `delivery_guid` tells a run that asks again (it was run again) from a delivery that came again.
    """

    repository: str
    run_id: int
    environment: str
    ref: str
    sha: str
    callback_path: str
    requested_at: datetime
    delivery_guid: UUID
    state: DeploymentState = DeploymentState.WAITING
    answered_at: datetime | None = None

    def __post_init__(self) -> None:
        """States come from the database as plain text."""
        object.__setattr__(self, "state", DeploymentState(self.state))


_COLUMNS = """repository, run_id, environment, ref, sha, callback_path, requested_at, delivery_guid, state,
              answered_at"""


def store_deployment(connection: Connection, deployment: Deployment) -> bool:
    """Keep a request to be answered; False when that very delivery was kept before."""
    stored = connection.execute(
        """
        INSERT INTO deployments AS known
            (repository, run_id, environment, ref, sha, callback_path, requested_at, delivery_guid)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (repository, run_id, environment) DO UPDATE
            SET ref = excluded.ref, sha = excluded.sha, callback_path = excluded.callback_path,
                requested_at = excluded.requested_at, delivery_guid = excluded.delivery_guid, state = 'waiting',
                answered_at = NULL
            WHERE known.delivery_guid <> excluded.delivery_guid
        RETURNING 1
        """,
        [
            repository_key(deployment.repository),
            deployment.run_id,
            storable(deployment.environment),
            storable(deployment.ref),
            deployment.sha,
            storable(deployment.callback_path),
            deployment.requested_at,
            deployment.delivery_guid,
        ],
    )
    return stored.fetchone() is not None


def deployment_of(connection: Connection, repository: str, run_id: int, environment: str) -> Deployment | None:
    """The request of this run for this environment, or None."""
    with connection.cursor(row_factory=class_row(Deployment)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM deployments WHERE repository = %s AND run_id = %s AND environment = %s",  # noqa: S608
            [repository_key(repository), run_id, storable(environment)],
        ).fetchone()


def waiting_deployments(connection: Connection, repository: str | None = None) -> list[Deployment]:
    """The requests of a repository, or of all, that have no answer yet, the oldest first."""
    with connection.cursor(row_factory=class_row(Deployment)) as cursor:
        return cursor.execute(
            f"""
            SELECT {_COLUMNS} FROM deployments
            WHERE state = 'waiting' AND (%(repository)s::text IS NULL OR repository = %(repository)s)
            ORDER BY requested_at, run_id, environment
            """,  # noqa: S608  (the columns are the constant above)
            {"repository": None if repository is None else repository_key(repository)},
        ).fetchall()


def note_deployment_answered(
    connection: Connection, deployment: Deployment, state: DeploymentState, now: datetime
) -> bool:
    """GitHub has our answer; False when it was answered before, or the run asked again meanwhile."""
    changed = connection.execute(
        """
        UPDATE deployments SET state = %s, answered_at = %s
        WHERE repository = %s AND run_id = %s AND environment = %s AND delivery_guid = %s AND state = 'waiting'
        """,
        [
            state.value,
            now,
            deployment.repository,
            deployment.run_id,
            deployment.environment,
            deployment.delivery_guid,
        ],
    )
    return changed.rowcount == 1
