"""GitHub's GraphQL API: a strict subset of the public schema, answered by graphql-core."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, jsonify
from flask.typing import ResponseReturnValue

from ..errors import Refusal
from ..request_log import GraphQLExchange
from ..rest.common import body, caller, world
from . import execute

ENDPOINTS = ("/graphql",)


def register(app: Flask) -> None:
    """Serve `POST /graphql`."""

    def graphql() -> ResponseReturnValue:
        if caller().kind in ("anonymous", "app"):
            raise Refusal("UNAUTHENTICATED", "This endpoint requires you to be authenticated.")
        fields = body()
        document = fields.get("query")
        variables = fields.get("variables") or {}
        if not isinstance(document, str) or not isinstance(variables, dict):
            raise Refusal("BAD_REQUEST", "A query attribute must be specified and must be a string.")
        name = fields.get("operationName")
        result = execute.run(world(), caller(), document, variables, name)
        g.operation, g.mutations = result.operation, result.mutations
        _observe(document, variables, name, result.response)
        return jsonify(result.response)

    for endpoint in ENDPOINTS:
        app.add_url_rule(endpoint, "graphql", graphql, methods=["POST"], provide_automatic_options=False)


def _observe(document: str, variables: dict[str, Any], name: str | None, response: dict[str, Any]) -> None:
    for observer in world().observers.graphql:
        observer(GraphQLExchange(document, variables, name, response))


__all__ = ["register"]
