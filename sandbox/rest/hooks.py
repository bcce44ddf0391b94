"""The App's webhook: its settings and the log of its deliveries."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from ..errors import not_found, unprocessable
from ..payloads.hooks import delivery_json, hook_config_json
from ..webhooks.delivery import Delivery
from .common import answer, body, calling_app, text, world

blueprint = Blueprint("hooks", __name__)


@blueprint.get("/app/hook/config")
def get_config() -> ResponseReturnValue:
    return answer(hook_config_json(calling_app()))


@blueprint.patch("/app/hook/config")
def set_config() -> ResponseReturnValue:
    app, fields = calling_app(), body()
    content_type = text(fields, "content_type")
    if content_type is not None:
        if content_type not in ("json", "form"):
            raise unprocessable("Validation Failed", "content_type must be json or form")
        app.content_type = content_type
    app.webhook_url = text(fields, "url") or app.webhook_url
    app.webhook_secret = text(fields, "secret") or app.webhook_secret
    return answer(hook_config_json(app))


@blueprint.get("/app/hook/deliveries")
def list_deliveries() -> ResponseReturnValue:
    app = calling_app()
    wanted, cursor = request.args.get("status"), request.args.get("cursor", "")
    size = request.args.get("per_page", "30")
    if not size.isdigit() or not 1 <= int(size) <= 100 or (cursor and not cursor.isdigit()):
        raise unprocessable("Invalid request.\n\nInvalid cursor or per_page.")
    found = world().dispatcher.deliverer.log(
        app,
        before=int(cursor) if cursor else None,
        limit=int(size) + 1,
        succeeded=None if wanted is None else wanted == "success",
    )
    shown = found[: int(size)]
    if len(found) > len(shown):
        query = urlencode({**request.args, "per_page": size, "cursor": shown[-1].id})
        g.link = f'<{world().url}/app/hook/deliveries?{query}>; rel="next"'
    return answer([delivery_json(delivery) for delivery in shown])


def _own(identifier: int) -> Delivery:
    found = world().dispatcher.deliverer.find(identifier)
    if found is None or found.app is not calling_app():
        raise not_found()
    return found


@blueprint.get("/app/hook/deliveries/<int:identifier>")
def get_delivery(identifier: int) -> ResponseReturnValue:
    delivery = _own(identifier)
    sent = {"headers": delivery.request_headers, "payload": json.loads(delivery.payload)}
    received = {"headers": delivery.response_headers, "payload": delivery.response_body}
    return answer({**delivery_json(delivery), "url": delivery.url, "request": sent, "response": received})


@blueprint.post("/app/hook/deliveries/<int:identifier>/attempts")
def redeliver(identifier: int) -> ResponseReturnValue:
    original = _own(identifier)
    world().dispatcher.deliverer.queue(
        Delivery(
            id=world().next_id(),
            guid=original.guid,
            app=original.app,
            event=original.event,
            action=original.action,
            payload=original.payload,
            installation_id=original.installation_id,
            repository_id=original.repository_id,
            delivered_at=world().clock.now(),
            redelivery=True,
        )
    )
    return answer({}, 202)
