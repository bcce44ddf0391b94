"""The queue's tasks: a subject in, nothing out. Each only calls `reconcile` and sees to it that it happens.

A failed evaluation is tried again by a later job, not by Procrastinate's own retry: that one puts the job itself
back, which fails when another of its key waits already, and then holds the subject's lock for ever. After the
last attempt the job stays in the queue's table as failed, to be seen; the next sweep or event tries again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

import structlog
from procrastinate import App, JobContext
from procrastinate.connector import BaseConnector
from procrastinate.jobs import Job as ProcrastinateJob

from bot.core.subjects import PullRequestSubject, RepositorySubject
from bot.foundation import Foundation
from bot.github_api.errors import Retryable
from bot.metrics import EVALUATION_SECONDS, EVALUATIONS
from bot.store import queue as names
from bot.store.installations import served_repositories
from bot.store.queue import QUEUE, SWEEP_JOB, Job, job_for

MAXIMUM_ATTEMPTS = 6
"""With waits of 4, 16, 64, 256 and 1,024 seconds: about 23 minutes."""
AnyServices = TypeVar("AnyServices", bound=Foundation)
ServicesT = TypeVar("ServicesT", bound=Foundation, contravariant=True)
Work = Callable[[UUID | None], None]
_log = structlog.stdlib.get_logger(__name__)


class Reconciler(Protocol[ServicesT]):
    """Read, decide, write, for each kind of subject (`bot.reconcile` is one). Anything it raises is tried again.

    `services` is what it works with. `delivery` is the GUID of the delivery that caused the evaluation; None when
    time or a sweep did.
    """

    def pull_request(
        self,
        services: ServicesT,
        repository: str,
        number: int,
        installation_id: int,
        *,
        delivery: UUID | None,
    ) -> None:
        """Make GitHub show the pull request's gate as it is now."""

    def merge_group(
        self,
        services: ServicesT,
        repository: str,
        head_sha: str,
        base_branch: str,
        installation_id: int,
        *,
        delivery: UUID | None,
    ) -> None:
        """Make GitHub show the merge group's gate as it is now."""

    def repository(self, services: ServicesT, repository: str, installation_id: int) -> Sequence[int]:
        """The numbers of the open pull requests, each of which is then looked at."""

    def installations(self, services: ServicesT) -> None:
        """Ask GitHub who we are and which repositories we serve, and remember both in the store."""


@dataclass(slots=True)
class Running:
    """The jobs that run in this process now, and as which worker: what the queue's table should say of it."""

    jobs: set[int] = field(default_factory=set)
    worker_ids: set[int] = field(default_factory=set)

    @contextmanager
    def noted(self, job: ProcrastinateJob) -> Iterator[None]:
        """Inside, the job runs."""
        if job.worker_id is not None:
            self.worker_ids.add(job.worker_id)
        self.jobs.add(job.id or 0)
        try:
            yield
        finally:
            self.jobs.discard(job.id or 0)


def make_tasks(
    connector: BaseConnector, services: AnyServices, reconciler: Reconciler[AnyServices], running: Running
) -> App:
    """The worker's Procrastinate app with all its tasks; `running` is kept up to date with what they do."""
    app = App(connector=connector)
    runner = _Runner(services, running)

    @app.task(name=names.PULL_REQUEST, queue=QUEUE, pass_context=True)
    def evaluate_pull_request(
        context: JobContext,
        *,
        repository: str,
        number: int,
        installation_id: int,
        delivery: str | None = None,
        attempt: int = 0,
    ) -> None:
        runner.run(
            context,
            attempt,
            delivery,
            lambda guid: reconciler.pull_request(services, repository, number, installation_id, delivery=guid),
        )

    @app.task(name=names.MERGE_GROUP, queue=QUEUE, pass_context=True)
    def evaluate_merge_group(
        context: JobContext,
        *,
        repository: str,
        head_sha: str,
        base_branch: str,
        installation_id: int,
        delivery: str | None = None,
        attempt: int = 0,
    ) -> None:
        runner.run(
            context,
            attempt,
            delivery,
            lambda guid: reconciler.merge_group(
                services, repository, head_sha, base_branch, installation_id, delivery=guid
            ),
        )

    @app.task(name=names.REPOSITORY, queue=QUEUE, pass_context=True)
    def evaluate_repository(
        context: JobContext,
        *,
        repository: str,
        installation_id: int,
        delivery: str | None = None,
        attempt: int = 0,
    ) -> None:
        def defer_each(guid: UUID | None) -> None:
            numbers = sorted(reconciler.repository(services, repository, installation_id))
            priority = context.job.priority
            runner.defer_all(
                job_for(
                    PullRequestSubject(repository, number),
                    installation_id,
                    delivery=guid,
                    priority=priority,
                )
                for number in numbers
            )

        runner.run(context, attempt, delivery, defer_each)

    @app.task(name=names.INSTALLATION, queue=QUEUE, pass_context=True)
    def evaluate_installation(context: JobContext, *, installation_id: int, attempt: int = 0) -> None:
        runner.run(context, attempt, None, lambda _: runner.defer_repositories(installation_id))

    @app.periodic(cron="*/10 * * * *", priority=SWEEP_JOB.priority)
    @app.task(name=names.SWEEP, queue=QUEUE, lock=names.SWEEP, queueing_lock=names.SWEEP, pass_context=True)
    def sweep(context: JobContext, timestamp: int = 0, *, attempt: int = 0) -> None:  # noqa: ARG001
        def look_at_everything(_guid: UUID | None) -> None:
            reconciler.installations(services)
            runner.defer_repositories(None)

        runner.run(context, attempt, None, look_at_everything)

    @app.task(name=names.LATER, queue=QUEUE, pass_context=True)
    def look_again(
        context: JobContext, *, task: str, key: str, arguments: dict[str, Any], priority: int = 0
    ) -> None:
        with running.noted(context.job):
            runner.defer_all([Job(task, key, arguments, priority)])

    return app


class _Runner:
    """What all tasks have in common: the log's context, the metrics, and the next attempt."""

    def __init__(self, services: Foundation, running: Running) -> None:
        self._services = services
        self._running = running

    def run(self, context: JobContext, attempt: int, delivery: str | None, work: Work) -> None:
        """Do `work`; when it fails, queue the next attempt, and after the last one let the job fail."""
        job, started = context.job, time.monotonic()
        bound = structlog.contextvars.bound_contextvars(
            delivery=delivery, subject=job.queueing_lock, attempt=attempt
        )
        with self._running.noted(job), bound:
            try:
                work(UUID(delivery) if delivery else None)
            except Exception as error:
                EVALUATIONS.labels(job.task_name, "failed").inc()
                if attempt + 1 >= MAXIMUM_ATTEMPTS:
                    _log.exception("evaluation given up")
                    raise
                seconds = self._try_later(context, attempt, error)
                _log.warning("evaluation failed", exc_info=error, again_in_seconds=seconds)
            else:
                seconds = time.monotonic() - started
                EVALUATIONS.labels(job.task_name, "done").inc()
                EVALUATION_SECONDS.labels(job.task_name).observe(seconds)
                _log.info("evaluated", seconds=round(seconds, 3))

    def _try_later(self, context: JobContext, attempt: int, error: Exception) -> float:
        seconds = float(4 ** (attempt + 1))
        if isinstance(error, Retryable):
            seconds = max(seconds, error.retry_after)
        job = context.job
        arguments = {**job.task_kwargs, "attempt": attempt + 1}
        arguments.pop("timestamp", None)
        again = Job(job.task_name, job.queueing_lock or job.task_name, arguments, job.priority)
        with self._services.database.transaction() as connection:
            at = self._services.clock() + timedelta(seconds=seconds)
            self._services.queue.defer_later(connection, again, at)
        return seconds

    def defer_repositories(self, installation_id: int | None) -> None:
        """Queue a look at every repository that is served now, or at those of one installation."""
        with self._services.database.transaction() as connection:
            served = served_repositories(connection, installation_id)
        self.defer_all(
            job_for(RepositorySubject(repository), owner, priority=SWEEP_JOB.priority)
            for repository, owner in served
        )

    def defer_all(self, jobs: Any) -> None:
        """Queue each job in a transaction of its own, so that no two of us can wait for each other."""
        for job in jobs:
            with self._services.database.transaction() as connection:
                self._services.queue.defer(connection, job)
