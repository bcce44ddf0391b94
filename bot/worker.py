"""The worker process: runs the queue's tasks, and takes over what a killed worker left running."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import psycopg
import structlog
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException

from bot.foundation import Foundation
from bot.jobs import AnyServices, Reconciler, make_tasks
from bot.store.connecting import PARAMETERS, configure_for_queue, queue_pool
from bot.store.database import DatabaseUnreachableError
from bot.store.job_manager import Held, QueueManager
from bot.store.migrate import why_unusable
from bot.store.outages import reason_behind
from bot.store.queue import SWEEP_INSTALLATIONS_JOB, SWEEP_JOB, SWEEP_TAGS_JOB
from bot.store.recovery import RECOVERY_JOB

LONGEST_WAIT = 10.0
"""Seconds between two looks at a database that is away: so late may the work go on after it is back."""
QUEUE_CONNECTIONS = 4
"""Of one worker process, beside the one that listens: each is used for a millisecond at a time."""
NO_WAIT, NEVER = 0.005, 86_400.0
LONG_LIFE = 60.0
"""Seconds after which a worker that stopped counts as one that could work, and starts again at once."""
# Procrastinate wraps what the database says to a query, but not what opening and closing its pool runs into.
# Whatever it says, the worker waits: read-only, full, or half migrated today, it may be well again tomorrow.
OUTAGES = (ConnectorException, DatabaseUnreachableError, psycopg.Error)
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """Seconds, and how many jobs at once. A killed worker's jobs go on after `stalled_after` + `look_every`.

    `polling`: how long an idle worker waits for the database's word before it looks by itself. `drain`: how long
    running jobs may go on after the worker was told to stop; what runs longer is left to others.
    """

    concurrency: int = 12
    heartbeat: float = 3.0
    stalled_after: float = 15.0
    look_every: float = 3.0
    polling: float = 1.0
    drain: float = 7.0


def run_worker(
    services: AnyServices, reconciler: Reconciler[AnyServices], options: WorkerOptions | None = None
) -> None:
    """Work until SIGTERM or SIGINT; then finish what runs (at most `drain` seconds), give back the rest, return.

    Blocks; call it from the main thread. When something still runs at the end of that time, the process ends
    here: nothing can stop a thread that waits for an answer, and whoever has its job by now must not wait for it.
    """

    async def work() -> None:
        told = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        if await work_until_told(services, reconciler, options or WorkerOptions(), told):
            logging.shutdown()
            os._exit(0)

    asyncio.run(work())


async def work_until_told(
    services: AnyServices, reconciler: Reconciler[AnyServices], options: WorkerOptions, told: asyncio.Event
) -> int:
    """Work until `told` is set; how many jobs still run then, which others have by now.

    While the database is away, lacks its schema or takes nothing, at the start or later, wait for it and go on.
    """
    # Tasks are synchronous, each in a thread; asyncio's own executor may have fewer than we run jobs.
    executor = ThreadPoolExecutor(options.concurrency + 2, "job")
    asyncio.get_running_loop().set_default_executor(executor)
    wait = 1.0
    while not told.is_set():
        await _wait_for_database(services.database.url, told)
        if told.is_set():
            return 0
        began, left, reason = time.monotonic(), 0, "stopped by itself"
        try:
            left = await _work(services, reconciler, options, told)
        except OUTAGES as error:
            reason = f"stopped: the database {reason_behind(error)}"
        if told.is_set():
            return left
        # A full disk is only found by writing, so by starting again.
        wait = 1.0 if time.monotonic() - began > LONG_LIFE else wait
        _log.warning(f"worker {reason}; starting again", in_seconds=wait)
        await _wait_for(told, wait)
        wait = min(wait * 2, LONGEST_WAIT)
    return 0


async def _wait_for_database(url: str, told: asyncio.Event) -> None:
    """Return when the database can be worked with, or when `told` is set; meanwhile one line for each look."""
    wait = 1.0
    while not told.is_set() and (reason := await asyncio.to_thread(why_unusable, url)) is not None:
        _log.warning(f"DATABASE_URL: the database {reason}; trying again", in_seconds=wait)
        await _wait_for(told, wait)
        wait = min(wait * 2, LONGEST_WAIT)


async def _work(
    services: AnyServices, reconciler: Reconciler[AnyServices], options: WorkerOptions, told: asyncio.Event
) -> int:
    """One life of Procrastinate's worker, ended by `told` or by a lost database; how many jobs still run."""
    held = Held()
    connector = PsycopgConnector(
        pool_factory=queue_pool,
        conninfo=services.database.url,
        min_size=1,
        max_size=QUEUE_CONNECTIONS,
        timeout=10,
        configure=configure_for_queue,
        kwargs={**PARAMETERS, "connect_timeout": 5, "application_name": "trackgate queue"},
    )
    app = make_tasks(connector, services, reconciler, held)
    manager = QueueManager(connector, held, concurrency=options.concurrency, patience=options.polling)
    app.job_manager = manager
    left = 0
    await app.connector.open_async()
    try:
        await asyncio.to_thread(_defer_sweep, services)
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=options.concurrency,
                fetch_job_polling_interval=NO_WAIT,
                abort_job_polling_interval=NEVER,
                update_heartbeat_interval=options.heartbeat,
                stalled_worker_timeout=options.stalled_after,
                install_signal_handlers=False,
                delete_jobs="successful",
            )
        )
        taking_over = asyncio.create_task(_take_over(manager, options))
        ends = asyncio.create_task(told.wait())
        await asyncio.wait([working, taking_over, ends], return_when=asyncio.FIRST_COMPLETED)
        manager.stop()
        for task in (taking_over, ends, working):
            task.cancel()
        await asyncio.wait([working], timeout=options.drain)
        if not working.done():
            left = await _leave(manager, held)
            return left
        results = await asyncio.gather(working, taking_over, ends, return_exceptions=True)
    finally:
        if not left:  # else there is no time to lose: others have our jobs
            with suppress(*OUTAGES):
                await app.connector.close_async()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return 0


async def _leave(manager: QueueManager, held: Held) -> int:
    """Give back what still runs; how many those are, at least 1."""
    left = max(1, len(held.jobs))
    with suppress(TimeoutError, *OUTAGES):
        await asyncio.wait_for(manager.hand_back_all(), 1.0)
    _log.warning("worker ends while jobs run; others take them", jobs=left)
    return left


def _defer_sweep(services: Foundation) -> None:
    """Deliveries may have been lost while nobody worked."""
    with services.database.transaction() as connection:
        services.queue.defer(connection, SWEEP_INSTALLATIONS_JOB)
        services.queue.defer(connection, SWEEP_JOB)
        services.queue.defer(connection, SWEEP_TAGS_JOB)
        services.queue.defer(connection, RECOVERY_JOB)


async def _take_over(manager: QueueManager, options: WorkerOptions) -> None:
    """Put back jobs that nobody does; beside the jobs, so that full hands cannot delay it.

    Those are the jobs of workers without a heartbeat, and jobs of our own that have ended while the database
    could not be told: it goes on calling them ours, and their subjects would stay locked for as long as we live.
    """
    suspects: set[int] = set()
    while True:
        suspects = await manager.take_over(options.stalled_after, suspects)
        await asyncio.sleep(options.look_every)


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
