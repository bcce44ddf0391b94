"""What is remembered of a repository follows it, rests with it or ends with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.core.commands import Verb
from bot.core.model import Hold, Reassignment
from bot.core.policy import load_policy
from bot.core.release_model import SignOff
from bot.core.tags import IncidentKind, Remedy, TagIncident
from bot.store.commands import WaitingCommand, store_command
from bot.store.database import Connection
from bot.store.deployments import Deployment, store_deployment
from bot.store.holds import note_asked, note_refusals, place_hold, reassign
from bot.store.installations import (
    OF_A_REPOSITORY,
    erase_repository,
    installation_of,
    move_repository,
    remember_installation,
    rest_repository,
)
from bot.store.overrides import ask_or_confirm
from bot.store.pull_requests import (
    KnownPullRequest,
    find_pull_request,
    remember_merge_group,
    remember_pull_request,
)
from bot.store.releases import Plan, arm, finish, keep_plan, note_release_id, note_tag_object, release_of, released
from bot.store.report_comments import report_comment
from bot.store.repository_names import ListedRepository, learn_ids
from bot.store.sign_offs import give
from bot.store.sweeps import KeptGlimpse, keep_glimpse, note_node_id
from bot.store.tags import keep_incidents, take_baseline
from bot.store.valid_policies import keep_valid_policy
from bot.store.watched_checks import keep_watched
from tests.support.builders import NOW
from tests.support.policy_texts import small

HEAD = "a" * 40
OURS, OTHER = "meta/integration", "meta/other"


def remember_everything(connection: Connection, repository: str) -> None:
    """A row of this repository in every table that has something of a repository."""
    remember_installation(connection, 7, [repository])
    assert learn_ids(connection, [ListedRepository(len(repository), repository)])
    known = KnownPullRequest(repository, 1, 7, HEAD, "main", True, False, "Title", "sofia", NOW)
    remember_pull_request(connection, known)
    remember_merge_group(connection, repository, HEAD, "main", NOW)
    place_hold(connection, repository, 1, Hold("raj", "wait"), NOW)
    reassign(connection, repository, 1, Reassignment("sofia", "maya", "raj"), NOW)
    note_refusals(connection, repository, 1, HEAD, {"lina": "no collaborator"})
    note_asked(connection, repository, 1, ["maya"])
    command = WaitingCommand(
        uuid4(), len(repository), 0, "IC_5", repository, 1, "raj", "hold", Verb.HOLD, None, "x", NOW
    )
    store_command(connection, command)
    keep_glimpse(connection, repository, 1, KeptGlimpse("digest", ("track / qa",), None))
    note_node_id(connection, repository, f"R_{repository}", NOW)
    keep_valid_policy(connection, repository, load_policy(small(), "policies/small.yml"))
    keep_watched(connection, repository, "main", ("track / qa",))
    remember_releases(connection, repository)


def remember_releases(connection: Connection, repository: str) -> None:
    """A row of this repository in every table of the release gate."""
    arm(connection, repository, "v1", target=None, by="raj", issue_number=1, now=NOW)
    report_comment(connection, repository, "v1", 1)
    give(connection, repository, SignOff("freeze", "raj", HEAD, NOW), comment_id=1, comment_node_id="IC_1")
    ask_or_confirm(
        connection,
        repository,
        track="backend",
        commit_sha=HEAD,
        login="raj",
        reason="x",
        now=NOW,
        lasts=timedelta(hours=1),
    )
    take_baseline(connection, repository, {"v0": HEAD}, NOW)
    incident = TagIncident("v6", IncidentKind.APPEARED, Remedy.DELETE, HEAD, None)
    keep_incidents(connection, repository, [incident], NOW)
    deployment = Deployment(repository, 1, "production", "refs/tags/v1", HEAD, "/x", NOW, uuid4())
    store_deployment(connection, deployment)


def rows(connection: Connection, repository: str) -> dict[str, int]:
    """How many rows each table has of this repository."""
    tables = ("installations", *OF_A_REPOSITORY)
    query = "SELECT count(*) FROM {} WHERE repository = %s"
    counts = {table: connection.execute(query.format(table), [repository]).fetchone() for table in tables}
    return {table: count[0] for table, count in counts.items() if count}


@pytest.fixture
def filled(connection: Connection) -> Connection:
    """A database that knows everything of two repositories."""
    for repository in (OURS, OTHER):
        remember_everything(connection, repository)
        assert set(rows(connection, repository).values()) == {1}
    return connection


def test_every_table_of_a_repository_is_named(connection: Connection) -> None:
    """A table with a repository in it either goes with the repository or is a record of what was."""
    found = connection.execute(
        "SELECT table_name FROM information_schema.columns"
        " WHERE column_name = 'repository' AND table_schema = 'public'"
    )
    records = {"decisions", "deliveries"}
    assert {row[0] for row in found} == {*OF_A_REPOSITORY, "installations"} | records


def test_a_deleted_repository_leaves_nothing_to_its_namesake(filled: Connection) -> None:
    """Holds, reassignments and all else end with it; another repository keeps its own."""
    erase_repository(filled, "Meta/Integration")
    assert set(rows(filled, OURS).values()) == {0}
    assert set(rows(filled, OTHER).values()) == {1}


def test_an_archived_repository_rests(filled: Connection) -> None:
    """It is not served and its pull requests are not open, but a hold is still there when it comes back."""
    rest_repository(filled, "Meta/Integration")
    assert rows(filled, OURS) == {**dict.fromkeys(OF_A_REPOSITORY, 1), "installations": 0}
    assert installation_of(filled, OURS) is None
    known = find_pull_request(filled, OURS, 1)
    assert known is not None
    assert known.is_open is False
    assert find_pull_request(filled, OTHER, 1) == replace(known, repository=OTHER, is_open=True)


def test_a_renamed_repository_takes_everything_along(filled: Connection) -> None:
    """All that was known of it is under the new name, in place of what was known of a namesake."""
    move_repository(filled, "Meta/Integration", "Meta/Other")
    assert set(rows(filled, OURS).values()) == {0}
    assert set(rows(filled, OTHER).values()) == {1}
    command = filled.execute("SELECT comment_id FROM commands").fetchall()
    assert command == [(len(OURS),)]


def test_a_released_tag_follows_its_repository_and_ends_with_it(connection: Connection) -> None:
    """That it can no longer be changed keeps it neither from the new name nor from being forgotten."""
    arm(connection, OURS, "v1", target=None, by="raj", issue_number=1, now=NOW)
    for step in (
        lambda release: keep_plan(connection, release, Plan(HEAD, "policy", "decision", b"record", NOW)),
        lambda release: note_tag_object(connection, release, "d" * 40),
        lambda release: note_release_id(connection, release, 5),
        lambda release: finish(connection, release, NOW),
    ):
        assert step(release_of(connection, OURS, "v1"))
    move_repository(connection, OURS, OTHER)
    assert released(connection, OTHER) == {"v1": (HEAD, "d" * 40)}
    erase_repository(connection, OTHER)
    assert released(connection, OTHER) == {}
