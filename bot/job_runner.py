"""How a task is run: noted as running, logged, counted, and tried again later when it fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from procrastinate import JobContext
from procrastinate.jobs import Job as ProcrastinateJob

from bot.core.subjects import DeploymentSubject, ReleasesSubject, RepositorySubject, TagsSubject
from bot.foundation import Foundation
from bot.github_api.errors import Forbidden, Moved, NotFound, Retryable
from bot.metrics import EVALUATION_SECONDS, EVALUATIONS
from bot.store.commands import repositories_with_release_commands
from bot.store.deployments import waiting_deployments
from bot.store.installations import served_repositories
from bot.store.queue import SWEEP_JOB, SWEEP_TAGS_JOB, Job, installation_job, job_for
from bot.store.releases import repositories_with_active_releases
from bot.store.repository_names import served_as

MAXIMUM_ATTEMPTS = 6
"""With waits of 4, 16, 64, 256 and 1,024 seconds: about 23 minutes."""
Work = Callable[[UUID | None], None]
UNFINDABLE = (NotFound, Moved, Forbidden)
"""What GitHub says of a repository that is not there, not under this name, or not for this installation."""
_log = structlog.stdlib.get_logger(__name__)


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


class Runner:
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
                if isinstance(error, UNFINDABLE) and self._went_elsewhere(job, error):
                    return
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

    def _went_elsewhere(self, job: ProcrastinateJob, error: Exception) -> bool:
        """Whether the repository of a job that found nothing is elsewhere, or served by nobody: that settles it.

        Its name or installation may have changed while the job waited. If nothing is known of that, GitHub is
        asked where its repositories are, and the next attempt knows.
        """
        name, installation_id = job.task_kwargs.get("repository"), job.task_kwargs.get("installation_id")
        if not isinstance(name, str) or not isinstance(installation_id, int):
            return False
        with self._services.database.transaction() as connection:
            now = served_as(connection, name)
            if now == (name, installation_id):
                self._services.queue.defer(connection, installation_job(installation_id))
                return False
            if now is not None:
                self._services.queue.defer(connection, _moved(job, name, *now))
        EVALUATIONS.labels(job.task_name, "elsewhere").inc()
        _log.info("repository is elsewhere", error=str(error), served_as=now and now[0])
        return True

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
            # A release waits for something to arrive, or a command for an answer that an outage kept away.
            waiting = repositories_with_active_releases(connection) | repositories_with_release_commands(
                connection
            )
            asked = waiting_deployments(connection)
        owners = dict(served)
        for repository, owner in served:
            self.defer_all([job_for(RepositorySubject(repository), owner, priority=SWEEP_JOB.priority)])
            if repository in waiting:
                self.defer_all([job_for(ReleasesSubject(repository), owner, priority=SWEEP_JOB.priority)])
        self.defer_all(
            job_for(DeploymentSubject(one.repository, one.run_id, one.environment), owners[one.repository])
            for one in asked
            if one.repository in owners
        )

    def defer_tags(self) -> None:
        """Queue a look at the release tags of every repository that is served now."""
        with self._services.database.transaction() as connection:
            served = served_repositories(connection)
        self.defer_all(
            job_for(TagsSubject(repository), owner, priority=SWEEP_TAGS_JOB.priority)
            for repository, owner in served
        )

    def defer_all(self, jobs: Iterable[Job]) -> None:
        """Queue each job in a transaction of its own, so that no two of us can wait for each other."""
        for job in jobs:
            with self._services.database.transaction() as connection:
                self._services.queue.defer(connection, job)


def _moved(job: ProcrastinateJob, old_name: str, name: str, installation_id: int) -> Job:
    """The same job for the repository's name and installation of today."""
    arguments = {**job.task_kwargs, "repository": name, "installation_id": installation_id, "attempt": 0}
    key = (job.queueing_lock or job.task_name).replace(f":{old_name}", f":{name}", 1)
    return Job(job.task_name, key, arguments, job.priority)
