"""Is a GraphQL answer one that GitHub's schema allows for the document that asked?

The types come from the published schema, not from the server's own: a field that is never null there is
never null, an enum has no other value, a connection's page is not longer than was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    is_abstract_type,
    parse,
    type_from_ast,
)
from graphql.execution.values import get_argument_values, get_directive_values, get_variable_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective

from tests.contract.graphql import find_operation, fragments_of


def check_response(
    schema: GraphQLSchema,
    text: str,
    response: Mapping[str, Any],
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
) -> list[str]:
    """Every way in which an answer does not fit the valid document that asked; empty when it fits."""
    document = parse(text, no_location=True)
    operation = find_operation(document, operation_name)
    if operation is None:
        return [f"no single operation {operation_name or ''}".rstrip()]
    found = list(_envelope_problems(response))
    if not isinstance(response.get("data"), dict):
        return found
    coerced = get_variable_values(schema, operation.variable_definitions or (), dict(variables or {}))
    if isinstance(coerced, list):
        return found + [f"data in the answer to bad variables: {error.message}" for error in coerced]
    root = schema.get_root_type(operation.operation)
    reader = _Reader(schema, fragments_of(document), coerced)
    return found + list(reader.object_problems(root, (operation.selection_set,), response["data"], "data"))


def _envelope_problems(response: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with `data` and `errors` themselves."""
    yield from (f"unexpected member {name}" for name in response if name not in ("data", "errors", "extensions"))
    errors = response.get("errors")
    if errors is None:
        if response.get("data") is None:
            yield "neither data nor errors"
        return
    if not isinstance(errors, list) or not errors:
        yield "errors is not a list with at least one error"
        return
    for index, error in enumerate(errors):
        if not isinstance(error, dict) or not isinstance(error.get("message"), str):
            yield f"errors/{index}: no message"
        elif "path" in error and _value_at(response.get("data"), error["path"]) is not None:
            yield f"errors/{index}: there is a value at {error['path']}, which failed"


def _value_at(data: Any, path: list[str | int]) -> Any:
    """What the data holds where an error says that a field failed: null, unless something is wrong."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


@dataclass(frozen=True)
class _Reader:
    """Walks an answer beside the selections that asked for it."""

    schema: GraphQLSchema
    fragments: Mapping[str, Any]
    variables: Any

    def object_problems(
        self, kind: Any, selections: tuple[SelectionSetNode, ...], value: Any, where: str
    ) -> Iterator[str]:
        """Problems of one object; of an abstract type the alternative that fits best counts."""
        if not isinstance(value, dict):
            yield f"{where}: {_short(value)} instead of an object"
            return
        candidates = self._candidates(kind, value)
        if not candidates:
            yield f"{where}: {_short(value['__typename'])} is no {kind}"
            return
        outcomes: list[tuple[int, list[str]]] = []
        judged: set[tuple[tuple[str, int], ...]] = set()
        for candidate in candidates:
            fields = self._fields(candidate, selections)
            # Hundreds of types (those of Node) may ask for the same few fields: judge each shape once.
            shape = tuple((key, id(nodes[0])) for key, nodes in fields.items())
            if shape in judged:
                continue
            judged.add(shape)
            found = list(self._fields_problems(candidate, fields, value, where))
            if not found:
                return
            outcomes.append((-len(fields.keys() & value.keys()), found))
        yield from min(outcomes, key=lambda outcome: (outcome[0], len(outcome[1])))[1]

    def _candidates(self, kind: Any, value: dict[str, Any]) -> tuple[GraphQLObjectType, ...]:
        """The concrete types an object may have; the one it names itself where it does."""
        if not is_abstract_type(kind):
            return (kind,)
        possible = tuple(self.schema.get_possible_types(kind))
        if "__typename" in value:
            return tuple(candidate for candidate in possible if candidate.name == value["__typename"])
        return possible

    def _fields_problems(
        self,
        kind: GraphQLObjectType,
        fields: Mapping[str, list[FieldNode]],
        value: dict[str, Any],
        where: str,
    ) -> Iterator[str]:
        yield from (f"{where}.{key}: was not asked for" for key in value if key not in fields)
        for key, nodes in fields.items():
            if key not in value:
                yield f"{where}.{key}: is missing"
            elif nodes[0].name.value == "__typename":
                if value[key] != kind.name:
                    yield f"{where}.{key}: {_short(value[key])} instead of {kind.name}"
            else:
                definition = kind.fields[nodes[0].name.value]
                inner = tuple(node.selection_set for node in nodes if node.selection_set)
                yield from self._value_problems(definition.type, inner, value[key], f"{where}.{key}")
                yield from self._page_problems(definition, nodes[0], value[key], f"{where}.{key}")

    def _page_problems(self, definition: GraphQLField, node: FieldNode, value: Any, where: str) -> Iterator[str]:
        """A page that is longer than it was asked to be."""
        if not {"first", "last"} <= set(definition.args) or not isinstance(value, dict):
            return
        arguments = get_argument_values(definition, node, self.variables)
        bound = arguments.get("first") or arguments.get("last")
        for key in ("nodes", "edges"):
            items = value.get(key)
            if bound is not None and isinstance(items, list) and len(items) > bound:
                yield f"{where}.{key}: {len(items)} items on a page of {bound}"

    def _value_problems(
        self, kind: GraphQLOutputType, selections: tuple[SelectionSetNode, ...], value: Any, where: str
    ) -> Iterator[str]:
        if isinstance(kind, GraphQLNonNull):
            if value is None:
                yield f"{where}: null, but the type is {kind}"
                return
            kind = kind.of_type
        if value is None:
            return
        if isinstance(kind, GraphQLList):
            if not isinstance(value, list):
                yield f"{where}: {_short(value)} instead of a list"
                return
            for index, item in enumerate(value):
                yield from self._value_problems(kind.of_type, selections, item, f"{where}.{index}")
        elif isinstance(kind, GraphQLEnumType):
            if value not in kind.values:
                yield f"{where}: {_short(value)} is no {kind.name}"
        elif isinstance(kind, GraphQLScalarType):
            if not _SCALARS.get(kind.name, _is_text)(value):
                yield f"{where}: {_short(value)} is no {kind.name}"
        else:
            yield from self.object_problems(kind, selections, value, where)

    def _fields(
        self, kind: GraphQLObjectType, selections: tuple[SelectionSetNode, ...]
    ) -> dict[str, list[FieldNode]]:
        """The answer's keys for an object of one concrete type, each with the fields that ask for it."""
        fields: dict[str, list[FieldNode]] = {}
        waiting: list[Any] = [node for selection_set in selections for node in selection_set.selections]
        while waiting:
            node = waiting.pop(0)
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                fields.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
                continue
            fragment = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            if self._applies(fragment, kind):
                waiting[:0] = fragment.selection_set.selections
        return fields

    def _included(self, node: Any) -> bool:
        """What @skip and @include say about a selection."""
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _applies(self, fragment: InlineFragmentNode | Any, kind: GraphQLObjectType) -> bool:
        """Whether a fragment speaks of a type."""
        if fragment.type_condition is None:
            return True
        condition: Any = type_from_ast(self.schema, fragment.type_condition)
        return condition is kind or (is_abstract_type(condition) and self.schema.is_sub_type(condition, kind))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_moment(value: Any) -> bool:
    """ISO 8601 in UTC, to the second or finer: what DateTime is documented to be."""
    if not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value)):
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:  # a 13th month
        return False


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and bool(urlsplit(value).scheme or value.startswith("/"))


_SCALARS = {
    "Boolean": lambda value: isinstance(value, bool),
    "Int": lambda value: _is_whole(value) and -(2**31) <= value < 2**31,
    "Float": lambda value: _is_whole(value) or isinstance(value, float),
    "BigInt": lambda value: isinstance(value, str) and bool(re.fullmatch(r"-?\d+", value)),
    "DateTime": _is_moment,
    "PreciseDateTime": _is_moment,
    "GitObjectID": lambda value: isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", value)),
    "URI": _is_address,
}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
