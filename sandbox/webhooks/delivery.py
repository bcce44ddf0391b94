"""Sending deliveries: signed, one after the other, never repeated by itself, every one of them logged."""

from __future__ import annotations

import hmac
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import urllib3

from ..state import App

if TYPE_CHECKING:
    from ..world import World

TIMEOUT_SECONDS = 10.0
PAYLOAD_LIMIT = 25 * 1024 * 1024


@dataclass(eq=False, slots=True)
class Delivery:
    """One attempt to deliver an event. `status_code` is 0 and `status` a text when no answer came."""

    id: int
    guid: str
    app: App
    event: str
    action: str | None
    payload: bytes
    installation_id: int | None
    repository_id: int | None
    delivered_at: datetime
    """When it was sent; until then, when the event happened."""
    redelivery: bool = False
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0
    url: str = ""
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""

    @property
    def succeeded(self) -> bool:
        """GitHub counts 200 to 399 as delivered."""
        return 200 <= self.status_code < 400


def signature(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    """The value of `X-Hub-Signature-256` (or, with sha1, of `X-Hub-Signature`)."""
    return f"{algorithm}={hmac.new(secret.encode(), body, algorithm).hexdigest()}"


class Deliverer:
    """A background thread that posts deliveries in their order. It can be paused, and it keeps the log."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._changed = threading.Condition()
        self._queue: deque[Delivery] = deque()
        self._log: dict[int, Delivery] = {}
        self._busy = False
        self._paused = False
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT_SECONDS)

    def start(self) -> None:
        """Begin to send."""
        self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the delivery in hand; what still waits is not sent."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(TIMEOUT_SECONDS + 1)
        self._pool.clear()

    def queue(self, delivery: Delivery) -> None:
        """Send this one after those that wait already."""
        with self._changed:
            self._queue.append(delivery)
            self._changed.notify_all()

    def pause(self) -> None:
        """Hold back everything from now on."""
        with self._changed:
            self._paused = True

    def resume(self, *, drop: bool = False) -> list[Delivery]:
        """Go on; `drop` loses what was held back, as an outage would, and returns it: `queue` sends it late."""
        with self._changed:
            lost = list(self._queue) if drop else []
            if drop:
                self._queue.clear()
            self._paused = False
            self._changed.notify_all()
        return lost

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

    def log(self, app: App | None = None) -> list[Delivery]:
        """The deliveries made so far, newest first."""
        with self._changed:
            found = list(self._log.values())
        return [delivery for delivery in reversed(found) if app is None or delivery.app is app]

    def find(self, identifier: int) -> Delivery | None:
        """One delivery by its ID."""
        with self._changed:
            return self._log.get(identifier)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or (self._queue and not self._paused))
                if self._stopped:
                    return
                delivery = self._queue.popleft()
                self._busy = True
            try:
                self._send(delivery)
            finally:
                with self._changed:
                    self._log[delivery.id] = delivery
                    self._busy = False
                    self._changed.notify_all()

    def _send(self, delivery: Delivery) -> None:
        app = delivery.app
        delivery.delivered_at = self._world.clock.now()
        if not app.webhook_url or len(delivery.payload) > PAYLOAD_LIMIT:
            delivery.status = "Payload too large" if app.webhook_url else "No webhook URL"
            return
        body, delivery.url = self._body(delivery), app.webhook_url
        delivery.request_headers = self._headers(delivery, body)
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

    def _body(self, delivery: Delivery) -> bytes:
        if delivery.app.content_type == "form":
            return urlencode({"payload": delivery.payload.decode()}).encode()
        return delivery.payload

    def _headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        app = delivery.app
        form = app.content_type == "form"
        headers = {
            "Accept": "*/*",
            "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
            "User-Agent": "GitHub-Hookshot/5a9db0c",
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Hook-ID": str(app.hook_id),
            "X-GitHub-Hook-Installation-Target-ID": str(app.id),
            "X-GitHub-Hook-Installation-Target-Type": self._world.behaviour.hook_target_type,
        }
        if app.webhook_secret:
            headers["X-Hub-Signature"] = signature(app.webhook_secret, body, "sha1")
            headers["X-Hub-Signature-256"] = signature(app.webhook_secret, body)
        return headers
