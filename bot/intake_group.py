"""What waits at the same time is done at once: one transaction, and one wait for the disk, for many callers.

Who comes alone does it at once. Who comes while a group is being done waits, and the first of them does it for
all of them next. Those that came together came from senders that send again: so while groups follow each other,
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

    __slots__ = ("error", "has_ended", "item", "result", "turn")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: Result | None = None
        self.error: Exception | None = None
        self.has_ended = False
        # Released once: when the result is there, or when it is this caller's turn to work for all.
        self.turn = threading.Lock()
        self.turn.acquire()


class Group(Generic[Item, Result]):
    """Does `work` for all who wait, at most `most` at once; one group at a time.

    `work` gives one result for each item, in their order, or raises: then each caller of that group gets the same
    error. An error that `for_all` recognises would meet the next group as well, after the same wait: so it is
    given to whoever waits already, too. `patience`: seconds that a group waits at most for those expected back.
    `longest`: seconds that a caller waits for a group that another one does; whoever does it may hang.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        most: int,
        patience: float,
        recently: float = RECENTLY,
        longest: float = math.inf,
        for_all: Callable[[Exception], bool] = lambda _: False,
    ) -> None:
        self._work = work
        self._most = most
        self._patience = patience
        self._recently = recently
        self._longest = longest
        self._began_at = 0.0
        self._for_all = for_all
        self._mutex = threading.Lock()
        self._enough_came = threading.Condition(self._mutex)
        self._waiting: deque[_Caller[Item, Result]] = deque()
        self._is_led = False
        self._expected = 1
        self._ended_at = 0.0

    def submit(self, item: Item) -> Result:
        """The result of `item`; blocks until its group is done.

        Raises what `work` raised; TimeoutError when that takes too long: it may still be done then, or never.
        """
        caller: _Caller[Item, Result] = _Caller(item)
        with self._mutex:
            self._waiting.append(caller)
            leads, self._is_led = not self._is_led, True
            if leads:
                self._began_at = time.monotonic()
            if len(self._waiting) == self._expected:
                self._enough_came.notify()
        if not leads:
            self._wait(caller)
        if not caller.has_ended:
            self._lead()
        if caller.error is not None:
            raise caller.error
        return caller.result  # type: ignore[return-value]  # set, as there is no error

    def _wait(self, caller: _Caller[Item, Result]) -> None:
        """Wait for the result, or for the turn to lead; while one group hangs, nobody waits for it any longer."""
        came_at = time.monotonic()
        while True:
            until = min(came_at, self._began_at) + self._longest
            if caller.turn.acquire(timeout=min(max(0.0, until - time.monotonic()), threading.TIMEOUT_MAX)):
                return
            with self._mutex:
                if caller.turn.acquire(blocking=False):
                    return
                if time.monotonic() < min(came_at, self._began_at) + self._longest:
                    continue  # another group began since
                if caller in self._waiting:
                    self._waiting.remove(caller)
                raise TimeoutError

    def _lead(self) -> None:
        """Work for those who have waited longest, the caller among them; then hand over to who waits now."""
        with self._mutex:
            if time.monotonic() - self._ended_at < self._recently:
                self._enough_came.wait_for(lambda: len(self._waiting) >= self._expected, self._patience)
            callers = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            for caller, result in zip(callers, self._work([one.item for one in callers]), strict=True):
                caller.result = result
        except Exception as error:  # noqa: BLE001 - each caller's to deal with
            self._fail(callers, error)
        with self._mutex:
            following = self._waiting[0] if self._waiting else None
            self._is_led = following is not None
            self._expected = min(max(len(callers), len(self._waiting)), ENOUGH)
            self._ended_at = self._began_at = time.monotonic()
            if following is not None:
                following.turn.release()  # nobody gives up between being chosen and hearing of it
        for caller in callers:
            caller.has_ended = True
            caller.turn.release()

    def _fail(self, callers: list[_Caller[Item, Result]], error: Exception) -> None:
        if self._for_all(error):
            with self._mutex:
                callers.extend(self._waiting)
                self._waiting.clear()
        for caller in callers:
            caller.error = error
