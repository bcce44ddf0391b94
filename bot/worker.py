"""The worker process: runs the queue's tasks, and takes over what a killed worker left running."""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

from bot.foundation import Foundation
from bot.jobs import AnyServices, Reconciler, Running, make_tasks
from bot.store.database import DatabaseUnreachableError
from bot.store.outages import why_unreachable
from bot.store.queue import SWEEP_INSTALLATIONS_JOB, SWEEP_JOB, SWEEP_TAGS_JOB

MAXIMUM_TAKEOVERS = 5
"""A job that was running each time its worker died may be what kills them."""
LONGEST_WAIT = 10.0
"""Seconds between two looks at a database that is away: so late may the work go on after it is back."""
# Procrastinate wraps what the database says to a query, but not what opening and closing its pool runs into.
OUTAGES = (ConnectorException, DatabaseUnreachableError, psycopg.OperationalError, psycopg.InterfaceError)
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """Seconds, and how many jobs at once. A killed worker's jobs go on after `stalled_after` + `look_every`."""

    concurrency: int = 4
    heartbeat: float = 3.0
    stalled_after: float = 15.0
    look_every: float = 3.0
    polling: float = 1.0
    drain: float = 25.0


def run_worker(
    services: AnyServices, reconciler: Reconciler[AnyServices], options: WorkerOptions | None = None
) -> None:
    """Work until SIGTERM or SIGINT; then finish what runs (at most `drain` seconds) and return.

    Blocks; call it from the main thread.
    """

    async def work() -> None:
        told = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        await work_until_told(services, reconciler, options or WorkerOptions(), told)

    asyncio.run(work())


async def work_until_told(
    services: AnyServices, reconciler: Reconciler[AnyServices], options: WorkerOptions, told: asyncio.Event
) -> None:
    """Work until `told` is set. While the database is away, at the start or later, wait for it and go on."""
    # Tasks are synchronous, each in a thread; asyncio's own executor may have fewer than we run jobs.
    executor = ThreadPoolExecutor(options.concurrency + 2, "job")
    asyncio.get_running_loop().set_default_executor(executor)
    while not told.is_set():
        await _wait_for_database(services.database.url, told)
        if told.is_set():
            return
        try:
            await _work(services, reconciler, options, told)
        except OUTAGES as error:
            _log.warning("database went away", error=type(error).__name__)
        if not told.is_set():
            _log.warning("worker stopped by itself; starting again")
            await _wait_for(told, 1.0)


async def _wait_for_database(url: str, told: asyncio.Event) -> None:
    """Return when the database answers, or when `told` is set; meanwhile one line in the log for each look."""
    wait = 1.0
    while not told.is_set() and (reason := await asyncio.to_thread(why_unreachable, url)) is not None:
        _log.warning(f"DATABASE_URL: the database {reason}; trying again", in_seconds=wait)
        await _wait_for(told, wait)
        wait = min(wait * 2, LONGEST_WAIT)


async def _work(
    services: AnyServices, reconciler: Reconciler[AnyServices], options: WorkerOptions, told: asyncio.Event
) -> None:
    """One life of Procrastinate's worker, ended by `told` or by a lost database."""
    connector = PsycopgConnector(
        conninfo=services.database.url, min_size=1, max_size=options.concurrency + 3, timeout=10
    )
    running = Running()
    app = make_tasks(connector, services, reconciler, running)
    async with app.open_async():
        await asyncio.to_thread(_defer_sweep, services)
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=options.concurrency,
                fetch_job_polling_interval=options.polling,
                update_heartbeat_interval=options.heartbeat,
                stalled_worker_timeout=options.stalled_after,
                shutdown_graceful_timeout=options.drain,
                install_signal_handlers=False,
                delete_jobs="successful",
            )
        )
        helpers = [
            asyncio.create_task(_take_over_stalled(app, options, running)),
            asyncio.create_task(told.wait()),
        ]
        await asyncio.wait([working, *helpers], return_when=asyncio.FIRST_COMPLETED)
        for task in (*helpers, working):
            task.cancel()
        done = await asyncio.gather(working, *helpers, return_exceptions=True)
    for result in done:
        if isinstance(result, Exception):
            raise result


def _defer_sweep(services: Foundation) -> None:
    """Deliveries may have been lost while nobody worked."""
    with services.database.transaction() as connection:
        services.queue.defer(connection, SWEEP_INSTALLATIONS_JOB)
        services.queue.defer(connection, SWEEP_JOB)
        services.queue.defer(connection, SWEEP_TAGS_JOB)


async def _take_over_stalled(app: App, options: WorkerOptions, running: Running) -> None:
    """Put back jobs that nobody does; beside the jobs, so that full hands cannot delay it.

    Those are the jobs of workers without a heartbeat, and jobs of our own that have ended while the database
    could not be told: it goes on calling them ours, and their subjects would stay locked for as long as we live.
    """
    suspects: set[int] = set()
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=options.stalled_after):
            await _put_back(app, job)
        # Between being fetched and being run, a job is not running either: only the second look tells.
        not_running = await _not_running(app, running)
        for job in not_running:
            if job.id in suspects:
                await _put_back(app, job)
        suspects = {job.id for job in not_running if job.id is not None}
        await asyncio.sleep(options.look_every)


async def _not_running(app: App, running: Running) -> list[Job]:
    """Our own jobs that the database takes for running, and that do not run."""
    return [
        job
        for worker_id in running.worker_ids
        for job in await app.job_manager.list_jobs_async(status=Status.DOING.value, worker_id=worker_id)
        if job.id not in running.jobs
    ]


async def _put_back(app: App, job: Job) -> None:
    _log.warning("job that nobody does", subject=job.queueing_lock, attempts=job.attempts)
    try:
        if job.attempts >= MAXIMUM_TAKEOVERS:
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
        else:
            await app.job_manager.retry_job(job)
    except UniqueViolation:
        # One of its key waits already, and will do its work.
        await app.job_manager.finish_job(job, status=Status.ABORTED, delete_job=True)
    except ConnectorException as error:
        _log.info("another worker was quicker", subject=job.queueing_lock, error=repr(error.__cause__))


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
