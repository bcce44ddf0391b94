"""OpenAPI 3.0 schemas as JSON Schema validators.

GitHub publishes OpenAPI 3.0.3, whose schemas differ from JSON Schema in one way that matters here:
`nullable: true`. It is translated to a `null` alternative. A nullable `enum` also gains null: GitHub leaves
it out of the list, and answers null all the same (a check run's `conclusion`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jsonschema_rs

PREFIX = "#/components/schemas/"
# Keys that hold a schema, a list of schemas, or named schemas.
_ONE = ("items", "not", "additionalProperties")
_MANY = ("allOf", "anyOf", "oneOf")
_NAMED = ("properties",)
_LONGEST_MESSAGE = 300


class Schemas:
    """Translates schemas of one OpenAPI document, each component once, and only when a validator needs it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Takes the parsed OpenAPI document."""
        self._components: Mapping[str, Any] = document["components"]["schemas"]
        self._translated: dict[str, dict[str, Any]] = {}

    def component(self, name: str) -> dict[str, Any]:
        """The translated component schema `name`."""
        if name not in self._translated:
            self._translated[name] = translate(self._components[name])
        return self._translated[name]

    def validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft7Validator:
        """A validator of an OpenAPI schema: formats (date-time, uri …) are checked too."""
        root = translate(schema)
        reached = reachable(root, PREFIX, self.component)
        return jsonschema_rs.Draft7Validator(
            {"allOf": [root], "components": {"schemas": reached}}, validate_formats=True
        )

    def undeclared(self, schema: Mapping[str, Any], value: object, at: str = "") -> Iterator[str]:
        """Paths of those members of `value` that no alternative of the schema declares.

        GitHub ignores what it does not know, so a misspelt optional key of a request would never be noticed.
        """
        if isinstance(value, list):
            for item_schema in self._facets(schema, "items"):
                for index, item in enumerate(value):
                    yield from self.undeclared(item_schema, item, f"{at}/{index}")
                return
        if not isinstance(value, dict):
            return
        declared: dict[str, Any] = {}
        for properties in self._facets(schema, "properties"):
            declared = {**properties, **declared}
        if not declared or any(
            extra is not False for extra in self._facets(schema, "additionalProperties", top=True)
        ):
            return
        for name, item in value.items():
            if name in declared:
                yield from self.undeclared(declared[name], item, f"{at}/{name}")
            else:
                yield f"{at}/{name}"

    def _facets(self, schema: Mapping[str, Any], key: str, *, top: bool = False) -> Iterator[Any]:
        """What the schema, and unless `top` each of its alternatives, says under `key`."""
        if "$ref" in schema:
            schema = self._components[schema["$ref"].removeprefix(PREFIX)]
        if key in schema:
            yield schema[key]
        if not top:
            for combination in _MANY:
                for part in schema.get(combination, ()):
                    yield from self._facets(part, key)


def translate(schema: Mapping[str, Any]) -> dict[str, Any]:
    """An OpenAPI 3.0 schema as JSON Schema; references stay as they are."""
    result = {key: value for key, value in schema.items() if key not in ("nullable", "example", "description")}
    for key in _ONE:
        if isinstance(result.get(key), dict):
            result[key] = translate(result[key])
    for key in _MANY:
        if key in result:
            result[key] = [translate(part) for part in result[key]]
    for key in _NAMED:
        if key in result:
            result[key] = {name: translate(part) for name, part in result[key].items()}
    return _with_null(result) if schema.get("nullable") else result


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that also accepts null; a plain one keeps its shape, so that errors name the member."""
    if isinstance(schema.get("type"), str) and not any(key in schema for key in _MANY):
        enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
        return {**schema, "type": [schema["type"], "null"], **enum}
    return {"anyOf": [{"type": "null"}, schema]}


def reachable(root: object, prefix: str, lookup: Callable[[str], Any]) -> dict[str, Any]:
    """The named schemas that `root` needs, directly or not: few make a validator far sooner than all."""
    reached: dict[str, Any] = {}
    waiting = [root]
    while waiting:
        for name in _references(waiting.pop(), prefix):
            if name not in reached:
                reached[name] = lookup(name)
                waiting.append(reached[name])
    return reached


def _references(schema: object, prefix: str) -> Iterator[str]:
    """The names of the schemas that a schema points to directly."""
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(prefix)
        for value in schema.values():
            yield from _references(value, prefix)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value, prefix)


def problems(validator: jsonschema_rs.Draft7Validator, value: object, where: str) -> list[str]:
    """What is wrong with a value, one line each, led by `where` and the path inside the value."""
    if validator.is_valid(value):
        return []
    return [
        f"{where}{_pointer(error.instance_path)}: {error.message[:_LONGEST_MESSAGE]}"
        for error in validator.iter_errors(value)
    ]


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{step}" for step in path)
