"""Faults on demand: refusals, lost and broken answers, slowness, and what others do at just the wrong moment."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Broken = Literal["closed", "truncated"]


@dataclass(slots=True)
class Fault:
    """A fault for the next matching requests.

    `after` does the work and then loses the answer (the caller gets `status`); otherwise nothing is done.
    `delay` seconds pass first. A fault with `status` None only delays. `times` None lasts until cleared.
    `meanwhile` is called before the request is handled; it may send requests of its own.

    `installation` hits only what is asked by, or for a token of, the installation of this number. `answer` is JSON
    to answer with instead of `message`. `broken` ends the connection without an answer, or in the middle of it.
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
    installation: int | None = None
    answer: Mapping[str, Any] | None = None
    broken: Broken | None = None

    def matches(self, method: str, path: str, body: str, installation: int | None) -> bool:
        """Whether it hits this request; `path` is a regular expression, `operation` a part of the document."""
        return (
            self.times != 0
            and self.method in (None, method)
            and (self.path is None or re.search(self.path, path) is not None)
            and (self.operation is None or self.operation in body)
            and self.installation in (None, installation)
        )


class Faults:
    """The faults that are set. `where` is always `method`, `path`, `operation`, `times`, `installation`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._numbered: list[Fault] = []

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._faults)

    def add(self, fault: Fault) -> Fault:
        """Set a fault."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def fail(
        self,
        status: int = 502,
        *,
        headers: dict[str, str] | None = None,
        message: str = "Server Error",
        **where: Any,
    ) -> Fault:
        """Refuse the next `times` matching requests with this status, doing nothing."""
        return self.add(Fault(status=status, headers=headers or {}, message=message, **where))

    def drop_answer(self, **where: Any) -> Fault:
        """Do the work of the next `times` matching requests, then answer 502."""
        return self.add(Fault(status=502, after=True, **where))

    def disconnect(self, *, after: bool = False, **where: Any) -> Fault:
        """End the connection without an answer; `after` the work was done."""
        return self.add(Fault(broken="closed", after=after, **where))

    def truncate(self, **where: Any) -> Fault:
        """Do the work of the next `times` matching requests, and end the connection halfway through the answer."""
        return self.add(Fault(status=None, after=True, broken="truncated", **where))

    def rate_limited(self, message: str = "API rate limit exceeded", **where: Any) -> Fault:
        """Answer the next `times` GraphQL requests with status 200 and an error of type RATE_LIMITED."""
        answer = {"errors": [{"type": "RATE_LIMITED", "message": message}]}
        return self.add(Fault(status=200, answer=answer, **{"path": "^/graphql$", **where}))

    def delay(self, seconds: float, *, times: int | None = None, **where: Any) -> Fault:
        """Let matching requests take this long."""
        return self.add(Fault(status=None, delay=seconds, times=times, **where))

    def interpose(self, meanwhile: Callable[[], object], **where: Any) -> Fault:
        """Do something just before the next `times` matching requests are handled: a race, made certain."""
        return self.add(Fault(status=None, meanwhile=meanwhile, **where))

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

    def take(self, method: str, path: str, body: str, installation: int | None = None) -> list[Fault]:
        """The faults that hit this request; each is used up by one."""
        with self._lock:
            hit = [fault for fault in self._faults if fault.matches(method, path, body, installation)]
            for fault in hit:
                if fault.times is not None:
                    fault.times -= 1
            self._faults = [fault for fault in self._faults if fault.times != 0]
        return hit
