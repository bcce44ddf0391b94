"""How a worker takes jobs out of the queue and gives them back: fairly, at once, and never somebody else's.

Procrastinate runs the jobs; which is next, and what becomes of it, say the functions of migration 0005. Beside
fairness this removes three waits of its own manager: a job whose subject was busy, or whose installation had its
share of threads, starts when one of ours ends (not at the next poll), and a job for a later time starts then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from procrastinate.connector import BaseConnector
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager, NotificationCallback

from bot.store.queue import QUEUE

MAXIMUM_TAKEOVERS = 5
"""A job that was running each time its worker died may be what kills them."""
_FETCH = """
    SELECT id, status, task_name, priority, lock, queueing_lock, args, scheduled_at, queue_name, attempts,
           worker_id
    FROM queue_fetch(%(queue)s, %(worker_id)s, %(concurrency)s)
"""
_NEXT_DUE = """
    SELECT extract(epoch FROM min(scheduled_at) - clock_timestamp())::float AS seconds FROM procrastinate_jobs
    WHERE status = 'todo' AND scheduled_at IS NOT NULL
"""
_STALLED = """
    SELECT job.id, job.worker_id, job.queueing_lock, job.attempts, job.args->>'delivery' AS delivery
    FROM procrastinate_jobs AS job
    LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
        AND (worker.id IS NULL OR worker.last_heartbeat < now() - %(seconds)s * interval '1 second')
"""
_OURS = """
    SELECT id, worker_id, queueing_lock, attempts, args->>'delivery' AS delivery FROM procrastinate_jobs
    WHERE status = 'doing' AND worker_id = %(worker_id)s
"""
_PARK = """
    WITH gone AS (
        DELETE FROM procrastinate_jobs
        WHERE id = %(id)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker_id)s
        RETURNING queueing_lock, task_name, args, priority
    ), failed AS (
        -- So that GitHub's redelivery of the same GUID is taken for another attempt.
        UPDATE deliveries SET outcome = 'failed', reason = %(error)s
        WHERE guid IN (SELECT (args->>'delivery')::uuid FROM gone)
    )
    INSERT INTO parked_jobs (key, task, arguments, priority, error, delivery)
    SELECT coalesce(queueing_lock, task_name), task_name, args, priority, %(error)s, (args->>'delivery')::uuid
    FROM gone
    ON CONFLICT (key) DO UPDATE SET arguments = excluded.arguments, error = excluded.error, parked_at = now()
"""
Row = dict[str, Any]
_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class Held:
    """What one worker process knows of its own jobs: those it fetched and has not ended, and how they went.

    `succeeded` are jobs that did their work: whatever was parked of their subject is settled by that.
    """

    jobs: set[int] = field(default_factory=set)
    succeeded: set[int] = field(default_factory=set)
    worker_id: int | None = None


class QueueManager(JobManager):
    """Procrastinate's manager with our own way in and out of the queue; for one worker process."""

    def __init__(self, connector: BaseConnector, held: Held, *, concurrency: int, patience: float) -> None:
        """`patience`: seconds that an idle worker waits for a word before it looks by itself."""
        super().__init__(connector)
        self._held = held
        self._concurrency = concurrency
        self._patience = patience
        self._changed = asyncio.Event()
        self._is_stopping = False

    def stop(self) -> None:
        """Fetch nothing more."""
        self._is_stopping = True
        self._changed.set()

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:  # noqa: ARG002
        """The next job in fair order, now marked as ours; None after `patience` without one, or when stopping."""
        self._held.worker_id = worker_id
        deadline = asyncio.get_running_loop().time() + self._patience
        while not self._is_stopping:
            self._changed.clear()
            row = await self.connector.execute_query_one_async(
                _FETCH, queue=QUEUE, worker_id=worker_id, concurrency=self._concurrency
            )
            if row["id"] is not None:
                self._held.jobs.add(row["id"])
                return Job.from_row(row)
            if not await self._wait(deadline):
                return None
        return None

    async def _wait(self, deadline: float) -> bool:
        """Until something may have changed; False at the deadline, a time of the event loop."""
        due = (await self.connector.execute_query_one_async(_NEXT_DUE))["seconds"]
        left = deadline - asyncio.get_running_loop().time()
        # A job that is due and yet was not fetched waits for its subject or its share, not for a time.
        seconds = left if due is None or due <= 0 else min(left, due + 0.001)
        try:
            await asyncio.wait_for(self._changed.wait(), max(seconds, 0.0))
        except TimeoutError:
            return seconds < left
        return True

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """As Procrastinate's, and a waiting `fetch_job` hears of it."""

        async def tell(*, channel: str, notification: object) -> None:
            self._changed.set()
            await on_notification(channel=channel, notification=notification)  # type: ignore[arg-type]

        await super().listen_for_jobs(on_notification=tell, queues=queues)

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: ARG002
        """The end of a job of ours. What failed outside of its task's own care is tried again, a few times."""
        number = job.id or 0
        succeeded = number in self._held.succeeded
        try:
            if status is Status.SUCCEEDED:
                row = await self.connector.execute_query_one_async(
                    "SELECT queue_finish(%(id)s, %(worker_id)s, %(succeeded)s) AS done",
                    id=number,
                    worker_id=job.worker_id,
                    succeeded=succeeded,
                )
                if not row["done"]:
                    _log.info("another worker took the job over meanwhile", **_about(job))
            elif status is Status.FAILED:
                await self.put_back(job, counts=True)
            else:
                await self.put_back(job, counts=False)
        finally:
            self._held.succeeded.discard(number)
            self._held.jobs.discard(number)
            self._changed.set()

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,  # noqa: ARG002
        priority: int | None = None,  # noqa: ARG002
        queue: str | None = None,  # noqa: ARG002
        lock: str | None = None,  # noqa: ARG002
    ) -> None:
        """Procrastinate's own retries are not used (see `bot.jobs`); should one come, the job is put back."""
        await self.finish_job(job, Status.FAILED, delete_job=False)

    async def put_back(self, job: Job, *, counts: bool) -> None:
        """Put a job that nobody does back into the line, or park it when that was done too often."""
        if counts and job.attempts >= MAXIMUM_TAKEOVERS:
            _log.error("job given up: it ended with its worker, or outside of its task", **_about(job))
            error = "ended with its worker, or outside of its task, each time; the worker's log says more"
            await self.connector.execute_query_async(_PARK, id=job.id, worker_id=job.worker_id, error=error)
            return
        delay = 2.0**job.attempts if counts else 0.0
        await self._hand_back([job.id or 0], job.worker_id, counts=counts, delay=delay)

    async def _hand_back(self, ids: list[int], worker_id: int | None, *, counts: bool, delay: float) -> None:
        await self.connector.execute_query_async(
            "SELECT queue_hand_back(%(ids)s::bigint[], %(worker_id)s::bigint, %(counts)s, %(delay)s)",
            ids=ids,
            worker_id=worker_id,
            counts=counts,
            delay=delay,
        )

    async def hand_back_all(self) -> int:
        """Give back every job of ours, for others to take at once; how many. For a worker that has to end now."""
        ids = sorted(self._held.jobs)
        if ids:
            await self._hand_back(ids, self._held.worker_id, counts=False, delay=0)
        return len(ids)

    async def take_over(self, stalled_after: float, suspects: set[int]) -> set[int]:
        """Put back what nobody does: jobs of workers without a heartbeat, and `suspects` that still look lost.

        Suspects are jobs that the database takes for ours, and that we neither run nor wait for; gives those found
        now. Only at the second look they are lost: between two statements anything may look so.
        """
        for row in await self.connector.execute_query_all_async(_STALLED, seconds=stalled_after):
            await self._take(row)
        if self._held.worker_id is None:
            return set()
        rows = await self.connector.execute_query_all_async(_OURS, worker_id=self._held.worker_id)
        lost = [row for row in rows if row["id"] not in self._held.jobs]
        for row in lost:
            if row["id"] in suspects:
                await self._take(row)
        return {row["id"] for row in lost}

    async def _take(self, row: Row) -> None:
        job = Job(
            id=row["id"],
            queue=QUEUE,
            lock=None,
            queueing_lock=row["queueing_lock"],
            task_name="",
            task_kwargs={"delivery": row["delivery"]},
            attempts=row["attempts"],
            worker_id=row["worker_id"],
        )
        _log.warning("job that nobody does", attempts=job.attempts, **_about(job))
        if job.attempts >= MAXIMUM_TAKEOVERS:
            await self.put_back(job, counts=True)
        else:
            await self._hand_back([row["id"]], job.worker_id, counts=True, delay=0)


def _about(job: Job) -> dict[str, Any]:
    """What the log says of a job: its subject, and the GUID of the delivery that asked for it, if one did."""
    return {"subject": job.queueing_lock, "delivery": job.task_kwargs.get("delivery")}
