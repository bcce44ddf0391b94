"""A load of deliveries over many connections at once, each with a GUID of its own, and what became of each."""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import urllib3

from tests.support.service import delivery_headers

CLOSED = "connection closed"


@dataclass(frozen=True, slots=True)
class Told:
    """One event, as GitHub would sign and send it."""

    event: str
    body: bytes


@dataclass
class Load:
    """Sends until it is told to stop. An answer is a status, or CLOSED when there was none, or half of one."""

    url: str
    events: Sequence[Told]
    answers: dict[str, int | str] = field(default_factory=dict, init=False)
    arrived: set[int] = field(default_factory=set, init=False)
    """The places of the events that were acknowledged at least once."""
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)

    @property
    def acknowledged(self) -> set[str]:
        """The GUIDs that were answered with 200 or 202."""
        return {guid for guid, answer in list(self.answers.items()) if answer in (200, 202)}

    @property
    def kinds(self) -> Counter[int | str]:
        """How often each answer came."""
        return Counter(list(self.answers.values()))

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()

    def send(self, begin: int) -> None:
        """One connection's part: all events again and again, from this one on."""
        pool = urllib3.PoolManager(maxsize=1, retries=False, timeout=15.0)
        for place in itertools.count(begin):
            if self._stopped.is_set():
                break
            told = self.events[place % len(self.events)]
            guid = str(uuid4())
            headers = delivery_headers(told.body, told.event, guid=guid)
            try:
                answer = pool.request("POST", f"{self.url}/webhooks/github", body=told.body, headers=headers)
                if "json" in answer.headers.get("Content-Type", ""):
                    json.loads(answer.data)  # a whole answer, or none
                self.answers[guid] = answer.status
                if answer.status in (200, 202):
                    self.arrived.add(place % len(self.events))
            except urllib3.exceptions.HTTPError:
                self.answers[guid] = CLOSED
                self._stopped.wait(0.05)  # so that an absent server costs no processor; not waited for in tests
        pool.clear()


@contextmanager
def load(url: str, events: Sequence[Told], connections: int = 32) -> Iterator[Load]:
    """The load, on from the beginning of the block to its end."""
    one = Load(url, events)
    parts = range(0, len(events) * connections, len(events))
    threads = [threading.Thread(target=one.send, args=(at // connections,), daemon=True) for at in parts]
    for thread in threads:
        thread.start()
    try:
        yield one
    finally:
        one.stop()
        for thread in threads:
            thread.join(30)
