"""What sweeps queue, and whether as many jobs as run at once have the connections that each needs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from bot.composition import compose_worker
from bot.core.commands import Verb
from bot.core.subjects import DeploymentSubject, ReleasesSubject
from bot.foundation import WebServices
from bot.settings import Settings
from bot.store.commands import Handler, WaitingCommand, keep_ruling, note_answered, store_command
from bot.store.database import Connection
from bot.store.deployments import Deployment, DeploymentState, note_deployment_answered, store_deployment
from bot.store.installations import remember_app, remember_installation
from bot.store.locks import desk_lock
from bot.store.queue import job_for
from bot.store.releases import arm
from bot.store.sweeps import repository_sweep_job
from bot.sweep_queueing import queue_all_sweeps
from tests.support.builders import NOW

REPOSITORIES = ("meta/busy", "meta/idle")
BUSY, IDLE = REPOSITORIES
COMMAND = WaitingCommand(
    uuid4(), 5, 0, "IC_5", BUSY, 12, "raj", "release", Verb.RELEASE, None, "v3.1.0", NOW,
    handled_by=Handler.RELEASE_DESK,
)  # fmt: skip
DEPLOYMENT = Deployment(BUSY, 77, "production", "v3.1.0", "c" * 40, f"/repos/{BUSY}/x", NOW, uuid4())
LOOKS = {repository_sweep_job(name, 7).key for name in REPOSITORIES}


@pytest.fixture
def connection(services: WebServices) -> Iterator[Connection]:
    """A connection; both repositories are served."""
    with services.database.transaction() as connection:
        remember_app(connection, 1, "trackgate")
        remember_installation(connection, 7, REPOSITORIES)
        yield connection


def swept(services: WebServices, connection: Connection) -> set[str]:
    """The keys of the jobs that a sweep of all repositories queues."""
    connection.commit()
    queue_all_sweeps(services)
    return {key for (key,) in connection.execute("SELECT queueing_lock FROM procrastinate_jobs").fetchall()}


def test_a_sweep_where_nothing_waits(services: WebServices, connection: Connection) -> None:
    """A look at each repository, and no more."""
    assert swept(services, connection) == LOOKS


def test_a_sweep_where_a_release_is_armed(services: WebServices, connection: Connection) -> None:
    """The desk of that repository alone is looked at too."""
    arm(connection, BUSY, "v3.1.0", target=None, by="raj", issue_number=7, now=NOW)
    assert swept(services, connection) == {*LOOKS, job_for(ReleasesSubject(BUSY), 7).key}


@pytest.mark.parametrize("is_ruled", [False, True], ids=["not ruled on", "ruled on, not answered"])
def test_a_sweep_where_a_command_waits(services: WebServices, connection: Connection, is_ruled: bool) -> None:
    """Whatever became of its own job, and though no release is armed, the desk is looked at."""
    store_command(connection, COMMAND)
    if is_ruled:
        keep_ruling(connection, COMMAND, obeyed=False, answer="No.")
    assert swept(services, connection) == {*LOOKS, job_for(ReleasesSubject(BUSY), 7).key}


def test_a_sweep_where_every_command_is_answered(services: WebServices, connection: Connection) -> None:
    """Nor does one for a pull request, which its own evaluation answers, concern the desk."""
    store_command(connection, COMMAND)
    note_answered(connection, [COMMAND])
    store_command(connection, replace(COMMAND, comment_id=6, handled_by=Handler.PULL_REQUEST))
    assert swept(services, connection) == LOOKS


def test_a_sweep_where_a_deployment_waits(services: WebServices, connection: Connection) -> None:
    """It is looked at until it has its answer."""
    store_deployment(connection, DEPLOYMENT)
    answered = replace(DEPLOYMENT, run_id=78, delivery_guid=uuid4())
    store_deployment(connection, answered)
    assert note_deployment_answered(connection, answered, DeploymentState.APPROVED, NOW)
    assert swept(services, connection) == {*LOOKS, job_for(DeploymentSubject(BUSY, 77, "production"), 7).key}


@pytest.mark.parametrize("concurrency", [4, 12])
def test_as_many_connections_as_jobs_need(settings: Settings, services: WebServices, concurrency: int) -> None:
    """Each job holds its desk's lock on one connection and works on another, all at once: nobody waits in vain."""
    key = generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with_app = replace(settings, github_app_id="1", private_key_pem=SecretStr(pem))
    everybody_holds_one = threading.Barrier(concurrency)
    with closing(compose_worker(with_app, concurrency).database) as database:

        def work(number: int) -> object:
            with desk_lock(database, f"meta/number-{number}"):
                everybody_holds_one.wait(30)
                with database.transaction() as connection:
                    return connection.execute("SELECT 1").fetchone()

        with ThreadPoolExecutor(concurrency) as threads:
            assert list(threads.map(work, range(concurrency))) == [(1,)] * concurrency
