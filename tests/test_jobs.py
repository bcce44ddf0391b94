"""The queue at work: coalescing, one evaluation of a subject at a time, retries, and what a lost worker leaves."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from flask.testing import FlaskClient

from bot.core.subjects import PullRequestSubject
from bot.foundation import WebServices
from bot.github_api.errors import Retryable
from bot.jobs import MAXIMUM_ATTEMPTS
from bot.store.queue import PULL_REQUEST, Job, job_for, queue_state
from bot.worker import WorkerOptions
from tests.support.builders import NOW
from tests.support.service import REPOSITORY, delivery_request, pull_request_payload, wait_until
from tests.support.worker import Recorder, work_in_this_process

pytestmark = pytest.mark.end_to_end

SUBJECT = PullRequestSubject(REPOSITORY, 12)
HEAD = "a" * 40
KEY = f"pull_request:{REPOSITORY}#12"
ATTEMPTS = "SELECT scheduled_at, args FROM procrastinate_jobs WHERE task_name = 'look_again'"


def defer(services: WebServices, *jobs: Job) -> None:
    """Queue jobs, each in a transaction of its own."""
    for job in jobs:
        with services.database.transaction() as connection:
            services.queue.defer(connection, job)


def rows(services: WebServices, query: str) -> list[tuple[object, ...]]:
    """What a query finds."""
    with services.database.transaction() as connection:
        return connection.execute(query.encode()).fetchall()


def test_fifty_events_while_one_waits_cost_one_evaluation(client: FlaskClient, services: WebServices) -> None:
    """Fifty deliveries for one pull request leave fifty deliveries and one waiting job."""
    for _ in range(50):
        assert client.post("/webhooks/github", **delivery_request(pull_request_payload())).status_code == 202
    assert rows(services, "SELECT count(*) FROM deliveries") == [(50,)]
    assert rows(services, "SELECT task_name, queueing_lock FROM procrastinate_jobs") == [(PULL_REQUEST, KEY)]


def test_check_of_a_fork_finds_its_pull_requests_by_commit(client: FlaskClient, services: WebServices) -> None:
    """A check run that names no pull request queues every open one with that head, and no other."""
    for number, head in ((12, HEAD), (13, HEAD), (14, "b" * 40)):
        client.post("/webhooks/github", **delivery_request(pull_request_payload(number, head=head)))
    with services.database.transaction() as connection:
        connection.execute("DELETE FROM procrastinate_jobs")
    run = {"head_sha": HEAD, "app": {"id": 15368}, "pull_requests": []}
    payload = pull_request_payload() | {"action": "completed", "check_run": run}
    del payload["pull_request"]
    assert client.post("/webhooks/github", **delivery_request(payload, "check_run")).status_code == 202
    keys = [key for (key,) in rows(services, "SELECT queueing_lock FROM procrastinate_jobs ORDER BY 1")]
    assert keys == [f"pull_request:{REPOSITORY}#12", f"pull_request:{REPOSITORY}#13"]


def test_waiting_job_is_held_until_what_belongs_to_it_is_committed(services: WebServices) -> None:
    """A worker cannot begin a waiting job while a transaction that relies on it is still open."""
    defer(services, job_for(SUBJECT, 7))
    fetch = "SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)"
    with services.database.transaction() as ours:
        assert services.queue.defer(ours, job_for(SUBJECT, 7)) is False
        with services.database.transaction() as worker:
            assert worker.execute(fetch).fetchone() == (None,)
    with services.database.transaction() as worker:
        assert worker.execute(fetch).fetchone() != (None,)


def test_event_during_an_evaluation_queues_another(services: WebServices) -> None:
    """A running evaluation may have read too early, so an event meanwhile is not swallowed."""
    recorder = Recorder(hold=True)
    with work_in_this_process(services, recorder):
        defer(services, job_for(SUBJECT, 7))
        wait_until(lambda: recorder.running, what="the first evaluation")
        defer(services, job_for(SUBJECT, 7))
        of_subject = f"SELECT status::text FROM procrastinate_jobs WHERE lock = '{KEY}' ORDER BY id"  # noqa: S608
        assert rows(services, of_subject) == [("doing",), ("todo",)]
        recorder.release()
        wait_until(lambda: len(recorder.evaluated) == 2, what="the second evaluation")


def test_never_two_evaluations_of_one_subject_at_once(services: WebServices) -> None:
    """With four jobs at once and a stream of events for four subjects, no subject is evaluated twice at once."""
    recorder = Recorder(seconds=0.01)
    with work_in_this_process(services, recorder):
        for _ in range(25):
            defer(services, *(job_for(PullRequestSubject(REPOSITORY, number), 7) for number in range(1, 5)))
        wait_until(lambda: _is_idle(services), what="the end of the queue")
    assert recorder.overlaps == []
    assert recorder.most_at_once > 1
    assert set(recorder.evaluated) == {1, 2, 3, 4}
    assert len(recorder.evaluated) > 4


def _is_idle(services: WebServices) -> bool:
    with services.database.transaction() as connection:
        state = queue_state(connection)
    return state.waiting == 0 and state.running == 0


def test_failed_evaluation_is_tried_again_later(services: WebServices) -> None:
    """A failure queues another attempt after a wait, at least as long as GitHub asked for; the lock is free."""
    recorder = Recorder(failures=[Retryable("slow down", retry_after=90.0)])
    began = datetime.now(UTC)
    with work_in_this_process(services, recorder):
        defer(services, job_for(SUBJECT, 7))
        found = wait_until(
            lambda: rows(services, ATTEMPTS),
            what="the next attempt",
        )
        ((at, arguments),) = found
        assert isinstance(at, datetime)
        assert isinstance(arguments, dict)
        assert at - began >= timedelta(seconds=89)
        assert (arguments["task"], arguments["arguments"]["attempt"]) == (PULL_REQUEST, 1)
        # An event does not wait for that.
        defer(services, job_for(SUBJECT, 7))
        wait_until(lambda: len(recorder.evaluated) == 2, what="the immediate evaluation")


def test_scheduled_attempt_runs_when_it_is_due(services: WebServices) -> None:
    """A look that was put off happens by itself, once, with the attempt's number."""
    recorder = Recorder()
    with services.database.transaction() as connection:
        services.queue.defer_later(connection, job_for(SUBJECT, 7), NOW + timedelta(hours=1), now=NOW)
        services.queue.defer_later(connection, job_for(SUBJECT, 7), NOW, now=NOW)
    assert len(rows(services, "SELECT 1 FROM procrastinate_jobs")) == 1
    with work_in_this_process(services, recorder):
        wait_until(lambda: recorder.evaluated == [12], what="the evaluation")
        wait_until(lambda: _is_idle(services), what="the end of the queue")
    assert recorder.evaluated == [12]


def test_given_up_after_the_last_attempt_and_visible(services: WebServices) -> None:
    """After the last attempt the job is parked, and a new event starts from the beginning."""
    job = job_for(SUBJECT, 7)
    recorder = Recorder(failures=[RuntimeError("broken")])
    with work_in_this_process(services, recorder):
        defer(services, Job(job.task, job.key, {**job.arguments, "attempt": MAXIMUM_ATTEMPTS - 1}))
        wait_until(lambda: rows(services, "SELECT 1 FROM parked_jobs"), what="parking")
        assert rows(services, ATTEMPTS) == []
        defer(services, job)
        wait_until(lambda: len(recorder.evaluated) == 2, what="the evaluation of the new event")


def test_start_looks_at_every_open_pull_request(services: WebServices) -> None:
    """A worker that starts asks for the installations, then looks at each open pull request of each repository."""
    recorder = Recorder(open_pull_requests={REPOSITORY: [3, 4], "meta/other": [5]})
    with work_in_this_process(services, recorder):
        # A turn of the clock may queue a sweep of its own at the same moment: twice is as good as once.
        wait_until(lambda: set(recorder.evaluated) == {3, 4, 5}, what="the sweep")


def test_delivery_that_caused_an_evaluation_is_passed_on(client: FlaskClient, services: WebServices) -> None:
    """The evaluation is told the GUID of the delivery that asked for it."""
    guid = uuid4()
    recorder = Recorder()
    client.post("/webhooks/github", **delivery_request(pull_request_payload(), guid=str(guid)))
    with work_in_this_process(services, recorder):
        wait_until(lambda: recorder.deliveries == [guid], what="the evaluation")


@pytest.mark.chaos
def test_killed_workers_job_is_taken_over_within_30_seconds(
    services: WebServices, database_url: str, tmp_path: Path
) -> None:
    """The job that a SIGKILLed worker was running is run by another one, although its lock was held."""
    began = tmp_path / "began"
    command = [sys.executable, "-m", "tests.support.stuck_worker", database_url, str(began)]
    stuck = subprocess.Popen(command, cwd=Path(__file__).parents[1])
    try:
        defer(services, job_for(SUBJECT, 7))
        wait_until(began.exists, what="the evaluation in the other process")
    finally:
        stuck.send_signal(signal.SIGKILL)
        stuck.wait()
    recorder = Recorder()
    with work_in_this_process(services, recorder):
        wait_until(lambda: recorder.evaluated == [12], 30, what="the takeover")


@pytest.mark.chaos
def test_stalled_job_makes_way_for_the_one_that_waits(
    services: WebServices, database_url: str, tmp_path: Path
) -> None:
    """When another job of the key waits already, the lost worker's job is dropped and the waiting one runs."""
    began = tmp_path / "began"
    command = [sys.executable, "-m", "tests.support.stuck_worker", database_url, str(began)]
    stuck = subprocess.Popen(command, cwd=Path(__file__).parents[1])
    try:
        defer(services, job_for(SUBJECT, 7))
        wait_until(began.exists, what="the evaluation in the other process")
        defer(services, job_for(SUBJECT, 7))
    finally:
        stuck.send_signal(signal.SIGKILL)
        stuck.wait()
    recorder = Recorder()
    with work_in_this_process(services, recorder, WorkerOptions(4, 0.5, 3.0, 0.5)):
        wait_until(lambda: recorder.evaluated == [12], 30, what="the takeover")
        wait_until(lambda: _is_idle(services), what="the end of the queue")
    assert recorder.evaluated == [12]


_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = %s"
_TERMINATE = "SELECT pg_terminate_backend(%s)"


@pytest.mark.chaos
def test_worker_survives_the_loss_of_its_database(services: WebServices, database_url: str) -> None:
    """When every connection breaks, the worker goes on by itself with what was queued since."""
    recorder = Recorder()
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    server = database_url.replace(f"/{name}?", "/postgres?")
    with work_in_this_process(services, recorder), psycopg.connect(server, autocommit=True) as admin:
        defer(services, job_for(SUBJECT, 7))
        wait_until(lambda: len(recorder.evaluated) == 1, what="the first evaluation")
        ended = [pid for (pid,) in admin.execute(_BACKENDS, [name]) if admin.execute(_TERMINATE, [pid])]
        # They end soon, not at once: until then one of them may still be lent to us.
        wait_until(lambda: not set(ended) & {pid for (pid,) in admin.execute(_BACKENDS, [name])}, what="their end")
        defer(services, job_for(SUBJECT, 7))
        wait_until(lambda: len(recorder.evaluated) == 2, what="the second evaluation")


def test_job_that_kills_its_workers_is_parked(client: FlaskClient, services: WebServices) -> None:
    """A job that was running each time a worker died is not tried for ever, and frees its subject; the same GUID
    is accepted again.
    """
    request = delivery_request(pull_request_payload(), guid=str(uuid4()))
    assert client.post("/webhooks/github", **request).status_code == 202
    with services.database.transaction() as connection:
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = 5")
    recorder = Recorder()
    with work_in_this_process(services, recorder):
        parked = "SELECT 1 FROM parked_jobs"
        wait_until(lambda: rows(services, parked), what="parking")
        assert recorder.evaluated == []
        assert client.post("/webhooks/github", **request).status_code == 202
        wait_until(lambda: recorder.evaluated == [12], what="the evaluation of the redelivery")


def test_job_whose_end_the_database_was_not_told_is_put_back(services: WebServices) -> None:
    """A job that a living worker has ended, but could not report, does not lock its subject for ever."""
    recorder = Recorder()
    with work_in_this_process(services, recorder):
        defer(services, job_for(PullRequestSubject(REPOSITORY, 1), 7))
        wait_until(lambda: recorder.evaluated == [1], what="the first evaluation")
        with services.database.transaction() as connection:
            services.queue.defer(connection, job_for(SUBJECT, 7))
            connection.execute(
                """
                UPDATE procrastinate_jobs
                SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)
                WHERE queueing_lock LIKE '%%#12'
                """
            )
        wait_until(lambda: 12 in recorder.evaluated, what="the evaluation of the subject that was locked")
