"""Putting work into the queue (Procrastinate), within the caller's own transaction.

A job's key is its subject. The queue holds at most one waiting job of a key (`queueing_lock`) and runs at most one
(`lock`), so any number of deliveries that arrive while one waits cost one evaluation. Who works them off:
`bot.jobs` and `bot.worker`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from bot.core.subjects import (
    DeploymentSubject,
    MergeGroupSubject,
    PullRequestSubject,
    ReleasesSubject,
    RepositorySubject,
    TagsSubject,
)
from bot.store.database import Connection, Cursor
from bot.store.rows import rows_of
from bot.store.text import repository_key, storable

PULL_REQUEST, MERGE_GROUP, REPOSITORY = "evaluate_pull_request", "evaluate_merge_group", "evaluate_repository"
RELEASES, TAGS, DEPLOYMENT = "evaluate_releases", "guard_tags", "answer_deployment"
INSTALLATION, SWEEP, SWEEP_TAGS, LATER = "evaluate_installation", "sweep", "sweep_tags", "look_again"
SWEEP_INSTALLATIONS = "sweep_installations"
QUEUE = "gates"
BETWEEN_LOOKS = timedelta(minutes=10)
"""An installation is not asked more often for its repositories because one of them cannot be found."""
_INSERTED = '{"type": "job_inserted", "job_id": 0}'


@dataclass(frozen=True, slots=True)
class Job:
    """One task on one subject. A higher priority runs first; people's doings come before sweeps."""

    task: str
    key: str
    arguments: dict[str, Any] = field(default_factory=dict)
    priority: int = 0


@dataclass(frozen=True, slots=True)
class QueueState:
    """What waits, runs and was parked after its last attempt. Ages in seconds of the longest that is due.

    `scheduled` has all that is to be done later; `put_off`, a part of it, what a limit or a lost worker delays.
    """

    waiting: int
    scheduled: int
    running: int
    failed: int
    oldest_waiting_seconds: float
    put_off: int = 0


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


def installation_job(installation_id: int, *, priority: int = 0, sweep_all: bool = True) -> Job:
    """The job that asks which repositories an installation serves, and looks at every one of them again.

    Not `sweep_all`: only at those that it did not serve before.
    """
    arguments = {"installation_id": installation_id, **({} if sweep_all else {"sweep_all": False})}
    return Job(INSTALLATION, f"installation:{installation_id}", arguments, priority)


SWEEP_JOB = Job(SWEEP, "sweep", {}, priority=-10)
"""Look at everything again, as deliveries may be lost: GitHub does not redeliver by itself."""

SWEEP_INSTALLATIONS_JOB = Job(SWEEP_INSTALLATIONS, "sweep_installations", {}, priority=-10)
"""Ask GitHub where we are installed and what we serve there: events of installations may be lost, too."""

SWEEP_TAGS_JOB = Job(SWEEP_TAGS, "sweep_tags", {}, priority=-5)
"""Compare the release tags of every repository: GitHub sends no event when more than three are pushed at once."""


def _queued(connection: Connection, jobs: Sequence[Job]) -> Cursor:
    # An update that touches nothing locks the row that is there, in the same step as it is found. `excluded` is
    # the row as the trigger has lined it up: with a turn, or with the end of its installation's pause. An update
    # tells nobody, unlike an insertion (Procrastinate's own trigger).
    return connection.execute(
        """
        WITH queued AS (
            INSERT INTO procrastinate_jobs AS waiting
                (queue_name, task_name, priority, lock, queueing_lock, args)
            SELECT %s, task, priority, key, key, arguments
            FROM json_to_recordset(%s) AS job (task text, key text, arguments jsonb, priority integer)
            ORDER BY key COLLATE "C"
            ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE
                SET priority = excluded.priority, args = excluded.args, turn = excluded.turn,
                    scheduled_at = excluded.scheduled_at
                WHERE waiting.priority < excluded.priority
                    OR (waiting.priority = excluded.priority
                        AND waiting.scheduled_at IS NOT NULL AND excluded.scheduled_at IS NULL)
            RETURNING queueing_lock, xmax = 0 AS is_new
        )
        SELECT queueing_lock, is_new,
            CASE WHEN NOT is_new THEN pg_notify('procrastinate_any_queue_v1', %s) END
        FROM queued
        """,
        [QUEUE, rows_of([_columns(job) for job in jobs]), _INSERTED],
    )


def _columns(job: Job) -> dict[str, object]:
    return {"task": job.task, "key": job.key, "arguments": job.arguments, "priority": job.priority}


class Queue:
    """Defers jobs. Holds no connection of its own: each job belongs to the transaction it is deferred in."""

    def defer(self, connection: Connection, job: Job) -> bool:
        """Queue `job` when the transaction commits; False when one of its key waits already.

        The one that waits is then held until the transaction ends, so that no worker can begin it without
        seeing what the transaction stores. See `defer_all` for what else it gets from `job`.
        """
        return bool(self.defer_many(connection, [job]))

    def defer_many(self, connection: Connection, jobs: Sequence[Job]) -> frozenset[str]:
        """`defer_all`; gives the keys of those that did not wait already."""
        return frozenset(key for key, is_new, _ in _queued(connection, jobs) if is_new) if jobs else frozenset()

    def defer_all(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Queue `jobs`, of different keys, in one statement, whose result is not read.

        Two transactions that do this once each cannot wait for each other: both take the keys in one order.

        One that waits is put where `job` would wait, if that is sooner: what a sweep queued, or what waits for a
        time, must not hold up a person's doing. It is then that person's, with the delivery and the class.
        """
        if jobs:
            _queued(connection, jobs)

    def defer_later(self, connection: Connection, job: Job, at: datetime, *, now: datetime) -> None:
        """Queue `job` at the moment `at`, in place of whatever was to be queued later for its key.

        `now` is by the clock that `at` is meant by; it need not agree with the database's.
        """
        self._defer_in(connection, job, (at - now).total_seconds(), {"moment": at.isoformat()})

    def defer_in(self, connection: Connection, job: Job, seconds: float, *, put_off: bool = False) -> None:
        """The same, so many seconds from now. `put_off`: it would be right now, but for a limit."""
        self._defer_in(connection, job, seconds, {"put_off": True} if put_off else {})

    def _defer_in(self, connection: Connection, job: Job, seconds: float, more: dict[str, Any]) -> None:
        """The later job has a key of its own and holds no lock: it must not swallow immediate ones meanwhile."""
        arguments = {
            "task": job.task,
            "key": job.key,
            "arguments": job.arguments,
            "priority": job.priority,
            **more,
        }
        connection.execute(
            """
            INSERT INTO procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args, scheduled_at)
            VALUES (%s, %s, %s, %s, %s, clock_timestamp() + %s * interval '1 second')
            ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE
                SET args = excluded.args, scheduled_at = excluded.scheduled_at, priority = excluded.priority
            """,
            [QUEUE, LATER, job.priority, f"later:{job.key}", Jsonb(arguments), seconds],
        )


def pause_installation(
    connection: Connection, installation_id: int, seconds: float, *, is_background: bool = False
) -> int:
    """Let all jobs of an installation wait, or its background work; those of the meantime too.

    For one without room in a limit: each job would only find that out for itself, with a request or two. How many
    waited already.
    """
    row = connection.execute(
        "SELECT queue_pause(%s, %s, %s)", [installation_id, seconds, is_background]
    ).fetchone()
    return row[0] if row else 0


def may_look_at_installation(connection: Connection, installation_id: int) -> bool:
    """Whether GitHub was not asked lately for what it serves because something was not found; it is asked now."""
    row = connection.execute(
        """
        INSERT INTO installation_looks AS last (installation_id, asked_at) VALUES (%s, clock_timestamp())
        ON CONFLICT (installation_id) DO UPDATE SET asked_at = excluded.asked_at
            WHERE NOT last.asked_at BETWEEN clock_timestamp() - %s AND clock_timestamp()
        RETURNING 1
        """,
        [installation_id, BETWEEN_LOOKS],
    ).fetchone()
    return row is not None


def queue_state(connection: Connection) -> QueueState:
    """How much waits, and since when."""
    rows = connection.execute(
        """
        SELECT count(*) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at, '-infinity') <= now()),
               count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()),
               count(*) FILTER (WHERE status = 'doing'),
               (SELECT count(*) FROM parked_jobs),
               coalesce(extract(epoch FROM now() - min(coalesce(scheduled_at, queued_at))
                   FILTER (WHERE status = 'todo' AND coalesce(scheduled_at, '-infinity') <= now())), 0)::float,
               count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()
                   AND (task_name <> %s OR args ? 'put_off'))
        FROM procrastinate_jobs
        """,
        [LATER],
    )
    return QueueState(*next(iter(rows)))
