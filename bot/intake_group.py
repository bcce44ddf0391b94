"""What waits at the same time is done at once: one transaction, and one wait for the disk, for many callers.

A thread of its own does it for all. Who comes alone is served at once; who comes while a group is being done waits
for the next one. Those that came together came from senders that send again: so while groups follow each other,
the next one waits a moment until as many are there. Many small groups would cost more than they gain.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

ENOUGH = 16
"""Nobody waits for a larger group: it costs hardly less for each, and others can be made ready meanwhile."""
RECENTLY = 0.05
"""Seconds after a group in which its senders are expected back, unless told otherwise."""


class _Caller(Generic[Item, Result]):
    """One caller of `submit`, until it has its result or its error."""

    __slots__ = ("done", "error", "item", "result")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: Result | None = None
        self.error: BaseException | None = None
        self.done = threading.Lock()  # released once, when either is there
        self.done.acquire()


class Group(Generic[Item, Result]):
    """Does `work` for all who wait, at most `most` at once; one group at a time, in a thread that this one starts.

    `work` gives one result for each item, in their order, or raises: then each caller of that group gets the same
    error. An error that `for_all` recognises would meet the next group as well, after the same wait: so it is
    given to whoever waits already, too. `patience`: seconds that a group waits at most for those expected back.
    `longest`: seconds that a caller waits for a group.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        most: int,
        patience: float,
        recently: float = RECENTLY,
        longest: float = math.inf,
        for_all: Callable[[BaseException], bool] = lambda _: False,
    ) -> None:
        self._work = work
        self._most = most
        self._patience = patience
        self._recently = recently
        self._longest = longest
        self._for_all = for_all
        self._mutex = threading.Lock()
        self._came = threading.Condition(self._mutex)
        self._waiting: deque[_Caller[Item, Result]] = deque()
        self._thread: threading.Thread | None = None
        self._expected = 1
        self._began_at = math.inf  # of the group that is being done
        self._ended_at = -math.inf

    def submit(self, item: Item) -> Result:
        """The result of `item`; blocks until its group is done.

        Raises what `work` raised; TimeoutError when that takes too long: it may still be done then, or never.
        """
        caller: _Caller[Item, Result] = _Caller(item)
        with self._mutex:
            self._ensure_thread()
            self._waiting.append(caller)
            if len(self._waiting) in (1, self._expected):
                self._came.notify()
        self._wait(caller)
        if caller.error is not None:
            raise caller.error
        return caller.result  # type: ignore[return-value]  # set, as there is no error

    def _ensure_thread(self) -> None:
        """Start the thread, not before there is work: this may have been made before a fork."""
        if self._thread is None:
            thread = threading.Thread(target=self._serve, name="group", daemon=True)
            thread.start()
            self._thread = thread

    def _wait(self, caller: _Caller[Item, Result]) -> None:
        """Wait for the result; while one group hangs, nobody waits for it any longer."""
        came_at = time.monotonic()
        while True:
            until = min(came_at, self._began_at) + self._longest
            if caller.done.acquire(timeout=min(max(0.0, until - time.monotonic()), threading.TIMEOUT_MAX)):
                return
            with self._mutex:
                if caller.done.acquire(blocking=False):
                    return
                if time.monotonic() < min(came_at, self._began_at) + self._longest:
                    continue  # another group began since
                if caller in self._waiting:
                    self._waiting.remove(caller)
                raise TimeoutError

    def _serve(self) -> None:
        """Serve group after group, for as long as the process lives."""
        while True:
            callers = self._next()
            try:
                for caller, result in zip(callers, self._work([one.item for one in callers]), strict=True):
                    caller.result = result
            except BaseException as error:  # noqa: BLE001 - each caller's to deal with
                self._fail(callers, error)
            with self._mutex:
                self._expected = min(max(len(callers), len(self._waiting)), ENOUGH)
                self._began_at, self._ended_at = math.inf, time.monotonic()
            for caller in callers:
                caller.done.release()

    def _next(self) -> list[_Caller[Item, Result]]:
        """Those who have waited longest, as soon as there is anybody, and perhaps a moment later."""
        with self._mutex:
            while not self._waiting:
                self._came.wait()
            if time.monotonic() - self._ended_at < self._recently:
                self._came.wait_for(lambda: len(self._waiting) >= self._expected, self._patience)
            self._began_at = time.monotonic()
            return [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]

    def _fail(self, callers: list[_Caller[Item, Result]], error: BaseException) -> None:
        if self._for_all(error):
            with self._mutex:
                callers.extend(self._waiting)
                self._waiting.clear()
        for caller in callers:
            caller.error = error
