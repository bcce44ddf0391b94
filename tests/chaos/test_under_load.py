"""Processes that go away under load: what was acknowledged is stored, the rest was refused or hung up on."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import pytest

from tests.support.service import wait_until
from tests.support.storm_load import CLOSED, Load, Told, load
from tests.support.storm_play import Played
from tests.support.storm_script import draw
from tests.support.storm_world import StormWorld

pytestmark = pytest.mark.chaos
ENOUGH = 200
"""Answers to see before something happens, and after it."""


def told_of(storm: StormWorld, owner: str) -> tuple[Played, list[Told]]:
    """A repository with open pull requests, of which the service has heard nothing; and what it would be told."""
    played = storm.players.prepare(owner)
    storm.settle()
    storm.github.webhooks.pause()
    storm.players.open(played, draw(7))
    held_back = storm.github.webhooks.resume(drop=True)
    return played, [Told(one.event, one.payload) for one in held_back]


def stored(storm: StormWorld) -> set[str]:
    """The GUIDs of all deliveries in the database."""
    with psycopg.connect(storm.postgres.url) as connection:
        return {str(guid) for (guid,) in connection.execute("SELECT guid FROM deliveries").fetchall()}


def acknowledged_more(sending: Load, count: int = ENOUGH) -> None:
    """Return when so many more deliveries were acknowledged than now, and each event was at some time."""
    before = len(sending.acknowledged)
    wait_until(
        lambda: len(sending.acknowledged) >= before + count and len(sending.arrived) == len(sending.events),
        60,
        what="acknowledgements",
    )


def assert_all_work_was_done(storm: StormWorld, played: Played) -> None:
    """Each pull request has its gate, and nothing waits."""
    storm.settle()
    for pull in played.pulls:
        names = {run.name for run in storm.github.check_runs(played.repository, pull.head_sha, storm.app)}
        assert "gate" in names, pull.number
    storm.players.leave(played)
    storm.settle()


@pytest.mark.parametrize("how", ["fast", "killed"])
def test_postgresql_restarted_under_load(storm: StormWorld, how: str) -> None:
    """32 connections send all the while: 202 means stored, all others heard 503 or nothing, the workers go on."""
    played, events = told_of(storm, f"restart-{how}")
    with load(storm.url, events) as sending:
        acknowledged_more(sending)
        storm.postgres.kill() if how == "killed" else storm.postgres.stop()
        wait_until(lambda: sending.kinds[503] + sending.kinds[CLOSED] >= 32, 60, what="refusals")
        storm.postgres.start()
        acknowledged_more(sending)
    assert set(sending.kinds) <= {200, 202, 503, CLOSED}
    assert sending.acknowledged - stored(storm) == set()
    assert_all_work_was_done(storm, played)


@pytest.mark.parametrize("victims", [("web 1",), ("web 1", "web 2")], ids=["one of two", "both"])
def test_web_killed_under_load(storm: StormWorld, victims: Sequence[str]) -> None:
    """In the middle of requests: each sender has a whole answer or none, and whoever has one is stored."""
    played, events = told_of(storm, f"web-{len(victims)}")
    with load(storm.url, events) as sending:
        acknowledged_more(sending)
        for name in victims:
            storm.kill(name)
        wait_until(lambda: sending.kinds[CLOSED] > 0, what="a broken connection")
        for name in victims:
            storm.start(name)
        acknowledged_more(sending)
    assert set(sending.kinds) <= {200, 202, CLOSED}
    assert sending.acknowledged - stored(storm) == set()
    assert_all_work_was_done(storm, played)
