"""One delivery of an event, and the signed request that it is sent as."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from ..state import App

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
    throttled_at: datetime | None = None
    """When it was held back, because too many others were waiting."""
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


def request_of(delivery: Delivery, target_type: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of the request that carries it now; `target_type` is the kind of the hook's owner."""
    app = delivery.app
    form = app.content_type == "form"
    body = urlencode({"payload": delivery.payload.decode()}).encode() if form else delivery.payload
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
        "User-Agent": "GitHub-Hookshot/5a9db0c",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": target_type,
    }
    if app.webhook_secret:
        headers["X-Hub-Signature"] = signature(app.webhook_secret, body, "sha1")
        headers["X-Hub-Signature-256"] = signature(app.webhook_secret, body)
    return headers, body
