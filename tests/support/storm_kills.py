"""Who is killed when in a storm, drawn from a seed; and the one who does it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from sandbox.faults import Fault, Faults

WEB = ("web 1", "web 2")
WORKERS = ("worker 1", "worker 2")
EVERYTHING = ("postgres", *WEB, *WORKERS)
POSTGRES = ("postgres",)
VICTIMS = (WEB[:1], WEB[1:], WEB, WORKERS[:1], WORKERS[1:], *[WORKERS] * 3, *[POSTGRES] * 3, EVERYTHING)
LONGEST_STORM = 3.0
"""Seconds from its first delivery in which most of it is worked off."""
LONGEST_ABSENCE = 1.0
WRITES_OF_A_STORM = 8
"""About so many requests that change something the service sends at least, however much it puts into one."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One blow. It comes `after` seconds, or in the middle of the service's write number `at_write`.

    That write GitHub carries out (`is_done`) or not. Those struck are started again after `absence` seconds.
    """

    victims: tuple[str, ...]
    absence: float
    after: float = 0.0
    at_write: int | None = None
    is_done: bool = False


def draw_strikes(seed: int) -> tuple[Strike, ...]:
    """Two to four blows; those in the middle of a write hit both workers, of whom one sent it."""
    random = Random(f"strikes {seed}")  # noqa: S311 - a test's dice
    strikes = []
    for _ in range(random.choice((2, 3, 3, 4))):
        absence = random.uniform(0, LONGEST_ABSENCE)
        if random.random() < 0.35:
            write = random.randrange(WRITES_OF_A_STORM)
            strikes.append(Strike(WORKERS, absence, at_write=write, is_done=random.random() < 0.6))
        else:
            strikes.append(Strike(random.choice(VICTIMS), absence, random.uniform(0, LONGEST_STORM)))
    return tuple(strikes)


@dataclass(slots=True)
class WriteOfOurs(Fault):
    """A fault for the service's writes, and for nobody else's: its documents, and what it makes of a release."""

    def matches(self, method: str, path: str, body: str, installation: int | None = None) -> bool:
        """Whether this is such a request."""
        if path.endswith("/graphql"):
            return "mutation Write" in body
        made = re.search(r"/git/tags$|/releases", path) or (path.endswith("/git/refs") and "refs/tags/" in body)
        return method in ("POST", "PATCH") and bool(made)


class Killable(Protocol):
    """What can be struck: processes by name."""

    def kill(self, name: str) -> None:
        """SIGKILL."""

    def start(self, name: str) -> None:
        """Start again; nothing when it runs."""


@dataclass
class Striker:
    """Carries out strikes and starts again what they hit.

    `struck` counts the strikes that came (a storm may have fewer writes than one waits for), `killed` the
    processes that died.
    """

    world: Killable
    strikes: tuple[Strike, ...]
    struck: int = 0
    killed: int = 0
    _down: dict[str, float] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def attach(self, faults: Faults) -> None:
        """Count the service's writes from now on, and strike in the middle of those that are meant."""
        for strike in self.strikes:
            if strike.at_write is not None:
                faults.add(self._fault(strike))

    def _fault(self, strike: Strike) -> Fault:
        """A fault that waits for its write, and loses its answer or the write itself."""
        fault = WriteOfOurs(status=None, times=None)
        seen = 0

        def strike_when_it_comes() -> None:
            nonlocal seen
            if seen == strike.at_write:
                fault.status = None if strike.is_done else 502
                self._strike(strike)
            elif fault.status is not None:
                fault.status = None
            seen += 1

        fault.meanwhile = strike_when_it_comes
        return fault

    def run(self, is_over: Callable[[], bool]) -> None:
        """Strike at the drawn moments, until all of those have come and the story is told to its end.

        Whatever was struck runs again when this returns. Call it from a thread that goes on living: what it starts
        ends with it.
        """
        began = time.monotonic()
        timed = sorted((one for one in self.strikes if one.at_write is None), key=lambda one: one.after)
        while timed or self._down or not is_over():
            if timed and time.monotonic() - began >= timed[0].after:
                self._strike(timed.pop(0))
            self._start_again()
            time.sleep(0.01)

    def _strike(self, strike: Strike) -> None:
        with self._lock:
            self.struck += 1
            back_at = time.monotonic() + strike.absence
            for name in strike.victims:
                if name not in self._down:
                    self.world.kill(name)
                    self.killed += 1
                self._down[name] = back_at

    def _start_again(self) -> None:
        with self._lock:
            for name in EVERYTHING:  # the database first
                if self._down.get(name, float("inf")) <= time.monotonic():
                    del self._down[name]
                    self.world.start(name)
