"""`POST /webhooks/github`: verify, store, queue, and only then say so.

Answered before Flask: its request, routing and response would cost more than all that is done here, and nothing of
them is needed (docs/decisions/0014-shared-commits.md has the figures). Other methods at this address are Flask's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from pydantic_core import from_json
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from bot.foundation import Foundation
from bot.github_api.signatures import is_signed
from bot.intake import Accepted, Delivery, Intake
from bot.metrics import DELIVERIES, ERRORS, event_label
from bot.store.database import DatabaseUnreachableError
from bot.store.deliveries import Outcome

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/webhooks/github"
MAXIMUM_BYTES = 25 * 1024 * 1024
"""GitHub does not deliver more than 25 MB (GitHub, "Webhook events and payloads": payload cap)."""
LONGEST_EVENT = 100
STATUS = {Outcome.QUEUED: 202, Outcome.NOTHING: 200, Outcome.FAILED: 500}
"""What GitHub hears. One that failed is told as failed, so that it can be delivered again."""
_OUTAGE = "The database does not answer, or takes nothing now. Nothing was lost; please try again."
_log = structlog.stdlib.get_logger(__name__)


class _RefusedRequest(Exception):  # noqa: N818 (it is an answer, not an error of ours)
    """A request that is no delivery of ours; its status and the reason are the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Received:
    """A request with the headers of a delivery, read in full; whose it is, is not known yet."""

    guid: UUID
    event: str
    signature: str
    body: bytes


class Webhooks:
    """A WSGI application that answers deliveries, and leaves everything else to `others`.

    `headers` go with each answer.
    """

    def __init__(self, services: Foundation, others: WSGIApplication, headers: Sequence[tuple[str, str]]) -> None:
        self._others = others
        self._headers = [*headers, ("Content-Type", "application/json")]
        self._secret = services.settings.webhook_secret.get_secret_value().encode()
        self._intake = Intake(services)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] != "POST":
            return self._others(environ, start_response)
        status, outcome, reason = self._answer(environ)
        content = json.dumps({"outcome": outcome, "reason": reason}).encode()
        line = f"{status} {HTTPStatus(status).phrase}"
        start_response(line, [*self._headers, ("Content-Length", str(len(content)))])
        return [content]

    def _answer(self, environ: WSGIEnvironment) -> tuple[int, str, str]:
        """Status, outcome and reason. Whatever it is, its line in the log has the GUID."""
        with structlog.contextvars.bound_contextvars(**_named(environ)):
            try:
                accepted = self._accept(_receive(environ))
            except _RefusedRequest as refused:
                DELIVERIES.labels("unknown", f"refused_{refused.status}").inc()
                _log.warning("delivery refused", status=refused.status, reason=str(refused))
                return refused.status, "refused", str(refused)
            except DatabaseUnreachableError as error:
                DELIVERIES.labels("unknown", "refused_503").inc()
                _log.warning("delivery refused", status=503, reason=str(error))
                return 503, "unavailable", _OUTAGE
            except Exception as error:  # noqa: BLE001 - GitHub has to hear of it, whatever it is
                DELIVERIES.labels("unknown", "refused_500").inc()
                ERRORS.labels("delivery", type(error).__name__).inc()
                _log.exception("a delivery could not be answered")
                return 500, "failed", "an error of ours; please deliver again"
            return STATUS[accepted.outcome], accepted.outcome.value, accepted.reason

    def _accept(self, received: _Received) -> Accepted:
        if not received.signature or not is_signed(self._secret, received.body, received.signature):
            raise _RefusedRequest(401, "the signature is missing or wrong")
        delivery = Delivery(received.guid, received.event, _payload(received.body), received.body)
        accepted = self._intake.accept(delivery)
        DELIVERIES.labels(event_label(received.event), accepted.outcome.value).inc()
        _log.info("delivery", outcome=accepted.outcome.value, reason=accepted.reason, jobs=accepted.jobs)
        return accepted


def _receive(environ: WSGIEnvironment) -> _Received:
    """The request in full. Nothing of the body is believed, or parsed, before its signature was found right."""
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "application/json":
        raise _RefusedRequest(415, "the content type must be application/json")
    event = environ.get("HTTP_X_GITHUB_EVENT", "")
    if not event or len(event) > LONGEST_EVENT:
        raise _RefusedRequest(400, "the header X-GitHub-Event is missing or too long")
    guid = _guid(environ.get("HTTP_X_GITHUB_DELIVERY", ""))
    try:
        # A body without a length (chunked) is cut at the limit instead of refused: one byte more tells.
        body = get_input_stream(environ, max_content_length=MAXIMUM_BYTES + 1).read()
    except RequestEntityTooLarge:
        body = None
    if body is None or len(body) > MAXIMUM_BYTES:
        raise _RefusedRequest(413, "more than 25 MB")
    return _Received(guid, event, environ.get("HTTP_X_HUB_SIGNATURE_256", ""), body)


def _named(environ: WSGIEnvironment) -> dict[str, str]:
    """What a request calls itself, as far as that is what GitHub's would: for the log."""
    event = environ.get("HTTP_X_GITHUB_EVENT", "")
    names = {"event_name": event} if 0 < len(event) <= LONGEST_EVENT else {}
    try:
        return {**names, "delivery": str(_guid(environ.get("HTTP_X_GITHUB_DELIVERY", "")))}
    except _RefusedRequest:
        return names


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
        payload = _parsed(body)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, a number of 5,000 digits; nested too deep
        raise _RefusedRequest(400, "the body is not JSON") from None
    if not isinstance(payload, dict):
        raise _RefusedRequest(400, "the body is not a JSON object")
    return payload


def _parsed(body: bytes) -> Any:
    """The JSON of `body`, as `json.loads` understands it. Raises ValueError, RecursionError."""
    try:
        return from_json(body)  # in half the time; it refuses lone surrogates, UTF-16 and deep nesting
    except ValueError:
        return json.loads(body)
