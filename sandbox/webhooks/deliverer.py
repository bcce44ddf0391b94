"""Sending deliveries: in their order or over several connections, never repeated by itself, every one logged."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import urllib3

from ..state import App
from .delivery import PAYLOAD_LIMIT, Delivery, request_of
from .delivery_log import DeliveryLog

if TYPE_CHECKING:
    from ..world import World

TIMEOUT_SECONDS = 10.0
POOLED_CONNECTIONS = 64


class Deliverer:
    """Background threads that post deliveries. They can be paused, and they keep the log.

    There are `Behaviour.webhook_connections` of them: with one, deliveries arrive in the order of the events.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._changed = threading.Condition()
        self._queue: deque[Delivery] = deque()
        self._log = DeliveryLog()
        self._busy = 0
        self._paused = False
        self._stopped = False
        self._threads: list[threading.Thread] = []
        self._pool = urllib3.PoolManager(maxsize=POOLED_CONNECTIONS, retries=False, timeout=TIMEOUT_SECONDS)

    def start(self) -> None:
        """Begin to send."""
        with self._changed:
            self._hire()

    def _hire(self) -> None:
        while len(self._threads) < self._world.behaviour.webhook_connections:
            thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Stop after the deliveries in hand; what still waits is not sent."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(TIMEOUT_SECONDS + 1)
        self._pool.clear()

    def queue(self, delivery: Delivery) -> None:
        """Send this one after those that wait already."""
        with self._changed:
            if len(self._queue) >= self._world.behaviour.throttled_deliveries:
                delivery.throttled_at = self._world.clock.now()
            self._queue.append(delivery)
            if self._threads:
                self._hire()
            self._changed.notify_all()

    def pause(self) -> None:
        """Hold back everything from now on."""
        with self._changed:
            self._paused = True

    def resume(self, *, drop: bool = False) -> list[Delivery]:
        """Go on; `drop` loses what was held back, as an outage would, and returns it: `queue` sends it late."""
        with self._changed:
            lost = self.take() if drop else []
            self._paused = False
            self._changed.notify_all()
        return lost

    def take(self) -> list[Delivery]:
        """Take out all that wait, unsent."""
        with self._changed:
            waiting = list(self._queue)
            self._queue.clear()
        return waiting

    def held(self) -> int:
        """How many wait to be sent."""
        with self._changed:
            return len(self._queue)

    def wait(self, timeout: float) -> None:
        """Return once everything sent so far has its answer; raises TimeoutError. Held-back ones do not count."""
        with self._changed:
            done = self._changed.wait_for(lambda: not self._busy and (self._paused or not self._queue), timeout)
            waiting = len(self._queue)
        if not done:
            raise TimeoutError(f"{waiting} webhook deliveries still wait after {timeout} s")

    def send_all(
        self, deliveries: Iterable[Delivery], connections: int, *, next_at: Callable[[int], float] | None = None
    ) -> None:
        """Send these at once, beside the queue, over so many connections; returns when each has its answer.

        They are logged as any others. `next_at` gives the second, from now, at which the one of a position is due.
        """
        waiting, turn = iter(enumerate(deliveries)), threading.Lock()
        started = time.monotonic()

        def send() -> None:
            while not self._stopped:
                with turn:
                    position, delivery = next(waiting, (0, None))
                if delivery is None:
                    return
                if next_at is not None:
                    time.sleep(max(0.0, started + next_at(position) - time.monotonic()))
                self._deliver(delivery)

        threads = [threading.Thread(target=send, name="sandbox-burst", daemon=True) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def record_lost(self, deliveries: Iterable[Delivery], status: str = "failed to connect to host") -> None:
        """Log these as sent without an answer, as if nobody had listened; nothing is sent."""
        for delivery in deliveries:
            delivery.delivered_at, delivery.status = self._world.clock.now(), status
            self._keep(delivery)

    def log(
        self,
        app: App | None = None,
        *,
        before: int | None = None,
        limit: int | None = None,
        succeeded: bool | None = None,
    ) -> list[Delivery]:
        """The deliveries of the last days, newest first: at most `limit` of those with numbers below `before`.

        All of them, or those that did or did not get through.
        """
        with self._changed:
            found = self._log.newest_first(app, self._kept_since(), before)
            chosen = (one for one in found if succeeded in (None, one.succeeded))
            return list(itertools.islice(chosen, limit))

    def find(self, identifier: int) -> Delivery | None:
        """One delivery by its ID."""
        with self._changed:
            return self._log.find(identifier, self._kept_since())

    def _kept_since(self) -> datetime:
        return self._world.clock.now() - timedelta(days=self._world.behaviour.deliveries_kept_days)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or (self._queue and not self._paused))
                if self._stopped:
                    return
                delivery = self._queue.popleft()
                self._busy += 1
            try:
                self._deliver(delivery)
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()

    def _deliver(self, delivery: Delivery) -> None:
        try:
            self._send(delivery)
        finally:
            self._keep(delivery)

    def _keep(self, delivery: Delivery) -> None:
        with self._changed:
            self._log.add(delivery)

    def _send(self, delivery: Delivery) -> None:
        app = delivery.app
        delivery.delivered_at = self._world.clock.now()
        if not app.webhook_url or len(delivery.payload) > PAYLOAD_LIMIT:
            delivery.status = "Payload too large" if app.webhook_url else "No webhook URL"
            return
        delivery.url = app.webhook_url
        delivery.request_headers, body = request_of(delivery, self._world.behaviour.hook_target_type)
        started = time.monotonic()
        try:
            answer = self._pool.request(
                "POST", app.webhook_url, body=body, headers=delivery.request_headers, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            delivery.status = "timed out" if "timed out" in str(error) else "failed to connect to host"
        else:
            delivery.status_code = answer.status
            delivery.status = "OK" if delivery.succeeded else (answer.reason or "Invalid HTTP Response")
            delivery.response_headers = dict(answer.headers)
            delivery.response_body = answer.data.decode("utf-8", "replace")
        delivery.duration = round(time.monotonic() - started, 3)
