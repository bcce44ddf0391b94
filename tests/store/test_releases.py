"""Releases: one row for each tag, which only goes where its state lets it, whoever else is at it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from bot.store.database import Connection, Database
from bot.store.releases import (
    Obstacle,
    Plan,
    Release,
    ReleaseState,
    active_releases,
    arm,
    cancel,
    drop_plan,
    finish,
    has_active_releases,
    keep_plan,
    note_release_id,
    note_tag_object,
    release_of,
    released,
    set_obstacle,
)
from tests.support.builders import NOW

REPOSITORY, TAG = "meta/integration", "v3.1.0"
COMMIT, TAG_OBJECT = "c" * 40, "d" * 40
PLAN = Plan(COMMIT, "policy", "decision", b"\x00record", NOW)
LATER = NOW + timedelta(minutes=5)


def armed(connection: Connection, tag: str = TAG, target: str | None = None) -> Release:
    """A release that is armed now, for the first time."""
    release, newly = arm(connection, REPOSITORY, tag, target=target, by="Raj", issue_number=7, now=NOW)
    assert newly
    return release


def read(connection: Connection, tag: str = TAG) -> Release:
    """The release as it is stored."""
    found = release_of(connection, "Meta/Integration", tag)
    assert found is not None
    return found


def tagging(connection: Connection) -> Release:
    """A release that is being tagged, with everything noted that finishing needs."""
    assert keep_plan(connection, armed(connection), PLAN)
    assert note_tag_object(connection, read(connection), TAG_OBJECT)
    assert note_release_id(connection, read(connection), 99)
    return read(connection)


def test_from_armed_to_released(connection: Connection) -> None:
    """Each step keeps what it is given, and the released tag is known with its commit and object."""
    release = armed(connection)
    assert (release.state, release.armed_by, release.target, release.issue_number) == ("armed", "raj", None, 7)
    assert active_releases(connection, "META/integration") == [release]
    planned = tagging_from(connection, release)
    assert planned == replace(release, state=ReleaseState.TAGGING, plan=PLAN)
    assert note_tag_object(connection, planned, TAG_OBJECT)
    assert note_release_id(connection, planned, 99)
    assert has_active_releases(connection, REPOSITORY)
    assert released(connection, REPOSITORY) == {}
    assert finish(connection, planned, LATER)
    assert read(connection) == replace(
        planned, state=ReleaseState.RELEASED, tag_object_sha=TAG_OBJECT, release_id=99, finished_at=LATER
    )
    assert released(connection, "META/Integration") == {TAG: (COMMIT, TAG_OBJECT)}
    assert not has_active_releases(connection, REPOSITORY)


def tagging_from(connection: Connection, release: Release) -> Release:
    """The armed release with its plan."""
    assert keep_plan(connection, release, PLAN)
    return read(connection)


def test_armed_again(connection: Connection) -> None:
    """An armed release stays as it is, even for another target; a cancelled one is armed anew, where it was."""
    first = armed(connection)
    again = arm(connection, REPOSITORY, TAG, target=COMMIT, by="mira", issue_number=8, now=LATER)
    assert again == (first, False)
    assert cancel(connection, first, LATER)
    assert read(connection).state is ReleaseState.CANCELLED
    assert active_releases(connection, REPOSITORY) == []
    anew, newly = arm(connection, REPOSITORY, TAG, target=COMMIT, by="mira", issue_number=8, now=LATER)
    assert newly
    assert anew == replace(first, target=COMMIT, armed_by="mira", armed_at=LATER)
    assert release_of(connection, REPOSITORY, TAG.upper()) is None


def test_two_leads_arm_the_same_tag_at_once(database: Database) -> None:
    """One of eight at once arms it; the others are told of that one's, whose target it keeps."""
    barrier = threading.Barrier(8)

    def attempt(number: int) -> tuple[Release, bool]:
        with database.transaction() as connection:
            barrier.wait(20)
            return arm(
                connection, REPOSITORY, TAG, target=f"{number}" * 40, by="raj", issue_number=number, now=NOW
            )

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(attempt, range(8)))
    assert sum(newly for _, newly in results) == 1
    assert len({release for release, _ in results}) == 1


@pytest.mark.parametrize("state", ["armed", "tagging", "released", "cancelled"])
def test_each_step_only_from_its_state(connection: Connection, state: str) -> None:
    """Whatever the row's state is, only the steps that begin there are taken, and others change nothing."""
    release = armed(connection) if state in ("armed", "cancelled") else tagging(connection)
    if state == "cancelled":
        assert cancel(connection, release, NOW)
    if state == "released":
        assert finish(connection, release, NOW)
    release = read(connection)
    steps = {
        "cancel": (lambda: cancel(connection, release, NOW), {"armed"}),
        "keep_plan": (lambda: keep_plan(connection, release, PLAN), {"armed"}),
        "drop_plan": (lambda: drop_plan(connection, release), {"tagging"}),
        "note_tag_object": (lambda: note_tag_object(connection, release, "e" * 40), {"tagging"}),
        "note_release_id": (lambda: note_release_id(connection, release, 5), {"tagging"}),
        "finish": (lambda: finish(connection, release, NOW), {"tagging"}),
        "set_obstacle": (lambda: set_obstacle(connection, release, None), {"armed", "tagging"}),
    }
    for name, (step, states) in steps.items():
        with connection.transaction(force_rollback=True):
            assert step() is (state in states), name
            assert (read(connection) == release) is (state not in states or name == "set_obstacle"), name


def test_a_step_for_another_arming_is_not_taken(connection: Connection) -> None:
    """What was judged for a release that was cancelled, armed anew or planned anew since changes nothing."""
    first = armed(connection)
    cancel(connection, first, NOW)
    arm(connection, REPOSITORY, TAG, target=COMMIT, by="mira", issue_number=8, now=LATER)
    assert not keep_plan(connection, first, PLAN)
    assert not set_obstacle(connection, first, Obstacle("a", "b", "c"))
    planned = tagging_from(connection, read(connection))
    assert drop_plan(connection, planned)
    assert read(connection).plan is None
    assert keep_plan(connection, read(connection), replace(PLAN, tagger_at=LATER))
    assert not note_tag_object(connection, planned, TAG_OBJECT)
    assert not finish(connection, planned, LATER)


def test_unfinished_release_is_not_finished(connection: Connection) -> None:
    """Without tag object and release on GitHub the database refuses to call it released."""
    planned = tagging_from(connection, armed(connection))
    with pytest.raises(psycopg.errors.CheckViolation):
        finish(connection, planned, LATER)


def test_obstacle_is_kept_until_it_is_gone(connection: Connection) -> None:
    """What is in the way is shown with its next action, whatever its text, and cleared by the next step."""
    release = armed(connection)
    assert set_obstacle(connection, release, Obstacle("ruleset\x00 refuses", "raj", "add the App"))
    assert read(connection).obstacle == Obstacle("ruleset\ufffd refuses", "raj", "add the App")
    assert set_obstacle(connection, release, None)
    assert read(connection).obstacle is None
    assert set_obstacle(connection, release, Obstacle("a", "b", "c"))
    assert tagging_from(connection, release).obstacle is None


CHANGES = [
    "UPDATE releases SET state = 'armed'",
    "UPDATE releases SET judged_sha = 'x'",
    "UPDATE releases SET record = ''",
    "UPDATE releases SET tag = 'v9'",
    "UPDATE releases SET release_id = 1",
    "UPDATE releases SET armed_by = 'eve', repository = 'eve/eve'",
]


def test_a_released_tag_never_changes(connection: Connection) -> None:
    """The database itself refuses to arm it again or to change anything of it."""
    assert finish(connection, tagging(connection), NOW)
    connection.commit()
    for change in CHANGES:
        with pytest.raises(psycopg.errors.RaiseException, match=r"v3\.1\.0 is made and cannot be changed"):
            connection.execute(change.encode())
        connection.rollback()
    assert arm(connection, REPOSITORY, TAG, target=None, by="raj", issue_number=1, now=LATER)[1] is False
    assert read(connection).state is ReleaseState.RELEASED
