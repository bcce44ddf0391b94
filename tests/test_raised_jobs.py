"""A person's doing that meets a job which waits already: it is served as one of its own would be."""

from __future__ import annotations

import random
import threading
from uuid import uuid4

import pytest

from bot.core.subjects import PullRequestSubject
from bot.foundation import WebServices
from bot.store.queue import Job, job_for, pause_installation
from tests.support.service import REPOSITORY, wait_until
from tests.support.worker import Recorder, work_in_this_process

SUBJECT = PullRequestSubject(REPOSITORY, 12)
SWEPT = job_for(SUBJECT, 7, priority=-10)


def defer(services: WebServices, *several: Job) -> int:
    """Queue jobs in one transaction; how many did not wait already."""
    with services.database.transaction() as connection:
        return len(services.queue.defer_many(connection, several))


def waiting(services: WebServices) -> list[tuple[object, ...]]:
    """Class, delivery and whether it waits for a time, of each job."""
    with services.database.transaction() as connection:
        return connection.execute(
            "SELECT priority, args->>'delivery', scheduled_at IS NOT NULL FROM procrastinate_jobs ORDER BY id"
        ).fetchall()


def test_what_a_sweep_queued_becomes_the_persons(services: WebServices) -> None:
    """One job, in the class of people's doings, with the delivery; a sweep's takes nothing of that away."""
    guid = uuid4()
    assert defer(services, SWEPT) == 1
    assert defer(services, job_for(SUBJECT, 7, delivery=guid)) == 0
    assert waiting(services) == [(0, str(guid), False)]
    assert defer(services, SWEPT) == 0
    assert defer(services, job_for(SUBJECT, 7, delivery=uuid4())) == 0
    assert waiting(services) == [(0, str(guid), False)]


def test_it_takes_the_persons_turn(services: WebServices) -> None:
    """Behind what people asked for before, and before what sweeps did."""
    others = [PullRequestSubject(REPOSITORY, number) for number in range(20, 25)]
    defer(services, SWEPT, *(job_for(other, 7, priority=-10) for other in others[:2]))
    defer(services, *(job_for(other, 7) for other in others[2:]))
    defer(services, job_for(SUBJECT, 7, delivery=uuid4()))
    with services.database.transaction() as connection:
        worker = connection.execute("SELECT worker_id FROM procrastinate_register_worker_v1()").fetchone()
        assert worker is not None
        fetch = "SELECT (args->>'number')::int FROM queue_fetch('gates', %s, 1000)"
        found = [row[0] for _ in range(6) for row in connection.execute(fetch, worker)]
    assert found == [22, 23, 24, 12, 20, 21]


def test_what_waits_for_a_time_begins_at_once(services: WebServices) -> None:
    """Such as a job whose worker died of it; an idle worker hears of it."""
    with work_in_this_process(services, recorder := Recorder()):
        wait_until(lambda: waiting(services) == [], what="an idle worker")
        with services.database.transaction() as connection:
            services.queue.defer(connection, SWEPT)
            connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'")
        defer(services, job_for(SUBJECT, 7, delivery=uuid4()))
        wait_until(lambda: recorder.evaluated == [12], what="the evaluation")


@pytest.mark.parametrize("is_background", [True, False], ids=["background work", "all"])
def test_a_pause(services: WebServices, is_background: bool) -> None:
    """A person's doing waits for a pause of the whole installation, and not for one of its background work."""
    defer(services, SWEPT)
    with services.database.transaction() as connection:
        assert pause_installation(connection, 7, 60.0, is_background=is_background) == 1
    guid = uuid4()
    defer(services, job_for(SUBJECT, 7, delivery=guid))
    defer(services, job_for(PullRequestSubject(REPOSITORY, 13), 7))
    defer(services, job_for(PullRequestSubject(REPOSITORY, 14), 7, priority=-10))
    assert waiting(services) == [
        (0, str(guid), not is_background),
        (0, None, not is_background),
        (-10, None, True),
    ]


def test_many_at_once_never_wait_in_a_ring(services: WebServices) -> None:
    """Batches of the same keys, in any order and of either class: all end, and each key waits once."""
    failures: list[BaseException] = []

    def queue_batches(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - no secret
        try:
            for _ in range(30):
                numbers = chance.sample(range(1, 21), 10)
                priority = chance.choice([-10, 0])
                defer(
                    services, *(job_for(PullRequestSubject(REPOSITORY, n), 7, priority=priority) for n in numbers)
                )
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=queue_batches, args=[seed]) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert len(waiting(services)) == 20
