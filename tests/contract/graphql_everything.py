"""Documents that ask for every field of a schema, and what came back for each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)

PAGE = 5


@dataclass(frozen=True)
class Asker:
    """Writes selections of everything there is.

    `arguments` gives the text of what a field (type, name) needs besides a page size. Types of `by_id` are
    asked for by their node IDs; where they are met inside others their ID is enough.
    """

    schema: GraphQLSchema
    arguments: Mapping[tuple[str, str], str]
    by_id: frozenset[str] = frozenset()

    def document_by_id(self, name: str) -> str:
        """A query for all of the objects `$ids`, which are of the type `name`."""
        inner = self.selection(self.schema.type_map[name], (name,))
        return f"query Everything($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename ... on {name} {inner} }} }}"

    def selection(self, kind: GraphQLNamedType, path: tuple[str, ...]) -> str:
        """`{ … }` with all fields of a type, down to where a type repeats or is asked for by ID."""
        if is_abstract_type(kind):
            known = kind.fields.items() if isinstance(kind, GraphQLInterfaceType) else ()
            leaves = [name for name, field in known if is_leaf_type(get_named_type(field.type)) and not field.args]
            return "{ " + " ".join(["__typename", *leaves, "... on Node { id }"]) + " }"
        assert isinstance(kind, GraphQLObjectType)
        parts = [self._field(kind, name, field, path) for name, field in kind.fields.items()]
        return "{ __typename " + " ".join(part for part in parts if part) + " }"

    def _field(self, owner: GraphQLObjectType, name: str, field: GraphQLField, path: tuple[str, ...]) -> str:
        given = [self.arguments[owner.name, name]] if (owner.name, name) in self.arguments else []
        if "first" in field.args:
            given.append(f"first: {PAGE}")
        text = f"{name}({', '.join(given)})" if given else name
        kind = get_named_type(field.type)
        if is_leaf_type(kind):
            return text
        if kind.name in self.by_id:
            return f"{text} {{ __typename id }}"
        if kind.name in path:
            return ""
        return f"{text} {self.selection(kind, (*path, kind.name))}"


def all_fields(schema: GraphQLSchema) -> set[str]:
    """Every `Type.field` of the schema's object types."""
    kinds = [kind for name, kind in schema.type_map.items() if is_object_type(kind) and not name.startswith("__")]
    return {f"{kind.name}.{name}" for kind in kinds for name in kind.fields}


def fields_with_values(value: Any, kind: str | None = None) -> Iterator[str]:
    """Every `Type.field` that an answer has a value for. Objects name their type by `__typename`."""
    if isinstance(value, list):
        for item in value:
            yield from fields_with_values(item, kind)
    elif isinstance(value, dict):
        kind = value.get("__typename", kind)
        for name, item in value.items():
            if item is not None and kind is not None:
                yield f"{kind}.{name}"
            yield from fields_with_values(item)


def ids_in(value: Any, names: frozenset[str] = frozenset({"id", "node_id"})) -> Iterator[str]:
    """Every node ID in an answer of REST or GraphQL."""
    if isinstance(value, list):
        for item in value:
            yield from ids_in(item, names)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in names and isinstance(item, str):
                yield item
            else:
                yield from ids_in(item, names)
