"""Putting work into the queue (Procrastinate), within the caller's own transaction.

A job's key is its subject. The queue holds at most one waiting job of a key (`queueing_lock`) and runs at most one
(`lock`), so any number of deliveries that arrive while one waits cost one evaluation. Who works them off:
`bot.jobs` and `bot.worker`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from bot.core.subjects import (
    DeploymentSubject,
    MergeGroupSubject,
    PullRequestSubject,
    ReleasesSubject,
    RepositorySubject,
    TagsSubject,
)
from bot.store.database import Connection
from bot.store.text import repository_key, storable

PULL_REQUEST, MERGE_GROUP, REPOSITORY = "evaluate_pull_request", "evaluate_merge_group", "evaluate_repository"
RELEASES, TAGS, DEPLOYMENT = "evaluate_releases", "guard_tags", "answer_deployment"
INSTALLATION, SWEEP, SWEEP_TAGS, LATER = "evaluate_installation", "sweep", "sweep_tags", "look_again"
SWEEP_INSTALLATIONS = "sweep_installations"
QUEUE = "gates"


@dataclass(frozen=True, slots=True)
class Job:
    """One task on one subject. A higher priority runs first; people's doings come before sweeps."""

    task: str
    key: str
    arguments: dict[str, Any] = field(default_factory=dict)
    priority: int = 0


@dataclass(frozen=True, slots=True)
class QueueState:
    """What waits, runs and was parked after its last attempt. Ages in seconds of the longest that is due."""

    waiting: int
    scheduled: int
    running: int
    failed: int
    oldest_waiting_seconds: float


JobSubject = (
    PullRequestSubject | MergeGroupSubject | RepositorySubject | ReleasesSubject | TagsSubject | DeploymentSubject
)


def job_for(
    subject: JobSubject,
    installation_id: int,
    *,
    delivery: UUID | None = None,
    priority: int = 0,
) -> Job:
    """The job that looks at `subject` again. `delivery` is what caused it, for the log."""
    repository = repository_key(subject.repository)
    common = {
        "repository": repository,
        "installation_id": installation_id,
        "delivery": None if delivery is None else str(delivery),
    }
    match subject:
        case PullRequestSubject():
            key = f"pull_request:{repository}#{subject.number}"
            return Job(PULL_REQUEST, key, {**common, "number": subject.number}, priority)
        case MergeGroupSubject():
            head, base = storable(subject.head_sha), storable(subject.base_branch)
            arguments = {**common, "head_sha": head, "base_branch": base}
            return Job(MERGE_GROUP, f"merge_group:{repository}@{head}", arguments, priority)
        case RepositorySubject():
            return Job(REPOSITORY, f"repository:{repository}", common, priority)
        case ReleasesSubject():
            return Job(RELEASES, f"releases:{repository}", common, priority)
        case TagsSubject():
            # A look that includes the rulesets must not be swallowed by one that does not.
            key = f"{'tags and rulesets' if subject.rulesets else 'tags'}:{repository}"
            return Job(TAGS, key, {**common, "rulesets": subject.rulesets}, priority)
        case DeploymentSubject():
            environment = storable(subject.environment)
            arguments = {**common, "run_id": subject.run_id, "environment": environment}
            key = f"deployment:{repository}:{subject.run_id}:{environment}"
            return Job(DEPLOYMENT, key, arguments, priority)


def installation_job(installation_id: int, *, priority: int = 0) -> Job:
    """The job that asks which repositories an installation serves, and looks at every one of them again."""
    return Job(INSTALLATION, f"installation:{installation_id}", {"installation_id": installation_id}, priority)


SWEEP_JOB = Job(SWEEP, "sweep", {}, priority=-10)
"""Look at everything again, as deliveries may be lost: GitHub does not redeliver by itself."""

SWEEP_INSTALLATIONS_JOB = Job(SWEEP_INSTALLATIONS, "sweep_installations", {}, priority=-10)
"""Ask GitHub where we are installed and what we serve there: events of installations may be lost, too."""

SWEEP_TAGS_JOB = Job(SWEEP_TAGS, "sweep_tags", {}, priority=-5)
"""Compare the release tags of every repository: GitHub sends no event when more than three are pushed at once."""


class Queue:
    """Defers jobs. Holds no connection of its own: each job belongs to the transaction it is deferred in."""

    def __init__(self) -> None:
        self._app = App(connector=SyncPsycopgConnector())

    def defer(self, connection: Connection, job: Job) -> bool:
        """Queue `job` when the transaction commits; False when one of its key waits already.

        The one that waits is then held until the transaction ends, so that no worker can begin it without
        seeing what the transaction stores.
        """
        while True:
            try:
                with connection.transaction():  # a savepoint: the refusal must not abort the caller's work
                    self._insert(connection, job, key=job.key, lock=job.key, at=None)
            except AlreadyEnqueued:
                if _hold_waiting(connection, job.key):
                    return False
                continue  # a worker took it meanwhile: what it read may be older than what we know
            return True

    def defer_later(self, connection: Connection, job: Job, at: datetime) -> None:
        """Queue `job` at the time `at`, in place of whatever was to be queued later for its key.

        The later job has a key of its own and holds no lock: in Procrastinate a job that is scheduled blocks
        all younger ones with its lock, and would swallow immediate ones with its queueing lock.
        """
        key = f"later:{job.key}"
        connection.execute(
            """
            SELECT procrastinate_cancel_job_v1(id, false, true) FROM procrastinate_jobs
            WHERE queueing_lock = %s AND status = 'todo'
            """,
            [key],
        )
        arguments = {
            "task": job.task,
            "key": job.key,
            "arguments": job.arguments,
            "priority": job.priority,
        }
        later = Job(LATER, key, arguments, priority=10)
        try:
            with connection.transaction():
                self._insert(connection, later, key=key, lock=None, at=at)
        except AlreadyEnqueued:
            return  # another process was quicker: its look is as good as ours

    def _insert(
        self, connection: Connection, job: Job, *, key: str, lock: str | None, at: datetime | None
    ) -> None:
        deferrer = self._app.configure_task(
            job.task,
            queue=QUEUE,
            lock=lock,
            queueing_lock=key,
            schedule_at=at,
            priority=job.priority,
            connection=connection,
        )
        try:
            deferrer.defer(**job.arguments)
        except ConnectorException as error:
            # Callers know psycopg's errors; the wrapper's type says less.
            raise error.__cause__ or error from None


def _hold_waiting(connection: Connection, key: str) -> bool:
    row = connection.execute(
        "SELECT id FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo' FOR UPDATE", [key]
    ).fetchone()
    return row is not None


def queue_state(connection: Connection) -> QueueState:
    """How much waits, and since when."""
    rows = connection.execute(
        """
        SELECT count(*) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at, '-infinity') <= now()),
               count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()),
               count(*) FILTER (WHERE status = 'doing'),
               count(*) FILTER (WHERE status = 'failed')
        FROM procrastinate_jobs
        """
    )
    waiting, scheduled, running, failed = next(iter(rows))
    oldest = connection.execute(
        """
        SELECT coalesce(extract(epoch FROM now() - min(coalesce(jobs.scheduled_at, events.at))), 0)::float
        FROM procrastinate_jobs AS jobs
        JOIN procrastinate_events AS events ON events.job_id = jobs.id AND events.type = 'deferred'
        WHERE jobs.status = 'todo' AND coalesce(jobs.scheduled_at, '-infinity') <= now()
        """
    )
    return QueueState(waiting, scheduled, running, failed, next(iter(oldest))[0])
