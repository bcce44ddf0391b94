"""What fails for long: counted by its subject, with more and more time between, and given up in the end."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from bot.core.subjects import DeploymentSubject, PullRequestSubject
from bot.foundation import Foundation, WebServices
from bot.github_api.errors import Forbidden, LimitReached, NotFound
from bot.jobs import MAXIMUM_ATTEMPTS
from bot.store.deployments import Deployment, store_deployment
from bot.store.failing import failing_keys, note_failure
from bot.store.installations import remember_app, remember_installation
from bot.store.queue import job_for, may_look_at_installation
from bot.sweep_queueing import queue_all_sweeps
from tests.support.builders import NOW
from tests.support.service import REPOSITORY, delivery_request, pull_request_payload, wait_until
from tests.support.worker import Recorder, defer, rows, work_in_this_process

pytestmark = pytest.mark.end_to_end

SUBJECT = PullRequestSubject(REPOSITORY, 12)
JOB = job_for(SUBJECT, 7)
DUE = f"""UPDATE procrastinate_jobs SET scheduled_at = now()
    WHERE status = 'todo' AND queueing_lock = 'later:{JOB.key}' RETURNING 1"""  # noqa: S608


class Failing(Recorder):
    """Every evaluation fails with `error`; `failed` counts them, `looks` what GitHub was asked for."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.failed = 0
        self.looks = 0
        self._error = error

    def pull_request(
        self, services: Foundation, repository: str, number: int, installation_id: int, *, delivery: UUID | None
    ) -> None:
        """Fail."""
        self.failed += 1
        raise self._error

    def installation(self, services: Foundation, installation_id: int, *, has_changed: bool = False) -> Set[str]:
        """GitHub lists the repository, as before."""
        self.looks += 1
        return frozenset()


def attempt_that_waits(services: WebServices) -> int | None:
    """The number of the subject's next attempt; None while it runs, and when nothing waits."""
    found = rows(
        services,
        f"""SELECT (args->'arguments'->>'attempt')::int FROM procrastinate_jobs
            WHERE status = 'todo' AND queueing_lock = 'later:{JOB.key}'
                AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE queueing_lock = '{JOB.key}')""",  # noqa: S608
    )
    number = found[0][0] if found else None
    return number if isinstance(number, int) else None


@pytest.fixture
def an_hour_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No attempt comes by itself, however slow the machine is."""
    monkeypatch.setattr("bot.job_runner.WAITS", [3600.0] * MAXIMUM_ATTEMPTS)


@pytest.mark.usefixtures("an_hour_between_attempts")
def test_poison_delivery_is_parked_though_sweeps_come_between_its_attempts(
    client: FlaskClient, services: WebServices
) -> None:
    """Sweeps and events of others queue the same subject: they neither begin the count anew nor use it up."""
    guid = str(uuid4())
    recorder = Failing(TypeError("broken"))
    request = delivery_request(pull_request_payload(), guid=guid)
    assert client.post("/webhooks/github", **request).status_code == 202
    with work_in_this_process(services, recorder):
        for attempt in range(1, MAXIMUM_ATTEMPTS):
            wait_until(lambda n=attempt: attempt_that_waits(services) == n, what="the next attempt")  # type: ignore[misc]
            failed = recorder.failed
            defer(services, job_for(SUBJECT, 7, priority=-10))
            wait_until(lambda n=failed: recorder.failed == n + 1, what="the sweep's failure")  # type: ignore[misc]
            wait_until(lambda n=attempt: attempt_that_waits(services) == n, what="the same attempt")  # type: ignore[misc]
            assert rows(services, DUE)
        wait_until(lambda: rows(services, "SELECT 1 FROM parked_jobs"), what="parking")
    assert recorder.failed == 2 * MAXIMUM_ATTEMPTS - 1
    ((key, delivery),) = rows(services, "SELECT key, delivery FROM parked_jobs")
    assert (key, str(delivery)) == (JOB.key, guid)
    assert rows(services, "SELECT outcome FROM deliveries") == [("failed",)]
    assert rows(services, "SELECT 1 FROM failing_jobs") == []


@pytest.mark.usefixtures("an_hour_between_attempts")
@pytest.mark.parametrize("error", [NotFound("Not Found"), Forbidden("Not by this App")], ids=["404", "403"])
def test_a_lasting_refusal_is_no_hot_loop(services: WebServices, error: Exception) -> None:
    """GitHub lists the repository and yet refuses: it is asked once for the list, and the job waits its time."""
    with services.database.transaction() as connection:
        remember_app(connection, 1, "trackgate")
        remember_installation(connection, 7, [REPOSITORY])
    recorder = Failing(error)
    with work_in_this_process(services, recorder):
        wait_until(lambda: recorder.looks == 1, what="the look at the start")
        defer(services, JOB)
        for attempt in range(1, MAXIMUM_ATTEMPTS):
            wait_until(lambda n=attempt: attempt_that_waits(services) == n, what="the next attempt")  # type: ignore[misc]
            assert recorder.failed == attempt
            assert rows(services, DUE)
        wait_until(lambda: rows(services, "SELECT 1 FROM parked_jobs"), what="parking")
        assert recorder.failed == MAXIMUM_ATTEMPTS
        wait_until(lambda: recorder.looks == 2, what="the look because of it")
    assert recorder.looks == 2


def test_an_installation_is_asked_once_in_ten_minutes(services: WebServices) -> None:
    """However many of its repositories cannot be found; and a clock set back does not stop it for long."""
    with services.database.transaction() as connection:
        assert may_look_at_installation(connection, 7)
        assert not may_look_at_installation(connection, 7)
        assert may_look_at_installation(connection, 8)
        connection.execute("UPDATE installation_looks SET asked_at = now() - interval '11 minutes'")
        assert may_look_at_installation(connection, 7)
        connection.execute("UPDATE installation_looks SET asked_at = now() + interval '1 hour'")
        assert may_look_at_installation(connection, 7)


def test_a_failure_counts_when_its_attempt_was_due(services: WebServices) -> None:
    """Not before, unless it is the attempt itself; each delivery is noted once, the first one first."""
    first, second = uuid4(), uuid4()
    with services.database.transaction() as connection:
        assert note_failure(connection, "k", 0, first, waits=[60.0, 120.0]).attempts == 1
        early = note_failure(connection, "k", 0, second, waits=[60.0, 120.0])
        assert (early.attempts, early.deliveries) == (1, (first, second))
        assert 50 < early.seconds <= 60
        assert failing_keys(connection) == {"k"}
        own = note_failure(connection, "k", 1, first, waits=[60.0, 120.0])
        assert (own.attempts, own.deliveries) == (2, (first, second))
        assert 110 < own.seconds <= 120
        connection.execute("UPDATE failing_jobs SET next_at = now() - interval '1 second'")
        assert failing_keys(connection) == frozenset()
        late = note_failure(connection, "k", 0, None, waits=[60.0, 120.0])
        assert (late.attempts, late.deliveries) == (3, (first, second))


def test_a_sweep_leaves_a_deployment_to_its_next_attempt(services: WebServices) -> None:
    """It is not queued beside the attempt that has its time."""
    asked = Deployment(REPOSITORY, 77, "production", "v3.1.0", "c" * 40, f"/repos/{REPOSITORY}/x", NOW, uuid4())
    key = job_for(DeploymentSubject(REPOSITORY, 77, "production"), 7).key
    queued = f"SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = '{key}'"  # noqa: S608
    with services.database.transaction() as connection:
        remember_installation(connection, 7, [REPOSITORY])
        store_deployment(connection, asked)
        note_failure(connection, key, 0, None, waits=[60.0])
    queue_all_sweeps(services)
    assert rows(services, queued) == []
    rows(services, "UPDATE failing_jobs SET next_at = now() RETURNING 1")
    queue_all_sweeps(services)
    assert rows(services, queued) == [(1,)]


@pytest.mark.parametrize("minutes", [-2, 2])
def test_clock_2_minutes_wrong_changes_no_wait_in_the_queue(services: WebServices, minutes: int) -> None:
    """What is put off, tried again, or looked at later waits as long as was meant, by the database's clock."""
    clock = services.clock
    wrong = replace(services, clock=lambda: clock() + timedelta(minutes=minutes))
    waits = """SELECT extract(epoch FROM scheduled_at - clock_timestamp())::float FROM procrastinate_jobs
        WHERE queueing_lock = 'later:{}'"""
    limited, broken = PullRequestSubject(REPOSITORY, 1), PullRequestSubject(REPOSITORY, 2)
    errors = {1: LimitReached("no room", 30.0), 2: TypeError("broken")}

    class Refusing(Recorder):
        def pull_request(
            self,
            services: Foundation,
            repository: str,
            number: int,
            installation_id: int,
            *,
            delivery: UUID | None,
        ) -> None:
            raise errors[number]

    with work_in_this_process(wrong, Refusing()):
        defer(services, job_for(limited, 7), job_for(broken, 7))
        for subject, least, most in ((limited, 20, 36), (broken, 1, 4)):
            query = waits.format(job_for(subject, 7).key)
            (found,) = wait_until(lambda text=query: rows(services, text), what="what waits")  # type: ignore[misc]
            assert isinstance(found[0], float)
            assert least < found[0] <= most
    with services.database.transaction() as connection:
        now = wrong.clock()
        services.queue.defer_later(connection, JOB, now + timedelta(seconds=50), now=now)
    ((seconds,),) = rows(services, waits.format(JOB.key))
    assert isinstance(seconds, float)
    assert 45 < seconds <= 50
