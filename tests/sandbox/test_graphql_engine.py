"""The sandbox's own walk through a document answers as graphql-core's executor does."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    ExecutionResult,
    GraphQLInterfaceType,
    GraphQLUnionType,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from sandbox.graphql.engine import NotForThisWalkError, Plan, Walked, walk

SCHEMA = build_schema("""
interface Named { name: String! }
type Person implements Named {
  name: String!
  age: Int
  friends(first: Int = 2, skip: [Int!]): [Person]
  best: Person!
}
type Team implements Named { name: String!, members: [Person!]! }
union Anyone = Person | Team
enum Colour { RED GREEN }
input Wish { colour: Colour!, texts: [String] }
type Query {
  me: Person
  named: [Named]
  anyone: Anyone
  broken: String
  brokenHard: String!
  list: [String!]
  colour: Colour
  echo(wish: Wish, text: String): String
}
type Mutation { first(text: String!): String, second(text: String!): String }
""")


def resolve(source: Any, info: Any, **arguments: Any) -> Any:
    """People as dictionaries; `error` values fail when they are asked for."""
    name = info.field_name
    if name in ("echo", "first", "second"):
        return repr(arguments)
    if name == "friends":
        return (source["friends"] or [])[: arguments["first"]]
    value = (DATA if source is None else source)[name]
    if isinstance(value, str) and value == "error":
        raise ValueError(f"{name} failed")
    return value


def type_of(value: Any, *_rest: Any) -> str:
    """Teams have members."""
    return "Team" if "members" in value else "Person"


ADA: dict[str, Any] = {"name": "Ada", "age": 36, "friends": None, "best": None}
BOB: dict[str, Any] = {"name": "Bob", "age": "error", "friends": [ADA, None, ADA], "best": ADA}
EVE: dict[str, Any] = {"name": "error", "age": 1, "friends": [BOB, ADA], "best": BOB}
DATA: dict[str, Any] = {
    "me": BOB,
    "named": [ADA, EVE, {"name": "A team", "members": [ADA, EVE]}, ValueError("an item failed")],
    "anyone": {"name": "A team", "members": [ADA, BOB]},
    "broken": "error",
    "brokenHard": "error",
    "list": ["a", None],
    "colour": "RED",
}
for kind in SCHEMA.type_map.values():
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        kind.resolve_type = type_of

DOCUMENTS = (
    "{ me { name age friends { name } } }",
    "{ me { ...P friends(first: 3) { ...P best { name } } } } "
    "fragment P on Person { name friends(first: 3) { age } }",
    "{ me { best { best { name } } } }",
    "{ named { __typename name ... on Person { age } ... on Team { members { name } } ...N } } "
    "fragment N on Named { name }",
    "{ anyone { __typename ... on Named { name } ... on Team { members { age name } } } }",
    "{ one: broken two: colour list }",
    "{ brokenHard colour }",
    "query Q($with: Boolean!, $n: Int = 1) { me { age @skip(if: $with) friends(first: $n) @include(if: $with) "
    "{ name } ...P @include(if: $with) } } fragment P on Person { best { name } }",
    'query Q($wish: Wish, $text: String) { a: echo(wish: $wish) b: echo(wish: {colour: GREEN, texts: ["x"]}) '
    "c: echo d: echo(text: $text) e: echo(wish: {colour: RED, texts: [$text]}) }",
    'mutation { second(text: "2") first(text: "1") again: second(text: "3") }',
)
VARIABLES: tuple[dict[str, Any], ...] = (
    {"with": True, "wish": {"colour": "RED"}, "text": "t"},
    {"with": False, "n": 2},
    {"with": "neither", "wish": {"colour": "BLUE"}},
)


def shown(outcome: Walked | ExecutionResult) -> tuple[Any, list[Any]]:
    """Data and errors, comparable."""
    return outcome.data, [(error.message, error.path, error.locations) for error in outcome.errors or ()]


@pytest.mark.parametrize("variables", VARIABLES)
@pytest.mark.parametrize("text", DOCUMENTS)
def test_the_walk_answers_as_the_executor_does(text: str, variables: dict[str, Any]) -> None:
    """Data, the order of its keys, errors with paths and places: for fragments, conditions, failures and nulls."""
    document = parse(text)
    assert validate(SCHEMA, document) == []
    plan = Plan.of(document, text)
    (operation,) = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    expected = execute_sync(SCHEMA, document, variable_values=variables, field_resolver=resolve)
    for _ in range(2):  # the second time with what the plan remembers
        found = walk(SCHEMA, plan, operation, variables, None, resolve, type_of)
        assert shown(found) == shown(expected)
        assert repr(found.data) == repr(expected.data)


def test_questions_about_the_schema_are_left_to_the_executor() -> None:
    """Nothing was run then."""
    document = parse("{ colour __schema { types { name } } }")
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    with pytest.raises(NotForThisWalkError):
        walk(SCHEMA, Plan.of(document, ""), operation, {}, None, resolve, type_of)
