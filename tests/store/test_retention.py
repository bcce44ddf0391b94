"""Old rows go; what is in force, what is young and the decision log stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from bot.core.commands import Verb
from bot.core.model import Hold
from bot.store import retention
from bot.store.commands import WaitingCommand, note_answered, store_command
from bot.store.database import Connection, Database
from bot.store.deliveries import KeptBody, Outcome, StoredDelivery, store_deliveries
from bot.store.deployments import Deployment, DeploymentState, note_deployment_answered, store_deployment
from bot.store.holds import note_refusals, place_hold
from bot.store.log import Entry, Kind, Verified, append, verify
from bot.store.parking import park
from bot.store.pull_requests import KnownPullRequest, remember_merge_group, remember_pull_request
from bot.store.queue import SWEEP_JOB, Job, Queue
from bot.store.retention import prune
from tests.support.builders import NOW

REPOSITORY, HEAD = "meta/integration", "a" * 40
LIMIT = timedelta(days=14)
OLD, YOUNG = NOW - LIMIT - timedelta(seconds=1), NOW - LIMIT + timedelta(seconds=1)


def counts(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    with database.transaction() as connection:
        names = connection.execute(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'"
        ).fetchall()
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # type: ignore[index]  # noqa: S608
            for (name,) in names
        }


def fill(connection: Connection, at: datetime, number: int) -> None:
    """Something of every kind from the time `at`, done with where that can be."""
    delivery = StoredDelivery(uuid4(), "push", None, 7, REPOSITORY, at, KeptBody.of(b"{}"), Outcome.NOTHING, "")
    assert store_deliveries(connection, [delivery])
    command = WaitingCommand(
        uuid4(), number, 0, "IC_5", REPOSITORY, number, "raj", "hold", Verb.HOLD, None, "x", at
    )
    store_command(connection, command)
    note_answered(connection, [command])
    deployment = Deployment(REPOSITORY, number, "production", "v1", HEAD, "/x", at, uuid4())
    store_deployment(connection, deployment)
    assert note_deployment_answered(connection, deployment, DeploymentState.APPROVED, at)
    remember_merge_group(connection, REPOSITORY, f"{number:040}", "main", at)
    known = KnownPullRequest(REPOSITORY, number, 7, HEAD, "main", False, False, "Title", "sofia", at)
    remember_pull_request(connection, known)
    note_refusals(connection, REPOSITORY, number, HEAD, {"lina": "no collaborator"})
    place_hold(connection, REPOSITORY, number, Hold("raj", "wait"), at)
    append(connection, Entry(Kind.MERGE_GATE, REPOSITORY, f"#{number}", "success", "Open", at, number=number))


def test_what_is_old_and_done_with_goes(database: Database) -> None:
    """Of two of everything the young one stays, and of holds, pull requests and the log both."""
    with database.transaction() as connection:
        fill(connection, OLD, 1)
        fill(connection, YOUNG, 2)
    before = counts(database)
    gone = prune(database, NOW - LIMIT)
    after = counts(database)
    elsewhere = ("procrastinate_jobs", "parked_jobs", "failing_jobs", "installation_tokens", "github_accounts")
    assert [gone.pop(table) for table in elsewhere] == [0, 0, 0, 0, 0]
    assert gone == dict.fromkeys(("deliveries", "commands", "deployments", "merge_groups", "refused_requests"), 1)
    assert {name: before[name] - after[name] for name in gone} == gone
    untouched = before.keys() - gone.keys()
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
    assert (after["decisions"], after["holds"], after["pull_requests"]) == (2, 2, 2)
    with database.transaction() as connection:
        assert isinstance(verify(connection), Verified)


def test_what_still_waits_stays(database: Database) -> None:
    """However old: a command without its answer, a deployment that was not answered, refusals of an open one."""
    with database.transaction() as connection:
        command = WaitingCommand(uuid4(), 1, 0, "IC_5", REPOSITORY, 1, "raj", "hold", Verb.HOLD, None, "x", OLD)
        store_command(connection, command)
        store_deployment(connection, Deployment(REPOSITORY, 1, "production", "v1", HEAD, "/x", OLD, uuid4()))
        known = KnownPullRequest(REPOSITORY, 1, 7, HEAD, "main", True, False, "Title", "sofia", OLD)
        remember_pull_request(connection, known)
        note_refusals(connection, REPOSITORY, 1, HEAD, {"lina": "no collaborator"})
        Queue().defer(connection, SWEEP_JOB)
    before = counts(database)
    assert set(prune(database, NOW).values()) == {0}
    assert counts(database) == before


def test_jobs_that_ended_long_ago_go(database: Database) -> None:
    """One that was given up is to be seen until then."""
    with database.transaction() as connection:
        Queue().defer(connection, SWEEP_JOB)
        connection.execute("UPDATE procrastinate_jobs SET status = 'failed'")
        park(connection, Job("evaluate_pull_request", "pull_request:meta/a#1"), "it failed", None)
    now = datetime.now(NOW.tzinfo)
    young, old = prune(database, now - timedelta(days=1)), prune(database, now + timedelta(days=1))
    assert (young["procrastinate_jobs"], young["parked_jobs"]) == (0, 0)
    assert (old["procrastinate_jobs"], old["parked_jobs"]) == (1, 1)


def test_more_than_one_batch(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything goes, in as many transactions as it takes."""
    monkeypatch.setattr(retention, "BATCH", 2)
    with database.transaction() as connection:
        for number in range(1, 6):
            fill(connection, OLD, number)
    assert prune(database, NOW)["deliveries"] == 5


def test_the_decision_log_cannot_be_pruned_by_anybody(database: Database) -> None:
    """Not even a mistake in the list of what goes could reach it: the database itself refuses."""
    with database.transaction() as connection:
        fill(connection, OLD, 1)
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"), database.transaction() as connection:
        connection.execute("DELETE FROM decisions")
