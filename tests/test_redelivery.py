"""Missed deliveries while the webhook still reaches nobody, or does so again: probes, and no event is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.store.recovery import RECOVER
from bot.store.redelivery import MOST_ASKED, QUICK_PROBES
from tests.support.recovery_stage import RecoveryStage, recovery_stage

pytestmark = pytest.mark.end_to_end

FIVE_MINUTES = timedelta(minutes=5, seconds=1)
SETTLED = timedelta(minutes=2)
SOON = timedelta(seconds=15)


@pytest.fixture
def stage(tmp_path: Path, database_url: str) -> Iterator[RecoveryStage]:
    """A sandbox whose webhooks reach nobody, and whose clock goes with ours."""
    with recovery_stage(tmp_path, database_url) as stage:
        stage.later = timedelta()
        yield stage


def test_an_outage_of_the_web_process_alone_loses_nothing(stage: RecoveryStage) -> None:
    """The worker looks all the time, each look into the same outage: what was missed arrives when it is over."""
    stage.comment(2)
    missed = {one.guid for one in stage.failed()}
    stage.wait(SETTLED)
    for _ in range(6):
        stage.recover()
        stage.wait(FIVE_MINUTES)
    found = stage.summary()
    assert (found.arrived, found.lost) == (0, 0)
    with stage.web_back():
        stage.recover()
        stage.wait(SOON)
        stage.recover()
        assert stage.stored(missed)
    assert stage.summary().arrived == 2


def test_one_probe_while_nothing_gets_through(stage: RecoveryStage) -> None:
    """A look asks for one event only, for what a sweep finds anyway first; another look follows soon."""
    stage.comment(7)
    stage.github.as_user("sofia").retitle(stage.opened[0], "Another title")
    stage.github.wait_for_deliveries()
    by_guid = {one.guid: one.event for one in stage.failed()}
    stage.wait(SETTLED)
    stage.recover()
    assert [by_guid[guid] for guid in stage.asked()] == ["pull_request"]
    assert f"later:{RECOVER}" in stage.queued()
    assert RECOVER not in stage.queued()
    for _ in range(QUICK_PROBES + 3):
        stage.wait(SOON)
        stage.recover()
    assert stage.asked().total() == QUICK_PROBES
    stage.wait(FIVE_MINUTES)
    stage.recover()
    assert stage.asked().total() == QUICK_PROBES + 1


def test_a_probe_that_arrives_opens_the_gate(stage: RecoveryStage) -> None:
    """Nothing else happens on GitHub: the look that follows the probe asks for all the others."""
    stage.comment(4)
    missed = {one.guid for one in stage.failed()}
    stage.wait(SETTLED)
    with stage.web_back():
        stage.recover()
        assert stage.asked().total() == 1
        stage.wait(SOON)
        stage.recover()
    assert stage.asked() == Counter(missed)


def test_one_that_always_fails_is_left_and_seen(stage: RecoveryStage) -> None:
    """All others arrive, this one never does: asked for three times, five minutes apart, then it is lost."""
    stage.comment()
    (missed,) = stage.failed()
    with stage.github.world.lock:
        missed.payload = b"no JSON"
    stage.wait(SETTLED)
    with stage.listening():
        for _ in range(6):
            stage.recover()
            stage.wait(timedelta(seconds=30))
            stage.recover()
            stage.comment()
            stage.wait(FIVE_MINUTES)
    assert stage.asked() == Counter({missed.guid: MOST_ASKED})
    found = stage.summary()
    assert (found.waiting, found.asked, found.arrived) == (0, 1, 0)


def test_a_restored_backup_gets_back_what_it_lacks(stage: RecoveryStage) -> None:
    """GitHub delivered it and heard 202, but the database is an older one: it is asked for, and nothing else."""
    with stage.listening():
        stage.comment(2)
        stage.wait(SETTLED)
        stage.recover()
        assert stage.asked() == Counter()
        lost = max((one for one in stage.github.deliveries(stage.app) if one.succeeded), key=lambda one: one.id)
        with stage.services.database.transaction() as connection:
            connection.execute("DELETE FROM deliveries WHERE guid = %s", [lost.guid])
            connection.execute("UPDATE delivery_watch SET seen_until = seen_until - interval '1 hour'")
        for _ in range(2):
            stage.recover()
            stage.wait(FIVE_MINUTES)
        assert stage.stored([lost.guid])
    assert stage.asked() == Counter({lost.guid: 1})
