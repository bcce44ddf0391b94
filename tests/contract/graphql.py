"""Are GraphQL documents valid against GitHub's schema, and within the limits that no schema states?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    parse,
    validate,
    visit,
)
from graphql.execution.values import get_argument_values, get_variable_values

# "Rate limits and query limits for the GraphQL API" of GitHub's docs: connections must be bounded, by 1 to
# 100.
LARGEST_PAGE = 100
MOST_NODES = 500_000


def load_schema(path: Path) -> GraphQLSchema:
    """GitHub's published schema (1.2 MB of SDL, about 1 s)."""
    return build_schema(path.read_text("utf-8"), assume_valid=True, no_location=True)


def check_document(
    schema: GraphQLSchema,
    text: str,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
) -> list[str]:
    """Every reason for which GitHub would refuse a document; empty when it would not.

    Without `variables` only the document itself is judged, with them also their values, page sizes and node
    count.
    """
    document, refusals = _validated(schema, text)
    if document is None or refusals or variables is None:
        return list(refusals)
    operation = find_operation(document, operation_name)
    if operation is None:
        return [f"no single operation {operation_name or ''}".rstrip()]
    coerced = get_variable_values(schema, operation.variable_definitions or (), dict(variables))
    if isinstance(coerced, list):
        return [error.message for error in coerced]
    declared = {definition.variable.name.value for definition in operation.variable_definitions or ()}
    unknown = [f"variable ${name} is not declared" for name in variables if name not in declared]
    return unknown + list(_limit_problems(schema, document, operation, coerced))


@lru_cache(maxsize=512)
def _validated(schema: GraphQLSchema, text: str) -> tuple[DocumentNode | None, tuple[str, ...]]:
    """A parsed document and what is wrong with it; kept, since the same documents are sent again and again."""
    try:
        document = parse(text, no_location=True)
    except GraphQLError as error:
        return None, (f"syntax: {error.message}",)
    return document, tuple(error.message for error in validate(schema, document, max_errors=50))


def find_operation(document: DocumentNode, name: str | None = None) -> OperationDefinitionNode | None:
    """The operation that a request runs: the one of that name, or the only one."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is not None:
        operations = [node for node in operations if node.name and node.name.value == name]
    return operations[0] if len(operations) == 1 else None


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The document's named fragments."""
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}


def _limit_problems(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Any
) -> Iterator[str]:
    """Unbounded or too large pages, and too many nodes in all."""
    pages = _Pages(schema, variables)
    visit(document, TypeInfoVisitor(pages.info, pages))
    yield from pages.problems
    if not pages.problems:
        nodes = _nodes(operation.selection_set, fragments_of(document), pages.sizes)
        if nodes > MOST_NODES:
            yield f"asks for up to {nodes} nodes, more than {MOST_NODES}"


class _Pages(Visitor):
    """Collects the page size of every connection that a document asks for."""

    def __init__(self, schema: GraphQLSchema, variables: Any) -> None:
        super().__init__()
        self.info = TypeInfo(schema)
        self.sizes: dict[int, int] = {}
        self.problems: list[str] = []
        self._variables = variables

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Judge one field: a connection needs exactly one bound."""
        definition = self.info.get_field_def()
        if definition is None or not {"first", "last"} <= set(definition.args):
            return
        if not get_named_type(definition.type).name.endswith("Connection"):
            return
        arguments = get_argument_values(definition, node, self._variables)
        bounds = [arguments[name] for name in ("first", "last") if arguments.get(name) is not None]
        if len(bounds) != 1:
            self.problems.append(f"{node.name.value}: needs one of `first` and `last`, has {len(bounds)}")
        elif not 1 <= bounds[0] <= LARGEST_PAGE:
            self.problems.append(f"{node.name.value}: a page of {bounds[0]} is not within 1 to {LARGEST_PAGE}")
        else:
            self.sizes[id(node)] = bounds[0]


def _nodes(
    selections: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    sizes: Mapping[int, int],
    outer: int = 1,
) -> int:
    """How many nodes a selection can return: each page times the pages around it."""
    total = 0
    for selection in selections.selections if selections else ():
        if isinstance(selection, FieldNode):
            size = sizes.get(id(selection))
            inner = outer * size if size else outer
            total += (inner if size else 0) + _nodes(selection.selection_set, fragments, sizes, inner)
        elif isinstance(selection, InlineFragmentNode):
            total += _nodes(selection.selection_set, fragments, sizes, outer)
        elif isinstance(selection, FragmentSpreadNode):
            total += _nodes(fragments[selection.name.value].selection_set, fragments, sizes, outer)
    return total
