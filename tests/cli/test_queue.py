"""`trackgate queue`, as people call it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from bot.core.subjects import PullRequestSubject
from bot.store.parking import park
from bot.store.queue import Job, job_for
from tests.cli.conftest import Trackgate
from tests.support.service import service_environment

GUID = UUID("6d4de9d0-0000-4000-8000-000000000001")
JOB = job_for(PullRequestSubject("meta/integration", 12), 7, delivery=GUID)


@pytest.fixture(autouse=True)
def environment(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of the service, with this database."""
    for name, value in service_environment(database_url, tmp_path, 8000).items():
        monkeypatch.setenv(name, value)


def test_nothing_is_parked(trackgate: Trackgate) -> None:
    """Exit code 0, and a line that says so."""
    answer = trackgate("queue", "parked")
    assert (answer.exit_code, answer.stdout) == (0, "no job was given up\n")


def test_a_parked_job(trackgate: Trackgate, database_url: str) -> None:
    """Its subject, delivery and error are shown, nothing that a terminal obeys, and the answer is no."""
    with psycopg.connect(database_url) as connection:
        tried = Job(JOB.task, JOB.key, {**JOB.arguments, "attempt": 5})
        park(connection, tried, "RuntimeError: broken\x1b[31m", GUID)
        connection.execute("UPDATE parked_jobs SET parked_at = '2026-02-19 12:00+00'")
    answer = trackgate("queue", "parked")
    assert answer.exit_code == 1
    assert answer.stdout.splitlines() == [
        "pull_request:meta/integration#12",
        f"  since 2026-02-19T12:00:00Z, delivery {GUID}",
        "  RuntimeError: broken\\x1b[31m",
    ]


def test_trying_again(trackgate: Trackgate, database_url: str) -> None:
    """It is queued from its first attempt, and stays listed until it was done."""
    with psycopg.connect(database_url) as connection:
        park(connection, Job(JOB.task, JOB.key, {**JOB.arguments, "attempt": 5}), "broken", GUID)
    answer = trackgate("queue", "retry", JOB.key)
    assert (answer.exit_code, answer.stdout) == (0, f"queued: {JOB.key}\n")
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT queueing_lock, args FROM procrastinate_jobs").fetchall()
    assert rows == [(JOB.key, JOB.arguments)]
    assert trackgate("queue", "parked").exit_code == 1


def test_trying_what_is_not_parked(trackgate: Trackgate) -> None:
    """One line, and the answer is no."""
    answer = trackgate("queue", "retry", "pull_request:meta/integration#13")
    assert answer.exit_code == 1
    assert answer.stderr == "trackgate queue retry: no job of pull_request:meta/integration#13 is parked\n"


def test_nothing_was_missed(trackgate: Trackgate, database_url: str) -> None:
    """Exit code 0, and a line that says so; what arrived in the end, or is asked for right now, is not listed."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """
            INSERT INTO missed_deliveries (guid, delivery_id, event, delivered_at, urgency, state, asked_at)
            VALUES (gen_random_uuid(), 1, 'push', now(), 1, 'asked', now()),
                   (gen_random_uuid(), 2, 'push', now(), 1, 'found', NULL)
            """
        )
    answer = trackgate("queue", "missed")
    assert (answer.exit_code, answer.stdout) == (0, "no event was missed\n")


def test_what_was_missed(trackgate: Trackgate, database_url: str) -> None:
    """GUID, time, what became of it and the event, the newest first; nothing that a terminal obeys."""
    other = UUID(int=GUID.int + 1)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """
            INSERT INTO missed_deliveries
                (guid, delivery_id, event, action, delivered_at, urgency, state, asked_at, reason)
            VALUES (%s, 1, 'push', NULL, '2026-02-19 12:00+00', 1, 'asked', '2026-02-19 12:10+00', ''),
                   (%s, 2, 'issue_comment', 'created', '2026-02-19 13:00+00', 1, 'refused', now(), %s)
            """,
            [GUID, other, "too old\x1b[31m"],
        )
    answer = trackgate("queue", "missed")
    assert answer.exit_code == 1
    assert answer.stdout.splitlines() == [
        f"{other}  2026-02-19T13:00:00Z  refused  issue_comment.created: too old\\x1b[31m",
        f"{GUID}  2026-02-19T12:00:00Z  lost  push",
    ]
