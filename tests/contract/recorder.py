"""What went over the wire between a sandbox and its callers, and how it departs from GitHub's descriptions."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from graphql import GraphQLSchema

import sandbox
from sandbox import Exchange, GraphQLExchange, Sandbox, WebhookSent
from tests.contract.graphql import check_document
from tests.contract.graphql_response import check_response
from tests.contract.openapi import OpenApi

SANDBOX_DIRECTORY = str(Path(sandbox.__file__).parent)
# The pinned document says of each item of this list that its account is a user *and* an enterprise (`allOf`),
# which no account can be; where one installation is read it says `anyOf`. The list is judged item by item as
# GET /app/installations/{installation_id} describes one. A test shows that this is still needed.
LIST_OF_INSTALLATIONS = "GET /app/installations"
_ONE_INSTALLATION = "/app/installations/1"


@dataclass
class Recorder:
    """Keeps every exchange and webhook of a sandbox from its making until `stop`.

    `callers` holds (file, line) of each frame inside the sandbox that was on its way to a webhook.
    """

    rest: list[Exchange] = field(default_factory=list)
    graphql: list[GraphQLExchange] = field(default_factory=list)
    webhooks: list[WebhookSent] = field(default_factory=list)
    callers: set[tuple[str, int]] = field(default_factory=set)
    _stopped: bool = False

    @classmethod
    def of(cls, github: Sandbox) -> Recorder:
        """A recorder of this sandbox."""
        recorder = cls()
        github.observe(recorder._on_rest)
        github.observe_graphql(recorder._on_graphql)
        github.observe_webhooks(recorder._on_webhook)
        return recorder

    def stop(self) -> None:
        """Keep nothing from now on: a sandbox cannot be told to forget its observers."""
        self._stopped = True

    def _on_rest(self, exchange: Exchange) -> None:
        if not self._stopped:
            self.rest.append(exchange)

    def _on_graphql(self, exchange: GraphQLExchange) -> None:
        if not self._stopped:
            self.graphql.append(exchange)

    def _on_webhook(self, sent: WebhookSent) -> None:
        if self._stopped:
            return
        # The payload as it leaves, not as it is in memory: what is no JSON fails here.
        self.webhooks.append(WebhookSent(sent.event, sent.action, json.loads(json.dumps(sent.payload))))
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename.startswith(SANDBOX_DIRECTORY):
                self.callers.add((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back  # type: ignore[assignment]


def rest_problems(openapi: OpenApi, exchange: Exchange) -> list[str]:
    """How a REST request and its answer depart from the OpenAPI document."""
    given = request_of(exchange)
    headers, answer = exchange.response_headers, _parsed(exchange.response_headers, exchange.response_body)
    if openapi.route(exchange.method, exchange.path) == LIST_OF_INSTALLATIONS and exchange.status == 200:
        items = answer if isinstance(answer, list) else [answer]
        return openapi.check_request(*given) + [
            problem
            for item in items
            for problem in openapi.check_exchange("GET", _ONE_INSTALLATION, {}, None, 200, headers, item)
        ]
    return openapi.check_exchange(*given, exchange.status, headers, answer)


def request_of(exchange: Exchange) -> tuple[str, str, dict[str, str | list[str]], Any]:
    """A request's method, path, query and body, as the validators take them."""
    query: dict[str, str | list[str]] = {
        name: values[0] if len(values) == 1 else values
        for name, values in parse_qs(exchange.query, keep_blank_values=True).items()
    }
    return exchange.method, exchange.path, query, _given(exchange)


def _given(exchange: Exchange) -> Any:
    """The body of a request: parsed, unless it says that it is something else than JSON."""
    if not exchange.body:
        return None
    kind = exchange.headers.get("Content-Type", "application/json")
    upload = exchange.method == "POST" and exchange.path.endswith("/assets")
    return exchange.body if upload or "json" not in kind else json.loads(exchange.body)


def _parsed(headers: Mapping[str, str], body: bytes) -> Any:
    if not body:
        return None
    types = [value for name, value in headers.items() if name.lower() == "content-type"]
    return json.loads(body) if types and "json" in types[0] else body


def graphql_problems(schema: GraphQLSchema, exchange: GraphQLExchange) -> Iterator[str]:
    """How a GraphQL answer departs from the published schema.

    A document that does not fit the schema must be refused as a whole. A page that is too large or has no size
    fails at its field, and the others are answered: GitHub looks at page sizes while it runs a document.
    """
    response = json.loads(json.dumps(exchange.response))
    name, text, variables = exchange.operation_name, exchange.document, exchange.variables
    refusals = check_document(schema, text)
    if refusals:
        if response.get("data") is not None or not response.get("errors"):
            yield f"answered a document that GitHub refuses: {refusals[0]}"
        return
    yield from check_response(schema, text, response, variables, name)
    refusals = check_document(schema, text, variables, name)
    if refusals and not response.get("errors"):
        yield f"answered in full what GitHub does not: {refusals[0]}"
