"""One seed: the storm once in peace and once with kills, and whether anything was lost or doubled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg

from sandbox.faults import Faults
from tests.support.service import wait_until
from tests.support.storm_kills import Striker, draw_strikes
from tests.support.storm_play import Played
from tests.support.storm_script import Script, draw
from tests.support.storm_state import differences, read_state
from tests.support.storm_world import ServedWorld, StormWorld

MAY_NOT_DOUBLE = ("/times asked", "/other comments of the App", "/replied to", "/releases", "/tags", "/issues")
"""Fields of a state whose difference is a doubled effect, unless it is a missing one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one seed.

    `lost`: GUIDs that are not stored although they were acknowledged, or although everything is back and they were
    asked for again. `differences`: from the run in peace.
    """

    seed: int
    strikes: int
    killed: int
    deliveries: int
    acknowledged: int
    unacknowledged: int
    lost: tuple[str, ...]
    differences: tuple[str, ...]
    seconds: float

    @property
    def doubled(self) -> tuple[str, ...]:
        """The differences in which there is more of something that notifies people or that there may be once."""
        return tuple(one for one in self.differences if any(field in one for field in MAY_NOT_DOUBLE))


class Trouble(Protocol):
    """What happens to the service during a storm. `struck` and `killed` count its blows and their victims."""

    struck: int
    killed: int

    def attach(self, faults: Faults) -> None:
        """Before the first delivery: prepare what happens in the middle of requests."""

    def run(self, is_over: Callable[[], bool]) -> None:
        """Make the trouble until the story is over; everybody is back when this returns."""


class Peace:
    """No trouble."""

    struck = 0
    killed = 0

    def attach(self, faults: Faults) -> None:
        """Nothing."""

    def run(self, is_over: Callable[[], bool]) -> None:
        """Wait for the end of the story."""
        wait_until(is_over, 60, what="the end of the story")


class Storms:
    """Storms in one world, one after the other, each in an organisation of its own."""

    def __init__(self, world: ServedWorld) -> None:
        self._world = world
        self._made = 0

    def judge(self, seed: int, trouble: Trouble) -> Verdict:
        """Play the storm of `seed` once in peace and once in trouble, and compare."""
        began, script = time.monotonic(), draw(seed)
        clean, _ = self._played(script, Peace())
        state, guids = self._played(script, trouble)
        return Verdict(
            seed,
            trouble.struck,
            trouble.killed,
            len(guids.acknowledged) + len(guids.unacknowledged),
            len(guids.acknowledged),
            len(guids.unacknowledged),
            tuple(sorted((guids.acknowledged | self._world.undelivered()) - self._stored())),
            tuple(differences(clean, state)),
            round(time.monotonic() - began, 1),
        )

    def _played(self, script: Script, trouble: Trouble) -> tuple[dict[str, Any], Guids]:
        world = self._world
        world.github.requests.reset()  # counting all of them, again and again, would take ever longer
        self._made += 1
        played = world.players.prepare(f"storm-{self._made}")
        world.settle()
        world.github.webhooks.pause()
        world.players.open(played, script)
        trouble.attach(world.github.faults)
        world.github.webhooks.resume()
        people = _Telling(world, played, script)
        people.start()
        trouble.run(lambda: not people.is_alive())
        people.join_well()
        world.github.faults.clear()
        trouble.run(lambda: True)  # whoever was struck at the last moment
        world.wait_ready()
        world.settle()
        guids = self._guids(played)
        world.recover()
        state = read_state(world.github, world.app, played)
        world.players.leave(played)
        return state, guids

    def _guids(self, played: Played) -> Guids:
        repository = self._world.github.repository(played.repository)
        log = [one for one in self._world.github.deliveries(self._world.app) if one.repository_id == repository.id]
        undelivered = self._world.undelivered()
        return Guids(
            frozenset(one.guid for one in log if one.status_code == 202),
            frozenset(one.guid for one in log if one.guid in undelivered),
        )

    def _stored(self) -> set[str]:
        with psycopg.connect(self._world.postgres.url) as connection:
            return {str(guid) for (guid,) in connection.execute("SELECT guid FROM deliveries").fetchall()}


def judge_with_kills(storms: Storms, world: StormWorld, seed: int) -> Verdict:
    """The storm and the kills of one seed."""
    return storms.judge(seed, Striker(world, draw_strikes(seed)))


@dataclass(frozen=True, slots=True)
class Guids:
    """The deliveries of one run: answered with 202 at some attempt, and with no success at any."""

    acknowledged: frozenset[str]
    unacknowledged: frozenset[str]


class _Telling(threading.Thread):
    """The people, who go on with the script whatever happens to the service."""

    def __init__(self, world: ServedWorld, played: Played, script: Script) -> None:
        super().__init__(name="people", daemon=True)
        self._world, self._played, self._script = world, played, script
        self._failed: Exception | None = None

    def run(self) -> None:
        """Every step, in its order."""
        try:
            for step in self._script.steps:
                self._world.players.do(self._played, self._script, step)
        except Exception as error:  # noqa: BLE001 - told to the test below
            self._failed = error

    def join_well(self) -> None:
        """Wait for the end; raises what went wrong."""
        self.join()
        if self._failed is not None:
            raise self._failed
