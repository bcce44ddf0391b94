"""Running a document: the schema built once, documents parsed and validated once, errors in GitHub's form."""

from __future__ import annotations

import importlib
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from ..clock import iso
from ..errors import Refusal
from ..tokens import Caller
from ..world import World
from .engine import NotForThisWalkError, Plan, Walked, walk
from .registry import RESOLVERS, Context, resolve_plain, type_of

SCHEMA_DIRECTORY = Path(__file__).parent / "schema"
RESOLVER_MODULES = (
    "accounts",
    "repositories",
    "issues",
    "pulls",
    "commits",
    "checks",
    "comments",
    "nodes",
    "mutations",
    "issue_mutations",
)

TEXT_SCALARS = ("DateTime", "GitTimestamp", "BigInt")


def schema_text() -> str:
    """The sandbox's schema: a strict subset of GitHub's public one."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(SCHEMA_DIRECTORY.glob("*.graphql")))


def _serialized(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else str(value)


@lru_cache(maxsize=1)
def build() -> GraphQLSchema:
    """The executable schema: the same for every sandbox of the process, since resolvers hold no state."""
    schema = build_schema(schema_text())
    for module in RESOLVER_MODULES:
        importlib.import_module(f".{module}", __package__)
    for (type_name, field_name), function in RESOLVERS.items():
        owner = schema.type_map[type_name]
        if not isinstance(owner, GraphQLObjectType):
            raise TypeError(f"{type_name} has no fields to resolve")
        owner.fields[field_name].resolve = function
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            kind.resolve_type = type_of
        elif isinstance(kind, GraphQLScalarType) and kind.name in TEXT_SCALARS:
            for attribute in ("serialize", "coerce_output_value"):  # graphql-core 3.2 and 3.3 name it differently
                setattr(kind, attribute, _serialized)
    return schema


@dataclass(frozen=True, slots=True)
class Result:
    """A document's answer, and what the request log says of it."""

    response: dict[str, Any]
    operation: str | None
    mutations: tuple[str, ...]


@lru_cache(maxsize=512)
def prepare(document: str) -> tuple[Plan, list[GraphQLError]]:
    """A parsed document and what is wrong with it; raises GraphQLError when it cannot be parsed."""
    parsed = parse(document)
    return Plan.of(parsed, document), validate(build(), parsed)


def run(world: World, caller: Caller, document: str, variables: dict[str, Any], name: str | None) -> Result:
    """Execute one document. Mutation fields run one after the other and fail one by one."""
    try:
        plan, problems = prepare(document)
    except GraphQLError as error:
        return Result({"errors": [{"message": error.message, **_places(error)}]}, None, ())
    if problems:
        listed = [{"message": problem.message, **_places(problem)} for problem in problems]
        return Result({"errors": listed}, None, ())
    operation, mutations = describe(plan.document, name)
    outcome = _outcome(plan, Context(world, caller), variables, name)
    response: dict[str, Any] = {"data": outcome.data}
    if outcome.errors:
        response["errors"] = [_error(world, error) for error in outcome.errors]
    return Result(response, operation, mutations)


def _outcome(
    plan: Plan, context: Context, variables: dict[str, Any], name: str | None
) -> Walked | ExecutionResult:
    """graphql-core's own executor answers what is rare: questions about the schema, and several operations."""
    operations = [one for one in plan.document.definitions if isinstance(one, OperationDefinitionNode)]
    if len(operations) == 1 and name in (None, operations[0].name and operations[0].name.value):
        with suppress(NotForThisWalkError):
            return walk(build(), plan, operations[0], variables, context, resolve_plain, type_of)
    return execute_sync(
        build(),
        plan.document,
        context_value=context,
        variable_values=variables,
        operation_name=name,
        field_resolver=resolve_plain,
    )


def _error(world: World, error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error
    shown: dict[str, Any] = {}
    message = error.message
    if isinstance(cause, Refusal):
        shown["type"] = cause.kind
        if cause.kind == "UNPROCESSABLE":
            shown["type"] = world.behaviour.review_request_error_type
        message = cause.graphql_message
    elif error.path is not None:
        # The document was valid, so whatever went wrong at a field is the sandbox's own fault.
        world.crashes.append("".join(traceback.format_exception(cause or error)))
        message = "Something went wrong while executing your query."
    if error.path is not None:
        shown["path"] = error.path
    return {**shown, **_places(error), "message": message}


def _places(error: GraphQLError) -> dict[str, Any]:
    if not error.locations:
        return {}
    return {"locations": [{"line": place.line, "column": place.column} for place in error.locations]}


def describe(document: DocumentNode, name: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The operation's name (or first field), and its mutation fields."""
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode):
            continue
        own = definition.name.value if definition.name else None
        if name is not None and own != name:
            continue
        fields = tuple(
            selection.name.value for selection in definition.selection_set.selections if hasattr(selection, "name")
        )
        mutating = definition.operation.value == "mutation"
        return own or (fields[0] if fields else None), fields if mutating else ()
    return None, ()
