"""Fair turns: one installation with thousands of jobs, or with slow answers, keeps nobody else waiting."""

from __future__ import annotations

import threading
from uuid import UUID

from bot.core.subjects import PullRequestSubject
from bot.foundation import Foundation, WebServices
from bot.store.queue import Job, job_for, queue_state
from bot.worker import WorkerOptions
from tests.support.service import wait_until
from tests.support.worker import Recorder, work_in_this_process

NOISY, QUIET = 1, 2


class ByInstallation(Recorder):
    """Notes whose evaluations begin, in order; those of the noisy installation may be held."""

    def __init__(self, *, seconds: float = 0.0, hold_noisy: bool = False) -> None:
        super().__init__(seconds=seconds)
        self.begun: list[int] = []
        self._go_on = threading.Event()
        if not hold_noisy:
            self._go_on.set()

    def pull_request(
        self, services: Foundation, repository: str, number: int, installation_id: int, *, delivery: UUID | None
    ) -> None:
        """Begin, and wait like one whose GitHub is slow."""
        self.begun.append(installation_id)
        if installation_id == NOISY:
            self._go_on.wait(30)
        super().pull_request(services, repository, number, installation_id, delivery=delivery)

    def release(self) -> None:
        """Let all go on."""
        self._go_on.set()
        super().release()


def jobs(installation_id: int, count: int, *, priority: int = 0) -> list[Job]:
    """Jobs for as many pull requests of an installation."""
    repository = f"meta/of-{installation_id}"
    return [
        job_for(PullRequestSubject(repository, number), installation_id, priority=priority)
        for number in range(1, count + 1)
    ]


def defer(services: WebServices, *several: Job) -> None:
    """Queue jobs in one transaction."""
    with services.database.transaction() as connection:
        services.queue.defer_many(connection, several)


def fetched(services: WebServices, count: int, *, concurrency: int = 1000) -> list[int]:
    """The installations of the next jobs, in the order in which a worker with so many threads would begin them."""
    with services.database.transaction() as connection:
        worker = connection.execute("SELECT worker_id FROM procrastinate_register_worker_v1()").fetchone()
        assert worker is not None
        found = [
            connection.execute(
                "SELECT installation_id FROM queue_fetch('gates', %s, %s)", [worker[0], concurrency]
            ).fetchone()
            for _ in range(count)
        ]
    return [row[0] for row in found if row is not None and row[0] is not None]


def test_a_quiet_installation_is_begun_next(services: WebServices) -> None:
    """Behind 5,000 jobs of one installation, the first job of another is the next but one at the latest."""
    defer(services, *jobs(NOISY, 5000))
    assert fetched(services, 10) == [NOISY] * 10
    defer(services, *jobs(QUIET, 2))
    assert fetched(services, 6).count(QUIET) == 2


def test_busy_installations_take_it_in_turns(services: WebServices) -> None:
    """However much each has queued, and whoever came first, each gets its turn."""
    for installation_id, count in ((1, 300), (2, 30), (3, 3)):
        defer(services, *jobs(installation_id, count))
    first = fetched(services, 9)
    assert sorted(first) == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert sorted(fetched(services, 6)) == [1, 1, 1, 2, 2, 2]


def test_nobody_gains_by_having_waited_long(services: WebServices) -> None:
    """Jobs that were put off join the line at its end, not before whoever came meanwhile."""
    defer(services, *jobs(NOISY, 200))
    with services.database.transaction() as connection:
        connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 minute'")
    defer(services, *jobs(QUIET, 5))
    assert fetched(services, 10).count(QUIET) == 5


def test_people_come_before_sweeps(services: WebServices) -> None:
    """Whatever the turns say, what a person did is evaluated before what a sweep looks at."""
    defer(services, *jobs(NOISY, 50, priority=-10))
    defer(services, *jobs(QUIET, 50))
    assert fetched(services, 60) == [QUIET] * 50 + [NOISY] * 10


def test_slow_answers_to_one_leave_threads_for_others(services: WebServices) -> None:
    """An installation whose evaluations hang takes three quarters of the threads, and another begins at once."""
    recorder = ByInstallation(hold_noisy=True)
    with work_in_this_process(services, recorder, WorkerOptions(concurrency=8)):
        defer(services, *jobs(NOISY, 50))
        wait_until(lambda: recorder.begun.count(NOISY) == 6, what="its share of threads")
        defer(services, *jobs(QUIET, 3))
        wait_until(lambda: recorder.evaluated.count(1) == 1, what="the first of the other installation")
        wait_until(lambda: len(recorder.evaluated) == 3, what="all of the other installation")
        assert recorder.begun.count(NOISY) == 6
        recorder.release()
        wait_until(lambda: len(recorder.evaluated) == 53, what="the end of the queue")


def test_quiet_installation_behind_5000_jobs_with_a_real_worker(services: WebServices) -> None:
    """Its evaluation begins within a few evaluations' time, and long before the 5,000 are done."""
    recorder = ByInstallation(seconds=0.02)
    defer(services, *jobs(NOISY, 5000))
    with work_in_this_process(services, recorder, WorkerOptions(concurrency=4)):
        wait_until(lambda: len(recorder.evaluated) >= 20, what="work on the noisy installation")
        before = len(recorder.begun)
        defer(services, *jobs(QUIET, 1))
        wait_until(lambda: QUIET in recorder.begun, what="the quiet installation's turn")
        assert recorder.begun.index(QUIET) - before <= 12
        with services.database.transaction() as connection:
            connection.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
            assert queue_state(connection).waiting == 0
