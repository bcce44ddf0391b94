"""Faults on demand: refused requests, lost answers, slowness, and what others do at just the wrong moment."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Fault:
    """A fault for the next matching requests.

    `after` does the work and then loses the answer (the caller gets `status`); otherwise nothing is done.
    `delay` seconds pass first. A fault with `status` None only delays. `times` None lasts until cleared.
    `meanwhile` is called before the request is handled; it may send requests of its own.
    """

    method: str | None = None
    path: str | None = None
    operation: str | None = None
    status: int | None = 502
    after: bool = False
    delay: float = 0.0
    times: int | None = 1
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "Server Error"
    meanwhile: Callable[[], object] | None = None

    def matches(self, method: str, path: str, body: str) -> bool:
        """Whether it hits this request; `path` is a regular expression, `operation` a part of the document."""
        return (
            self.times != 0
            and self.method in (None, method)
            and (self.path is None or re.search(self.path, path) is not None)
            and (self.operation is None or self.operation in body)
        )


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._numbered: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Set a fault."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def fail(
        self,
        status: int = 502,
        *,
        method: str | None = None,
        path: str | None = None,
        operation: str | None = None,
        times: int | None = 1,
        headers: dict[str, str] | None = None,
        message: str = "Server Error",
    ) -> Fault:
        """Refuse the next `times` matching requests with this status, doing nothing."""
        fault = Fault(method, path, operation, status, False, 0.0, times, headers or {}, message)
        return self.add(fault)

    def drop_answer(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        operation: str | None = None,
        times: int | None = 1,
    ) -> Fault:
        """Do the work of the next `times` matching requests, then answer 502."""
        return self.add(Fault(method, path, operation, 502, True, 0.0, times))

    def delay(
        self,
        seconds: float,
        *,
        method: str | None = None,
        path: str | None = None,
        operation: str | None = None,
        times: int | None = None,
    ) -> Fault:
        """Let matching requests take this long."""
        return self.add(Fault(method, path, operation, None, False, seconds, times))

    def interpose(
        self,
        meanwhile: Callable[[], object],
        *,
        method: str | None = None,
        path: str | None = None,
        operation: str | None = None,
        times: int | None = 1,
    ) -> Fault:
        """Do something just before the next `times` matching requests are handled: a race, made certain."""
        return self.add(Fault(method, path, operation, None, times=times, meanwhile=meanwhile))

    def number_of(self, fault: Fault) -> int:
        """A number by which another process can ask for a fault."""
        with self._lock:
            self._numbered.append(fault)
            return len(self._numbered) - 1

    def numbered(self, number: int) -> Fault:
        """The fault of this number, also once it is used up; raises IndexError."""
        with self._lock:
            return self._numbered[number]

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str, body: str) -> list[Fault]:
        """The faults that hit this request; each is used up by one."""
        with self._lock:
            hit = [fault for fault in self._faults if fault.matches(method, path, body)]
            for fault in hit:
                if fault.times is not None:
                    fault.times -= 1
            self._faults = [fault for fault in self._faults if fault.times != 0]
        return hit
