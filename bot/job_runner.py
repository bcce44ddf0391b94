"""How a task is run: noted as running, logged, counted, and tried again later when it fails."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from pathlib import Path
from uuid import UUID

import psycopg
import structlog
from procrastinate import JobContext
from procrastinate.jobs import Job as ProcrastinateJob

from bot.foundation import Foundation
from bot.github_api.errors import (
    Forbidden,
    GitHubError,
    LimitReached,
    Moved,
    NotFound,
    Retryable,
    Suspended,
    plain_text,
)
from bot.github_api.limits import background_work
from bot.logs import log_context
from bot.metrics import CHECK_LAG_SECONDS, ERRORS, EVALUATION_SECONDS, EVALUATIONS
from bot.put_offs import Strikes, spread
from bot.store.database import Connection, DatabaseUnreachableError
from bot.store.deliveries import note_failed, time_received
from bot.store.failing import Failing, forget_failures, note_failure
from bot.store.installations import suspend_installation
from bot.store.job_manager import Held
from bot.store.outages import reason_of
from bot.store.parking import park
from bot.store.queue import SWEEP_JOB, Job, installation_job, may_look_at_installation, pause_installation
from bot.store.repository_names import served_as
from bot.tracing import span

MAXIMUM_ATTEMPTS = 6
"""With waits of 4, 16, 64, 256 and 1,024 seconds: about 23 minutes."""
WAITS = [4.0**number for number in range(1, MAXIMUM_ATTEMPTS + 1)]
Work = Callable[[UUID | None], None]
UNFINDABLE = (NotFound, Moved, Forbidden)
"""What GitHub says of a repository that is not there, not under this name, or not for this installation."""
_log = structlog.stdlib.get_logger(__name__)


class Runner:
    """What all tasks have in common: the log's context, the metrics, and the next attempt."""

    def __init__(self, services: Foundation, held: Held) -> None:
        """`held` is kept up to date with which jobs did their work."""
        self._services = services
        self._held = held
        self._strikes = Strikes()

    def run(self, context: JobContext, attempt: int, delivery: str | None, work: Work) -> None:
        """Do `work`; when it fails, queue the next attempt, and after the last one park the job.

        A limit of GitHub's uses up no attempt. A suspended installation ends the job: its return looks at
        everything again. Raises only what the database does, and then the queue puts the job back.
        """
        job, started = context.job, time.monotonic()
        bound = log_context(delivery=delivery, subject=job.queueing_lock, attempt=attempt)
        background = background_work() if job.priority < 0 else nullcontext()
        guid = UUID(delivery) if delivery else None
        with bound, background:
            try:
                with span(job.task_name, guid, subject=job.queueing_lock, attempt=attempt):
                    work(guid)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not be lost
                ERRORS.labels("evaluation", type(error).__name__).inc()
                EVALUATIONS.labels(job.task_name, self._settle(job, attempt, delivery, error)).inc()
            else:
                self._strikes.note_done(installation_of_job(job), is_background=job.priority < 0)
                self._held.succeeded.add(job.id or 0)
                seconds = time.monotonic() - started
                EVALUATIONS.labels(job.task_name, "done").inc()
                EVALUATION_SECONDS.labels(job.task_name).observe(seconds)
                if guid is not None:
                    self._note_lag(guid)
                _log.info("evaluated", seconds=round(seconds, 3))

    def _note_lag(self, guid: UUID) -> None:
        """How long it took from the delivery's arrival, for the metrics: what was done is done without it."""
        with suppress(DatabaseUnreachableError), self._services.database.transaction() as connection:
            received_at = time_received(connection, guid)
            if received_at is not None:
                CHECK_LAG_SECONDS.observe((self._services.clock() - received_at).total_seconds())

    def _settle(self, job: ProcrastinateJob, attempt: int, delivery: str | None, error: Exception) -> str:
        """What becomes of a job that could not be done, as one word for the metrics."""
        if isinstance(error, LimitReached):
            seconds = self._put_off(job, error)
            _log.info("put off by a limit", reason=str(error), again_in_seconds=round(seconds, 1))
            return "put off"
        if isinstance(error, Suspended):
            with self._services.database.transaction() as connection:
                suspend_installation(connection, installation_of_job(job))
                forget_failures(connection, _key(job))
            _log.info("installation is suspended or gone", reason=str(error))
            return "suspended"
        if isinstance(error, UNFINDABLE) and self._went_elsewhere(job, error):
            return "elsewhere"
        failing = self._try_later(job, attempt, delivery, error)
        if failing.attempts >= MAXIMUM_ATTEMPTS:
            _log.error("evaluation given up", exc_info=error)
        else:
            _log.warning("evaluation failed", exc_info=error, again_in_seconds=round(failing.seconds, 1))
        return "failed"

    def _went_elsewhere(self, job: ProcrastinateJob, error: Exception) -> bool:
        """Whether the repository of a job that found nothing is elsewhere, or served by nobody: that settles it.

        Its name or installation may have changed while the job waited. If nothing is known of that, GitHub is
        asked where its repositories are, now and then, and the next attempt knows.
        """
        name, installation_id = job.task_kwargs.get("repository"), job.task_kwargs.get("installation_id")
        if not isinstance(name, str) or not isinstance(installation_id, int):
            return False
        with self._services.database.transaction() as connection:
            now = served_as(connection, name)
            if now == (name, installation_id):
                if may_look_at_installation(connection, installation_id):
                    look = installation_job(installation_id, priority=SWEEP_JOB.priority, sweep_all=False)
                    self._services.queue.defer(connection, look)
                return False
            forget_failures(connection, _key(job))
            if now is not None:
                self._services.queue.defer(connection, _moved(job, name, *now))
        _log.info("repository is elsewhere", error=str(error), served_as=now and now[0])
        return True

    def _put_off(self, job: ProcrastinateJob, limit: LimitReached) -> float:
        """Queue the same attempt for when there is room again; how many seconds from now that is."""
        installation_id, is_background = installation_of_job(job), job.priority < 0
        seconds, pause = spread(limit.retry_after), None
        if installation_id:
            pause = self._strikes.note_limit(installation_id, limit.retry_after, is_background=is_background)
        with self._services.database.transaction() as connection:
            self._services.queue.defer_in(connection, again(job), seconds, put_off=True)
            if pause is not None:
                waiting = pause_installation(connection, installation_id, pause, is_background=is_background)
        if pause is not None:
            _log.warning(
                "installation waits for a limit",
                installation=installation_id,
                background=is_background,
                jobs=waiting,
                seconds=pause,
            )
        return seconds

    def _try_later(self, job: ProcrastinateJob, attempt: int, delivery: str | None, error: Exception) -> Failing:
        """Queue the next attempt, or, after the last one, give the job up."""
        least = error.retry_after if isinstance(error, Retryable) else 0.0
        waits = [max(seconds, least) for seconds in WAITS]
        guid = UUID(delivery) if delivery else None
        with self._services.database.transaction() as connection:
            failing = note_failure(connection, _key(job), attempt, guid, waits=waits)
            if failing.attempts < MAXIMUM_ATTEMPTS:
                retry = again(job, attempt=failing.attempts, delivery=_first(failing))
                self._services.queue.defer_in(connection, retry, failing.seconds)
            else:
                self._give_up(connection, job, failing, error)
        return failing

    def _give_up(self, connection: Connection, job: ProcrastinateJob, failing: Failing, error: Exception) -> None:
        """Park the job, and let its deliveries be accepted again: GitHub may be asked to send them once more."""
        first = _first(failing)
        park(connection, again(job, delivery=first), harmless(error), UUID(first) if first else None)
        for guid in failing.deliveries:
            note_failed(connection, guid, f"evaluation given up: {harmless(error)}")
        forget_failures(connection, _key(job))

    def defer_all(self, jobs: Iterable[Job]) -> None:
        """Queue each job in a transaction of its own, so that no two of us can wait for each other."""
        for job in jobs:
            with self._services.database.transaction() as connection:
                self._services.queue.defer(connection, job)


def _moved(job: ProcrastinateJob, old_name: str, name: str, installation_id: int) -> Job:
    """The same job for the repository's name and installation of today."""
    arguments = {**job.task_kwargs, "repository": name, "installation_id": installation_id, "attempt": 0}
    key = _key(job).replace(f":{old_name}", f":{name}", 1)
    return Job(job.task_name, key, arguments, job.priority)


def installation_of_job(job: ProcrastinateJob) -> int:
    """The installation that a job works for; 0 when it is for none."""
    number = job.task_kwargs.get("installation_id")
    return number if isinstance(number, int) else 0


def _key(job: ProcrastinateJob) -> str:
    return job.queueing_lock or job.task_name


def _first(failing: Failing) -> str | None:
    """The delivery that asked first."""
    return str(failing.deliveries[0]) if failing.deliveries else None


def again(job: ProcrastinateJob, *, attempt: int | None = None, delivery: str | None = None) -> Job:
    """What queues the same job once more; of `attempt` and `delivery` those that are given are others."""
    changes = {"attempt": attempt, "delivery": delivery}
    arguments = {**job.task_kwargs, **{name: value for name, value in changes.items() if value is not None}}
    arguments.pop("timestamp", None)  # of a periodic task: when this one was due
    return Job(job.task_name, _key(job), arguments, job.priority)


def harmless(error: Exception) -> str:
    """What went wrong as one line to keep and show. A database's own words may quote values: they are left out."""
    if isinstance(error, psycopg.Error):
        return f"{type(error).__name__}: the database {reason_of(error)}"
    if isinstance(error, (GitHubError, DatabaseUnreachableError)):
        return plain_text(f"{type(error).__name__}: {error}")
    where = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" ({Path(where[0].filename).name}, line {where[0].lineno})" if where else ""
    return plain_text(f"{type(error).__name__}: {error}") + place
