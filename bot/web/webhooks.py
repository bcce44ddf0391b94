"""`POST /webhooks/github`: verify, store, queue, and only then say so.

Answered before Flask: its request, routing and response would cost more than all that is done here, and nothing of
them is needed (docs/decisions/0014-shared-commits.md has the figures). Other methods at this address are Flask's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from bot.delivery import Received, UnreadableError
from bot.foundation import Foundation
from bot.github_api.signatures import is_signed, may_be_signature
from bot.intake_together import Intake
from bot.logs import log_context
from bot.metrics import DELIVERIES, ERRORS
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
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_NOT_SIGNED = "the signature is missing or wrong"
_TOO_LARGE = "more than 25 MB"
_OUTAGE = "The database does not answer, or takes nothing now. Nothing was lost; please try again."
_log = structlog.stdlib.get_logger(__name__)


class _RefusedRequest(Exception):  # noqa: N818 (it is an answer, not an error of ours)
    """A request that is no delivery of ours; its status and the reason are the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


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
        start_response(_STATUS_LINES[status], [*self._headers, ("Content-Length", str(len(content)))])
        return [content]

    def _answer(self, environ: WSGIEnvironment) -> tuple[int, str, str]:
        """Status, outcome and reason. Whatever it is, its line in the log has the GUID."""
        event, guid = _event(environ), _guid(environ)
        with log_context(**_named(event, guid)):
            try:
                accepted = self._intake.accept(self._receive(environ, event, guid))
            except (_RefusedRequest, UnreadableError) as refused:
                status = refused.status if isinstance(refused, _RefusedRequest) else 400
                DELIVERIES.labels("unknown", f"refused_{status}").inc()
                _log.warning("delivery refused", status=status, reason=str(refused))
                return status, "refused", str(refused)
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

    def _receive(self, environ: WSGIEnvironment, event: str | None, guid: UUID | None) -> Received:
        """The request in full. Nothing of the body is read before its signature was found right."""
        if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "application/json":
            raise _RefusedRequest(415, "the content type must be application/json")
        if event is None:
            raise _RefusedRequest(400, "the header X-GitHub-Event is missing or too long")
        if guid is None:
            raise _RefusedRequest(400, "the header X-GitHub-Delivery is missing or no GUID")
        signature = environ.get("HTTP_X_HUB_SIGNATURE_256", "")
        if not may_be_signature(signature):  # before anything of a large or slow body is waited for
            raise _RefusedRequest(401, _NOT_SIGNED)
        body = _body(environ)
        if not is_signed(self._secret, body, signature):
            raise _RefusedRequest(401, _NOT_SIGNED)
        return Received(guid, event, body)


def _body(environ: WSGIEnvironment) -> bytes:
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and len(length) < 10 and int(length) <= MAXIMUM_BYTES:
        # At once. Should the connection end before that, the signature is not that of what came.
        content: bytes = environ["wsgi.input"].read(int(length))
        return content
    try:
        # A body without a length (chunked) is cut at the limit instead of refused: one byte more tells.
        content = get_input_stream(environ, max_content_length=MAXIMUM_BYTES + 1).read()
    except RequestEntityTooLarge:
        raise _RefusedRequest(413, _TOO_LARGE) from None
    if len(content) > MAXIMUM_BYTES:
        raise _RefusedRequest(413, _TOO_LARGE)
    return content


def _named(event: str | None, guid: UUID | None) -> dict[str, str]:
    """What a request calls itself, as far as that is what GitHub's would: for the log."""
    names = {"event_name": event, "delivery": None if guid is None else str(guid)}
    return {name: value for name, value in names.items() if value is not None}


def _event(environ: WSGIEnvironment) -> str | None:
    event: str = environ.get("HTTP_X_GITHUB_EVENT", "")
    return event if 0 < len(event) <= LONGEST_EVENT else None


def _guid(environ: WSGIEnvironment) -> UUID | None:
    text: str = environ.get("HTTP_X_GITHUB_DELIVERY", "")
    try:
        guid = UUID(text)
    except ValueError:
        return None
    return guid if str(guid) == text.lower() else None  # UUID() also takes braces and URNs
