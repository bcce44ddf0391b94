"""Does an HTTP exchange conform to GitHub's own OpenAPI document?

    contract = OpenApi.load(path_of("openapi")) contract.check_exchange("GET", "/repos/o/r/pulls/1", {},
    None, 200, headers, body)   # → [] or one line per problem

Operations are prepared when they are first met; from then on an exchange costs about 0.1 ms.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.contract.openapi_operation import Operation
from tests.contract.openapi_router import Router
from tests.contract.openapi_schema import Schemas

# What GitHub answers on any route, whatever the document lists for it: a page that moved, something
# unchanged since the ETag that was sent, broken JSON, bad credentials, a missing permission, what the token
# may not see, a body of another media type, values that fail validation, the rate limit, and failures of
# GitHub itself. Source: "Troubleshooting the REST API" of GitHub's docs.
EVERYWHERE = frozenset({301, 304, 307, 400, 401, 403, 404, 415, 422, 429, 500, 502, 503, 504})
_JSON = "application/json"
# Media types one asks for to get something else than the documented JSON (raw file, diff, patch, HTML …).
_CUSTOM = ("application/vnd.github", "application/octet-stream")


class OpenApi:
    """GitHub's OpenAPI document, ready to check exchanges."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Takes the parsed document."""
        if not document["openapi"].startswith("3.0"):
            raise ValueError(f"written for OpenAPI 3.0 (`nullable`), the document is {document['openapi']}")
        self._document = document
        self._schemas = Schemas(document)
        self._router = Router(document)
        self._operations: dict[tuple[str, str], Operation] = {}
        error = {"content": {_JSON: {"schema": {"$ref": "#/components/schemas/basic-error"}}}}
        self._error = self._schemas.validator(error["content"][_JSON]["schema"])

    @classmethod
    def load(cls, path: Path) -> OpenApi:
        """Read the document from disk (about 0.3 s)."""
        return cls(json.loads(path.read_bytes()))

    def route(self, method: str, path: str) -> str | None:
        """`METHOD template` of the operation that answers a request, or None."""
        found = self._router.find(path)
        if found is None or method.lower() not in self._document["paths"][found[0].template]:
            return None
        return f"{method.upper()} {found[0].template}"

    def example(self, name: str) -> Any:
        """A copy of the published example `name` (`components.examples`)."""
        return copy.deepcopy(self._document["components"]["examples"][name]["value"])

    def check_exchange(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | list[str]],
        request_body: object,
        status: int,
        response_headers: Mapping[str, str],
        response_body: object,
    ) -> list[str]:
        """Every way in which a request and its answer depart from the document; empty when they conform.

        `path` is as it was sent, without the API's root; bodies are parsed JSON, None when there was none,
        or `bytes` when the media type is another one. The request is judged only when it was not itself
        refused with a 4xx status: a client is free to send what GitHub then rightly refuses.
        """
        found = self._router.find(path)
        if found is None:
            return [f"unknown path: {path}"]
        route, arguments = found
        operation = self._operation(method.lower(), route.template)
        if operation is None:
            return [f"undocumented method: {method.upper()} {route.template}"]
        complaints = list(self._answer(operation, status, response_headers, response_body))
        if status < 400:
            complaints += operation.request_problems(arguments, query, request_body)
        return [f"{method.upper()} {route.template} → {status}: {complaint}" for complaint in complaints]

    def check_request(
        self, method: str, path: str, query: Mapping[str, str | list[str]], request_body: object
    ) -> list[str]:
        """As `check_exchange`, for a request alone and whatever its answer was."""
        found = self._router.find(path)
        operation = found and self._operation(method.lower(), found[0].template)
        if not found or not operation:
            return [f"unknown path or method: {method.upper()} {path}"]
        complaints = operation.request_problems(found[1], query, request_body)
        return [f"{method.upper()} {found[0].template}: {complaint}" for complaint in complaints]

    def _operation(self, method: str, template: str) -> Operation | None:
        key = (method, template)
        if key not in self._operations:
            description = self._document["paths"][template].get(method)
            if description is None:
                return None
            self._operations[key] = Operation(self._document, self._schemas, description)
        return self._operations[key]

    def _answer(
        self, operation: Operation, status: int, headers: Mapping[str, str], body: object
    ) -> Iterator[str]:
        media_type = _media_type(headers)
        if status in (204, 205, 304):
            if body not in (None, b"", ""):
                yield "an answer of this status has no body"
            return
        if not operation.documents(status):
            if status not in EVERYWHERE:
                yield "undocumented status"
            elif status >= 400:
                yield from self._error_body(media_type, body)
            return
        if media_type.startswith(_CUSTOM) and isinstance(body, bytes | str):
            return
        if operation.describes_body(status):
            yield from operation.response_problems(status, media_type, body)
        elif status >= 400:
            yield from self._error_body(media_type, body)
        elif status < 300 and body not in (None, b"", "", {}):
            yield "the document describes no body for this status"

    def _error_body(self, media_type: str, body: object) -> Iterator[str]:
        """GitHub's errors are objects with at least a message, also where the document does not say so."""
        if media_type != _JSON:
            yield f"an error of media type {media_type or 'none'}"
        elif not isinstance(body, dict) or "message" not in body or not self._error.is_valid(body):
            yield "an error whose body is not GitHub's {message, documentation_url}"


def _media_type(headers: Mapping[str, str]) -> str:
    """The media type of a `Content-Type`, whatever the case of the header's name, without its parameters."""
    for name, value in headers.items():
        if name.lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""
