"""Repositories get another name, another owner or go, while work for them is queued and nobody does it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.store.database import one_connection
from bot.store.parking import parked_jobs
from bot.store.queue import SWEEP_INSTALLATIONS_JOB
from demo.local import PEOPLE
from demo.source import FILES, make_repository
from tests.support.killable_world import KillableWorld, killable_world
from tests.support.postgres import new_session_database

pytestmark = pytest.mark.chaos

DBT = {"dbt/models/a.sql": "select 1\n"}
RIGHTS = {**dict.fromkeys(PEOPLE, "write"), "raj": "admin"}


@pytest.fixture(scope="module")
def database_url(database_server: str) -> Iterator[str]:
    """A database for the module."""
    with new_session_database(database_server) as url:
        yield url


@pytest.fixture(scope="module")
def world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillableWorld]:
    """One world for the module; its worker is another after each test."""
    with killable_world(tmp_path_factory.mktemp("moving"), database_url) as world:
        yield world


def held_repository(world: KillableWorld) -> tuple[str, str]:
    """A repository with a held pull request 1, whose worker is gone; and that one's head."""
    repository = world.repository(collaborators=RIGHTS)
    pull = world.open("omar", repository, DBT)
    world.as_user("raj").comment(pull, "/gate hold audit")
    assert world.shown(repository, pull.head_sha).state == "failure"
    world.kill_worker()
    return repository, pull.head_sha


def rename(world: KillableWorld, repository: str) -> str:
    """Give the repository another name; returns it."""
    owner, _, name = repository.partition("/")
    world.as_user("raj").call("PATCH", f"/repos/{repository}", {"name": f"{name}-renamed"})
    return f"{owner}/{name}-renamed"


def installation_on(world: KillableWorld, repository: str) -> Any:
    """The installation of our App that covers a repository."""
    github = world.github
    everybody = github.world.installations_on(github.repository(repository))
    (found,) = [one for one in everybody if one.app is world.app]
    return found


def everything_due(world: KillableWorld) -> None:
    """Let the time come for whatever is to be tried again, and wait until it is done."""
    world.execute(
        "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND scheduled_at > now()"
    )
    world.settle()


def nothing_is_parked(database_url: str) -> bool:
    """Whether no job was given up."""
    with one_connection(database_url) as connection:
        return parked_jobs(connection) == []


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "not told"])
def test_repository_renamed_with_work_queued(world: KillableWorld, database_url: str, is_told: bool) -> None:
    """Work that was queued under the old name is done, the hold is kept, and one release report is made."""
    repository, held_head = held_repository(world)
    opened = world.open("omar", repository, {"dbt/models/b.sql": "select 2\n"})
    desk = world.as_user("raj").open_issue(repository, title="Release", body="")
    world.as_user("raj").comment(desk, "/gate release")
    world.github.wait_for_deliveries()
    world.github.webhooks.pause()
    renamed = rename(world, repository)
    world.github.webhooks.resume(drop=not is_told)
    world.github.wait_for_deliveries()
    world.start_worker()
    world.defer(SWEEP_INSTALLATIONS_JOB)
    world.settle()
    everything_due(world)
    assert world.shown(renamed, opened.head_sha).state == "in_progress"
    assert world.requested(renamed, opened.number) == {"priya"}
    assert world.shown(renamed, held_head).state == "failure"
    assert len([body for body in world.comments(renamed, desk.number) if "elease" in body]) == 1
    assert nothing_is_parked(database_url)


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "not told"])
def test_repository_deleted_with_work_queued(
    world: KillableWorld, database_url: str, tmp_path: Path, is_told: bool
) -> None:
    """Work for it ends without a word, and the one that is made under its name inherits nothing."""
    repository, _ = held_repository(world)
    world.open("omar", repository, {"dbt/models/b.sql": "select 2\n"})
    world.github.wait_for_deliveries()
    world.github.webhooks.pause()
    world.as_user("raj").delete_repository(repository)
    world.github.webhooks.resume(drop=not is_told)
    world.github.wait_for_deliveries()
    world.start_worker()
    world.defer(SWEEP_INSTALLATIONS_JOB)
    world.settle()
    everything_due(world)
    assert nothing_is_parked(database_url)

    again = make_repository(tmp_path / "again", FILES)
    world.github.import_repository(repository, source=again, collaborators=RIGHTS)
    world.github.install(world.app, repository)
    world.settle()
    everything_due(world)
    namesake = world.open("omar", repository, DBT)
    assert world.shown(repository, namesake.head_sha).state == "in_progress"


def test_repository_transferred_with_work_queued(world: KillableWorld, database_url: str) -> None:
    """The new owner's installation does the work that was queued for the old one; what is known goes along."""
    repository, held_head = held_repository(world)
    opened = world.open("omar", repository, {"dbt/models/b.sql": "select 2\n"})
    world.github.wait_for_deliveries()
    name = repository.partition("/")[2]
    world.github.import_repository("newowner/other", files={"README.md": "# Other\n"}, collaborators=RIGHTS)
    world.as_user("raj").call("POST", f"/repos/{repository}/transfer", {"new_owner": "newowner"})
    transferred = f"newowner/{name}"
    world.github.install(world.app, transferred)
    world.github.wait_for_deliveries()
    world.start_worker()
    world.settle()
    everything_due(world)
    assert world.shown(transferred, opened.head_sha).state == "in_progress"
    assert world.requested(transferred, opened.number) == {"priya"}
    assert world.shown(transferred, held_head).state == "failure"
    assert nothing_is_parked(database_url)


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "not told"])
def test_installation_suspended_with_work_queued_then_back(
    world: KillableWorld, database_url: str, is_told: bool
) -> None:
    """Nothing is asked of GitHub in vain and nothing is parked; when it is back, everything is done."""
    repository, held_head = held_repository(world)
    opened = world.open("omar", repository, {"dbt/models/b.sql": "select 2\n"})
    world.as_user("raj").comment(opened, "/gate hold wait")
    world.github.wait_for_deliveries()
    installation = installation_on(world, repository)
    world.github.webhooks.pause()
    world.github.suspend(installation)
    world.github.webhooks.resume(drop=not is_told)
    world.github.wait_for_deliveries()
    world.start_worker()
    world.settle()
    assert world.gate(repository, opened.head_sha) is None
    assert nothing_is_parked(database_url)

    world.github.webhooks.pause()
    world.github.unsuspend(installation)
    world.github.webhooks.resume(drop=not is_told)
    world.github.wait_for_deliveries()
    world.defer(SWEEP_INSTALLATIONS_JOB)
    world.settle()
    everything_due(world)
    gate = world.shown(repository, opened.head_sha)
    assert (gate.state, "raj" in gate.title) == ("failure", True)
    assert world.requested(repository, opened.number) == {"priya"}
    assert world.shown(repository, held_head).state == "failure"
    assert nothing_is_parked(database_url)
