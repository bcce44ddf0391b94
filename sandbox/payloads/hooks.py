"""An App's webhook and its deliveries as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..clock import iso, iso_or_none
from ..state import App
from .accounts import JSON

if TYPE_CHECKING:
    from ..webhooks.delivery import Delivery
    from ..world import World


def hook_config_json(app: App) -> JSON:
    """The webhook's settings; the secret is never shown."""
    shown = {"content_type": app.content_type, "insecure_ssl": "0", "url": app.webhook_url or ""}
    return {**shown, "secret": "********"} if app.webhook_secret else shown


def hook_json(world: World, app: App) -> JSON:
    """The webhook as the ping event carries it."""
    url = f"{world.url}/app/hook"
    return {
        "type": "App",
        "id": app.hook_id,
        "name": "web",
        "active": True,
        "app_id": app.id,
        "events": list(app.events),
        "config": hook_config_json(app),
        "updated_at": iso(app.created_at),
        "created_at": iso(app.created_at),
        "url": url,
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
    }


def delivery_json(delivery: Delivery) -> JSON:
    """A delivery as the list shows it."""
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": iso(delivery.delivered_at),
        "redelivery": delivery.redelivery,
        "duration": delivery.duration,
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation_id,
        "repository_id": delivery.repository_id,
        "throttled_at": iso_or_none(delivery.throttled_at),
    }
