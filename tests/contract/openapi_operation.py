"""One operation of the OpenAPI document: validators of its parameters, request body and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from tests.contract.openapi_router import resolve
from tests.contract.openapi_schema import Schemas, problems

_JSON = "application/json"


class Operation:
    """The validators of one operation, made when they are first needed."""

    def __init__(self, document: Mapping[str, Any], schemas: Schemas, description: Mapping[str, Any]) -> None:
        """`description` is the operation's object in the document."""
        self._document = document
        self._schemas = schemas
        listed = [resolve(document, item) for item in description.get("parameters", ())]
        self._parameters = {(item["in"], item["name"]): item for item in listed}
        self._required_query = [item["name"] for item in listed if item["in"] == "query" and item.get("required")]
        self._request = resolve(document, description["requestBody"]) if "requestBody" in description else None
        self._responses: Mapping[str, Any] = description["responses"]
        self._validators: dict[object, jsonschema_rs.Draft7Validator] = {}

    def documents(self, status: int) -> bool:
        """Whether the document lists this status for the operation."""
        return str(status) in self._responses

    def describes_body(self, status: int) -> bool:
        """Whether the document says what the answer of a listed status contains."""
        return bool(self._content(status))

    def response_problems(self, status: int, media_type: str, body: object) -> Iterator[str]:
        """What is wrong with the body of an answer whose status the document describes."""
        content = self._content(status)
        if media_type not in content:
            yield f"media type {media_type or 'none'} instead of {', '.join(content)}"
            return
        schema = content[media_type].get("schema", {})
        if status >= 400 and "oneOf" in schema:
            # None of the error schemas requires anything, so "one of" two of them can never be just one.
            schema = {"anyOf": schema["oneOf"]}
        yield from problems(self._validator((status, media_type), schema), body, "answer ")

    def request_problems(
        self, arguments: Mapping[str, str], query: Mapping[str, str | list[str]], body: object
    ) -> list[str]:
        """What is wrong with a request's path arguments, query and body."""
        complaints = [
            complaint
            for name, value in arguments.items()
            for complaint in self._parameter_problems("path", name, value)
        ]
        for name, value in query.items():
            if ("query", name) not in self._parameters:
                complaints.append(f"undeclared query parameter {name}")
            else:
                complaints += self._parameter_problems("query", name, value)
        complaints += [f"missing query parameter {name}" for name in self._required_query if name not in query]
        complaints += self._body_problems(body)
        return complaints

    def _parameter_problems(self, place: str, name: str, value: str | list[str]) -> list[str]:
        parameter = self._parameters.get((place, name))
        if parameter is None:
            return [f"the document does not declare {place} parameter {name}"]
        validator = self._validator((place, name), parameter["schema"])
        if any(validator.is_valid(reading) for reading in _readings(value)):
            return []
        return [f"{place} parameter {name}: {value!r} does not fit {parameter['schema']}"]

    def _body_problems(self, body: object) -> Iterator[str]:
        request = self._request
        if request is None:
            if body not in (None, b"", "", {}):
                yield "a body where the document describes none"
        elif body in (None, b"", ""):
            if request.get("required"):
                yield "the request's body is missing"
        elif _JSON in request["content"]:
            schema = request["content"][_JSON].get("schema", {})
            yield from problems(self._validator("request", schema), body, "request ")
            for path in self._schemas.undeclared(schema, body):
                yield f"request{path}: undeclared member"

    def _content(self, status: int) -> Mapping[str, Any]:
        content: Mapping[str, Any] = resolve(self._document, self._responses[str(status)]).get("content", {})
        return content

    def _validator(self, key: object, schema: Mapping[str, Any]) -> jsonschema_rs.Draft7Validator:
        if key not in self._validators:
            self._validators[key] = self._schemas.validator(schema)
        return self._validators[key]


def _readings(value: str | list[str]) -> Iterator[object]:
    """What a parameter's text may mean: itself, a number, a truth value, or a list."""
    if isinstance(value, list):
        yield value
        return
    yield value
    if value.isascii() and value.removeprefix("-").isdigit():
        yield int(value)
    if value in ("true", "false"):
        yield value == "true"
    yield value.split(",")
