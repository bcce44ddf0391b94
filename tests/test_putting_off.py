"""What becomes of jobs that cannot be done now, or not at all: limits, suspended installations, poison."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from bot.core.subjects import PullRequestSubject
from bot.foundation import Foundation, WebServices
from bot.github_api.errors import LimitReached, Suspended
from bot.jobs import MAXIMUM_ATTEMPTS
from bot.put_offs import LONGEST_SPREAD, SPREAD, STRIKES, Strikes, spread
from bot.store.installations import installation_of, remember_installation
from bot.store.queue import Job, job_for, pause_installation, queue_state
from bot.worker import WorkerOptions
from tests.support.service import REPOSITORY, delivery_request, pull_request_payload, wait_until
from tests.support.worker import Recorder, defer, rows, work_in_this_process

pytestmark = pytest.mark.end_to_end

LIMITED, FREE = 7, 8


class Limited(Recorder):
    """A limit leaves the installation 7 no room, until `has_room`; its evaluations are counted in `refused`."""

    def __init__(self, error: Callable[[], Exception]) -> None:
        super().__init__()
        self.refused = 0
        self.has_room = False
        self._error = error

    def pull_request(
        self, services: Foundation, repository: str, number: int, installation_id: int, *, delivery: UUID | None
    ) -> None:
        """Refuse what the limit is for."""
        if installation_id == LIMITED and not self.has_room:
            self.refused += 1
            raise self._error()
        super().pull_request(services, repository, number, installation_id, delivery=delivery)


def jobs(installation_id: int, numbers: range) -> list[Job]:
    """Jobs for these pull requests of an installation's repository."""
    repository = f"meta/of-{installation_id}"
    return [job_for(PullRequestSubject(repository, number), installation_id) for number in numbers]


def test_a_limit_uses_up_no_attempt(services: WebServices) -> None:
    """However often there is no room, the job stays at its attempt, and is done once there is."""
    recorder = Limited(lambda: LimitReached("no room", retry_after=0.05))
    with work_in_this_process(services, recorder):
        defer(services, *jobs(LIMITED, range(1, 2)))
        wait_until(lambda: recorder.refused > 2 * MAXIMUM_ATTEMPTS, what="more refusals than attempts")
        assert rows(services, "SELECT 1 FROM parked_jobs") == []
        recorder.has_room = True
        wait_until(lambda: recorder.evaluated == [1], what="the evaluation")


def test_paused_installation_costs_nothing(services: WebServices) -> None:
    """Of 300 jobs without room a handful find that out; the others wait in the queue, and others go on."""
    recorder = Limited(lambda: LimitReached("no room", retry_after=30.0))
    defer(services, *jobs(LIMITED, range(1, 301)))
    with work_in_this_process(services, recorder, WorkerOptions(concurrency=4)):
        paused = """SELECT count(*) FROM procrastinate_jobs
            WHERE args::text LIKE '%meta/of-7%' AND scheduled_at > now() + interval '10 seconds'"""
        wait_until(lambda: rows(services, paused) == [(300,)], what="the pause")
        defer(services, *jobs(LIMITED, range(301, 311)), *jobs(FREE, range(1, 11)))
        wait_until(lambda: len(recorder.evaluated) == 10, what="the other installation's evaluations")
        assert rows(services, paused) == [(310,)]
        assert recorder.refused <= STRIKES + 4
        with services.database.transaction() as connection:
            assert queue_state(connection).put_off >= 310


def test_after_a_pause_all_is_done(services: WebServices) -> None:
    """What waited, and what came meanwhile, is evaluated once the pause is over, without any new event."""
    recorder = Recorder()
    defer(services, *jobs(LIMITED, range(1, 21)))
    with services.database.transaction() as connection:
        assert pause_installation(connection, LIMITED, 1.0) == 20
    defer(services, *jobs(LIMITED, range(21, 31)))
    with work_in_this_process(services, recorder):
        began = time.monotonic()
        wait_until(lambda: sorted(recorder.evaluated) == list(range(1, 31)), what="all evaluations")
    assert time.monotonic() - began < 20


def test_suspended_installation_ends_its_jobs(services: WebServices) -> None:
    """The job ends without another attempt, and the installation is known as suspended."""
    recorder = Limited(lambda: Suspended("This installation has been suspended"))
    with services.database.transaction() as connection:
        remember_installation(connection, LIMITED, [REPOSITORY])
    with work_in_this_process(services, recorder):
        defer(services, *jobs(LIMITED, range(1, 4)))
        wait_until(lambda: recorder.refused == 3, what="the refusals")
        left = "SELECT 1 FROM procrastinate_jobs WHERE args::text LIKE '%of-7%'"
        wait_until(lambda: rows(services, left) == [], what="the end of the jobs")
        with services.database.transaction() as connection:
            assert installation_of(connection, REPOSITORY) is None
        assert rows(services, "SELECT 1 FROM parked_jobs") == []


def test_poison_delivery_is_parked_visible_and_others_go_on(client: FlaskClient, services: WebServices) -> None:
    """It fails for ever: after its last attempt it is parked with its error, its GUID is accepted again, and what
    belongs to others was done meanwhile; once it succeeds, it is parked no more."""
    guid = str(uuid4())
    secret = "ghs_" + "a" * 36
    recorder = Limited(lambda: TypeError(f"cannot add a token {secret}"))
    request = delivery_request(pull_request_payload(), guid=guid)
    assert client.post("/webhooks/github", **request).status_code == 202
    due = "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' RETURNING 1"
    with work_in_this_process(services, recorder):
        for attempt in range(1, MAXIMUM_ATTEMPTS):
            wait_until(lambda done=attempt: recorder.refused == done, what="an attempt")  # type: ignore[misc]
            wait_until(lambda: rows(services, due), what="the next attempt's job")
            defer(services, *jobs(FREE, range(attempt, attempt + 1)))
        wait_until(lambda: rows(services, "SELECT 1 FROM parked_jobs"), what="parking")
        wait_until(lambda: len(recorder.evaluated) == MAXIMUM_ATTEMPTS - 1, what="the evaluations of others")
        ((key, error, delivery),) = rows(services, "SELECT key, error, delivery FROM parked_jobs")
        assert (key, str(delivery)) == (f"pull_request:{REPOSITORY}#12", guid)
        assert str(error).startswith("TypeError: cannot add a token (secret removed)")
        with services.database.transaction() as connection:
            assert queue_state(connection).failed == 1
        assert 'trackgate_queue_jobs{state="failed"} 1.0' in client.get("/metrics").text
        recorder.has_room = True
        assert client.post("/webhooks/github", **request).status_code == 202
        wait_until(lambda: 12 in recorder.evaluated, what="the evaluation of the redelivery")
        wait_until(lambda: rows(services, "SELECT 1 FROM parked_jobs") == [], what="the end of parking")
    assert client.post("/webhooks/github", **request).status_code == 200


def test_strikes() -> None:
    """Several limits in a row, with nothing done in between, mean that the installation has no room."""
    strikes = Strikes()
    assert [strikes.note_limit(1, 20.0) for _ in range(STRIKES)] == [None] * (STRIKES - 1) + [20.0]
    assert strikes.note_limit(1, 20.0) is None
    strikes.note_done(1)
    assert [strikes.note_limit(1, 3600.0) for _ in range(STRIKES)] == [None] * (STRIKES - 1) + [60.0]
    assert all(strikes.note_limit(1, 0.5) is None for _ in range(10))


def test_strikes_of_background_work() -> None:
    """Its limits are tighter, so they say nothing about people's work; nor does a person's success about it."""
    strikes = Strikes()
    for _ in range(STRIKES - 1):
        assert strikes.note_limit(1, 20.0, is_background=True) is None
    assert strikes.note_limit(1, 20.0) is None
    strikes.note_done(1)
    assert strikes.note_limit(1, 20.0, is_background=True) == 20.0


def test_background_work_without_room_leaves_people_alone(services: WebServices) -> None:
    """Its installation's sweeps wait, and what a person does there is evaluated at once."""

    class NoRoomForSweeps(Recorder):
        refused = 0

        def pull_request(
            self,
            services: Foundation,
            repository: str,
            number: int,
            installation_id: int,
            *,
            delivery: UUID | None,
        ) -> None:
            if number < 100:
                self.refused += 1
                raise LimitReached("no room for background work", retry_after=1800.0)
            super().pull_request(services, repository, number, installation_id, delivery=delivery)

    repository, recorder = f"meta/of-{LIMITED}", NoRoomForSweeps()
    paused = "SELECT 1 FROM queue_pauses WHERE is_background"
    with work_in_this_process(services, recorder):
        defer(services, *(job_for(PullRequestSubject(repository, n), LIMITED, priority=-10) for n in range(1, 50)))
        wait_until(lambda: rows(services, paused), what="the pause of background work")
        defer(services, *jobs(LIMITED, range(100, 103)))
        wait_until(lambda: sorted(recorder.evaluated) == [100, 101, 102], what="what people did")
    assert recorder.refused < 49


def test_spread() -> None:
    """Jobs that wait for the same moment do not all come in it, and none comes before."""
    found = {spread(30.0) for _ in range(100)}
    assert len(found) > 50
    assert 30.0 <= min(found) <= max(found) <= 30.0 * (1 + SPREAD)
    assert max(spread(3600.0) for _ in range(100)) <= 3600.0 + LONGEST_SPREAD
