"""`POST /webhooks/github`: verify, store, queue, and only then say so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg
import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from bot.foundation import Foundation
from bot.github_api.signatures import is_signed
from bot.intake import Accepted, Delivery, accept, keep_failed
from bot.metrics import DELIVERIES, event_label
from bot.store.database import DatabaseUnreachableError, is_refusal_of_values
from bot.store.deliveries import Outcome

MAXIMUM_BYTES = 25 * 1024 * 1024
"""GitHub does not deliver more than 25 MB (GitHub, "Webhook events and payloads": payload cap)."""
LONGEST_EVENT = 100
_log = structlog.stdlib.get_logger(__name__)


class _RefusedRequest(Exception):  # noqa: N818 (it is an answer, not an error of ours)
    """A request that is no delivery of ours; its status and the reason are the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def blueprint(services: Foundation) -> Blueprint:
    """The route, working with `services`."""
    routes = Blueprint("webhooks", __name__)
    secret = services.settings.webhook_secret.get_secret_value().encode()

    @routes.post("/webhooks/github")
    def receive() -> tuple[Response, int]:
        try:
            delivery = _read_delivery(secret)
        except _RefusedRequest as refused:
            DELIVERIES.labels("unknown", f"refused_{refused.status}").inc()
            _log.warning("delivery refused", status=refused.status, reason=str(refused))
            return _answer("refused", str(refused)), refused.status
        with structlog.contextvars.bound_contextvars(delivery=str(delivery.guid), event_name=delivery.event):
            return _take(services, delivery)

    return routes


def _take(services: Foundation, delivery: Delivery) -> tuple[Response, int]:
    """Store and queue: 202 when there is work, 200 when there is none, 503 when it could not be stored."""
    try:
        accepted = accept(services, delivery)
        status = 202 if accepted.outcome is Outcome.QUEUED else 200
    except psycopg.Error as error:
        if not is_refusal_of_values(error):
            raise DatabaseUnreachableError(type(error).__name__) from error
        # Kept as it came, and told to GitHub as failed, so that the same GUID can be delivered again.
        reason = f"the database refused a value ({type(error).__name__})"
        _log.exception("delivery failed")
        keep_failed(services, delivery, reason)
        accepted, status = Accepted(Outcome.FAILED, reason), 500
    DELIVERIES.labels(event_label(delivery.event), accepted.outcome.value).inc()
    _log.info("delivery", outcome=accepted.outcome.value, reason=accepted.reason, jobs=accepted.jobs)
    return _answer(accepted.outcome.value, accepted.reason), status


def _answer(outcome: str, reason: str) -> Response:
    return jsonify(outcome=outcome, reason=reason)


def _read_delivery(secret: bytes) -> Delivery:
    """The request as a delivery. Nothing of the body is believed, or parsed, before its signature is right."""
    if request.mimetype != "application/json":
        raise _RefusedRequest(415, "the content type must be application/json")
    event = request.headers.get("X-GitHub-Event", "")
    if not event or len(event) > LONGEST_EVENT:
        raise _RefusedRequest(400, "the header X-GitHub-Event is missing or too long")
    guid = _guid(request.headers.get("X-GitHub-Delivery", ""))
    # A body without a length (chunked) is cut at the limit instead of refused: one byte more tells.
    request.max_content_length = MAXIMUM_BYTES + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        body = None
    if body is None or len(body) > MAXIMUM_BYTES:
        raise _RefusedRequest(413, "more than 25 MB")
    signature = request.headers.get("X-Hub-Signature-256", "")
    if not signature or not is_signed(secret, body, signature):
        raise _RefusedRequest(401, "the signature is missing or wrong")
    return Delivery(guid, event, _payload(body), body)


def _guid(text: str) -> UUID:
    try:
        guid = UUID(text)
    except ValueError:
        raise _RefusedRequest(400, "the header X-GitHub-Delivery is missing or no GUID") from None
    if str(guid) != text.lower():  # UUID() also takes braces and URNs
        raise _RefusedRequest(400, "the header X-GitHub-Delivery is no GUID")
    return guid


def _payload(body: bytes) -> Mapping[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, a number of 5,000 digits; nested too deep
        raise _RefusedRequest(400, "the body is not JSON") from None
    if not isinstance(payload, dict):
        raise _RefusedRequest(400, "the body is not a JSON object")
    return payload
