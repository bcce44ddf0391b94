"""GitHub's own list of the App's webhook deliveries, and asking for one of them again. As the App itself (JWT)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.core.webhook_diagnosis import WebhookSettings
from bot.github_api.auth import AppCredential
from bot.github_api.budget import RequestKind
from bot.github_api.graphql import Json
from bot.github_api.session import PAGE_SIZE, next_cursor_of
from bot.github_api.transport import Request

PATH = "/app/hook/deliveries"


@dataclass(frozen=True, slots=True)
class HookDelivery:
    """One attempt to deliver an event. Attempts for one event share the GUID; each has an ID of its own."""

    delivery_id: int
    guid: UUID
    delivered_at: datetime
    is_redelivery: bool
    succeeded: bool
    event: str
    action: str | None
    installation_id: int | None
    repository_id: int | None


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Newest first. `next_page` leads to the next, older page; None: there is none."""

    deliveries: Sequence[HookDelivery]
    next_page: str | None


def read_webhook_settings(app: AppCredential) -> WebhookSettings:
    """Where the App's webhook leads and how (1 request). GitHub shows that there is a secret, and never which."""
    found = app.send(Request("GET", "/app/hook/config", RequestKind.READ, "read the webhook's settings")).data
    return WebhookSettings(
        url=str(found.get("url") or ""),
        content_type=str(found.get("content_type") or "form"),  # the default of the OpenAPI document
        has_secret=bool(found.get("secret")),
        verifies_certificate=str(found.get("insecure_ssl") or "0") == "0",
    )


def read_deliveries(app: AppCredential, page: str | None) -> DeliveryPage:
    """A page of at most 100 (1 request). GitHub keeps 3 days, GitHub Enterprise Server 7.

    All of them, not by `status=failure`: that names only answers of 400 to 599 (OpenAPI, parameter
    webhook-delivery-status), and says nothing of those without an answer.
    """
    parameters: dict[str, str | int] = {"per_page": PAGE_SIZE}
    if page is not None:
        parameters["cursor"] = page
    answer = app.send(Request("GET", PATH, RequestKind.READ, "list deliveries", parameters))
    found = [one for item in answer.data if (one := _delivery(item)) is not None]
    return DeliveryPage(found, next_cursor_of(answer.headers.get("link", ""), "cursor"))


def ask_for_delivery(app: AppCredential, delivery_id: int) -> None:
    """Let GitHub deliver this one again, under the same GUID (1 write).

    Raises Refused when GitHub will not (400, 422) and NotFound when it has forgotten it.
    """
    app.send(Request("POST", f"{PATH}/{delivery_id}/attempts", RequestKind.WRITE, "ask for a delivery again"))


def _delivery(item: Json) -> HookDelivery | None:
    try:
        guid = UUID(str(item["guid"]))
    except ValueError:
        return None
    return HookDelivery(
        delivery_id=int(item["id"]),
        guid=guid,
        delivered_at=datetime.fromisoformat(item["delivered_at"]),
        is_redelivery=bool(item["redelivery"]),
        # GitHub's own rule for what counts as delivered (OpenAPI, webhook-delivery-status).
        succeeded=200 <= int(item["status_code"] or 0) < 400,
        event=str(item["event"]),
        action=item["action"],
        installation_id=item["installation_id"],
        repository_id=item["repository_id"],
    )
