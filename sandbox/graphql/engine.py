"""Running a valid document over resolvers that answer at once, at a third of what graphql-core's executor costs.

Parsing, validation, types and the coercion of values are graphql-core's. This walk does what its executor does for
such resolvers (GraphQL specification, section 6), and remembers with each document what was found in its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    located_error,
)
from graphql.execution.values import VariableValues, get_argument_values, get_directive_values, get_variable_values

Path = tuple[Any, ...]
"""Where in the answer: the parent's path and a key, or empty."""


class NotForThisWalkError(Exception):
    """The document asks about the schema itself, which graphql-core's own executor answers."""


@dataclass(frozen=True, slots=True)
class Walked:
    """The data of an answer (None when it could not be given at all), and what went wrong."""

    data: dict[str, Any] | None
    errors: list[GraphQLError]


@dataclass(slots=True)
class FieldInfo:
    """What a resolver is told: the part of graphql-core's own that the sandbox's resolvers use."""

    field_name: str
    context: Any


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of an object, under one key of the answer: all of the document's nodes for it."""

    key: str
    nodes: tuple[FieldNode, ...]
    definition: GraphQLField | None
    arguments: dict[str, Any] | None
    """Coerced already where no variable is among them."""
    below: tuple[SelectionSetNode, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A document, and what was found out about its text; kept as long as the document is."""

    document: DocumentNode
    fragments: Mapping[str, FragmentDefinitionNode] = field(default_factory=dict)
    conditional: bool = False
    fields: dict[tuple[Any, ...], list[_Field]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: DocumentNode, text: str) -> Plan:
        """A plan for a document and its text."""
        found = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
        return cls(document, found, "@include" in text or "@skip" in text)


def walk(
    schema: GraphQLSchema,
    plan: Plan,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    context: Any,
    default: Callable[..., Any],
    type_of: Callable[[Any], str],
) -> Walked:
    """Run one operation; mutation fields run one after the other. Raises NotForThisWalkError before any of it."""
    coerced = get_variable_values(schema, operation.variable_definitions or (), variables)
    if isinstance(coerced, list):
        return Walked(None, coerced)
    root = schema.get_root_type(operation.operation)
    if root is None:
        return Walked(None, [GraphQLError("Schema is not configured for this operation.", operation)])
    run = _Walk(schema, plan, coerced, context, default, type_of)
    run.fields_of(root, (operation.selection_set,))
    try:
        return Walked(run.object(root, (operation.selection_set,), None, ()), run.errors)
    except GraphQLError as error:
        return Walked(None, [*run.errors, error])


class _Walk:
    def __init__(
        self,
        schema: GraphQLSchema,
        plan: Plan,
        variables: VariableValues,
        context: Any,
        default: Callable[..., Any],
        type_of: Callable[[Any], str],
    ) -> None:
        self._schema = schema
        self._plan = plan
        self._variables = variables
        self._context = context
        self._default = default
        self._type_of = type_of
        # What a condition leaves out depends on the variables, so it is found out for each run.
        self._fields = {} if plan.conditional else plan.fields
        self.errors: list[GraphQLError] = []

    def object(
        self, kind: GraphQLObjectType, below: tuple[SelectionSetNode, ...], source: Any, path: Path
    ) -> dict[str, Any]:
        """The fields of one object. Raises GraphQLError when one that may not be null has no value."""
        answer: dict[str, Any] = {}
        for one in self.fields_of(kind, below):
            if one.definition is None:
                answer[one.key] = kind.name
            else:
                answer[one.key] = self._field(kind, one, one.definition, source, (path, one.key))
        return answer

    def _field(
        self, kind: GraphQLObjectType, one: _Field, definition: GraphQLField, source: Any, path: Path
    ) -> Any:
        try:
            arguments = one.arguments
            if arguments is None:
                arguments = get_argument_values(definition, one.nodes[0], self._variables)
            info = FieldInfo(one.nodes[0].name.value, self._context)
            value = (definition.resolve or self._default)(source, info, **arguments)
            return self._complete(definition.type, kind, one, value, path)
        except Exception as error:  # noqa: BLE001 - whatever a resolver raises becomes the field's error
            self._fail(error, definition.type, one, path)
            return None

    def _fail(self, error: Exception, kind: Any, one: _Field, path: Path) -> None:
        """Note an error; raise it where null is no answer, so that the object above becomes null instead."""
        located = located_error(error, list(one.nodes), _keys(path))
        if isinstance(kind, GraphQLNonNull):
            raise located
        self.errors.append(located)

    def _complete(self, kind: Any, parent: GraphQLObjectType, one: _Field, value: Any, path: Path) -> Any:
        if isinstance(kind, GraphQLNonNull):
            completed = self._complete(kind.of_type, parent, one, value, path)
            if completed is None:
                name = f"{parent.name}.{one.nodes[0].name.value}"
                raise TypeError(f"Cannot return null for non-nullable field {name}.")
            return completed
        if isinstance(value, Exception):
            raise value
        if value is None:
            return None
        if isinstance(kind, GraphQLObjectType):
            return self.object(kind, one.below, value, path)
        if isinstance(kind, GraphQLList):
            return self._list(kind.of_type, parent, one, value, path)
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            actual = self._schema.type_map[self._type_of(value)]
            return self.object(cast(GraphQLObjectType, actual), one.below, value, path)
        return kind.coerce_output_value(value)

    def _list(
        self, kind: Any, parent: GraphQLObjectType, one: _Field, values: Iterable[Any], path: Path
    ) -> list[Any]:
        answer: list[Any] = []
        for position, value in enumerate(values):
            here = (path, position)
            try:
                answer.append(self._complete(kind, parent, one, value, here))
            except Exception as error:  # noqa: BLE001 - as for a field
                self._fail(error, kind, one, here)
                answer.append(None)
        return answer

    def fields_of(self, kind: GraphQLObjectType, below: tuple[SelectionSetNode, ...]) -> list[_Field]:
        """The fields that selection sets ask of an object type. Raises NotForThisWalkError."""
        key = (kind.name, *map(id, below))
        known = self._fields.get(key)
        if known is None:
            found: dict[str, list[FieldNode]] = {}
            seen: set[str] = set()
            for selection_set in below:
                for node in self._selected(kind, selection_set, seen):
                    found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
            known = self._fields[key] = [self._asked(kind, key, nodes) for key, nodes in found.items()]
        return known

    def _asked(self, kind: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> _Field:
        name = nodes[0].name.value
        below = tuple(node.selection_set for node in nodes if node.selection_set is not None)
        if name == "__typename":
            return _Field(key, tuple(nodes), None, None, below)
        definition = kind.fields.get(name)
        if definition is None:
            raise NotForThisWalkError(name)
        arguments = None
        if not any(_has_variable(argument.value) for argument in nodes[0].arguments or ()):
            arguments = get_argument_values(definition, nodes[0], self._variables)
        return _Field(key, tuple(nodes), definition, arguments, below)

    def _selected(
        self, kind: GraphQLObjectType, selection_set: SelectionSetNode, seen: set[str]
    ) -> Iterator[FieldNode]:
        for selection in selection_set.selections:
            if self._plan.conditional and not self._wanted(selection):
                continue
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                if selection.type_condition is None or self._fits(selection.type_condition.name.value, kind):
                    yield from self._selected(kind, selection.selection_set, seen)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                seen.add(selection.name.value)
                fragment = self._plan.fragments[selection.name.value]
                if self._fits(fragment.type_condition.name.value, kind):
                    yield from self._selected(kind, fragment.selection_set, seen)

    def _wanted(self, node: SelectionNode) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _fits(self, condition: str, kind: GraphQLObjectType) -> bool:
        if condition == kind.name:
            return True
        wanted = self._schema.type_map[condition]
        return isinstance(wanted, GraphQLInterfaceType | GraphQLUnionType) and self._schema.is_sub_type(
            wanted, kind
        )


def _has_variable(value: Any) -> bool:
    """Whether a value in a document's text holds a variable, however deep."""
    if isinstance(value, VariableNode):
        return True
    parts = [*(getattr(value, "values", None) or ()), *(one.value for one in getattr(value, "fields", None) or ())]
    return any(map(_has_variable, parts))


def _keys(path: Path) -> list[str | int]:
    keys: list[str | int] = []
    while path:
        path, key = path
        keys.append(key)
    return keys[::-1]
