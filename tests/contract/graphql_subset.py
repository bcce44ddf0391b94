"""Is one GraphQL schema a strict subset of another: does the large one allow all the small one does?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
    is_specified_directive,
    print_ast,
)


def subset_problems(small: GraphQLSchema, large: GraphQLSchema) -> list[str]:
    """Everything in `small` that `large` has not, or has in another form; empty for a strict subset."""
    found = []
    for operation in ("query_type", "mutation_type", "subscription_type"):
        ours, theirs = getattr(small, operation), getattr(large, operation)
        if ours is not None and (theirs is None or ours.name != theirs.name):
            found.append(f"{operation} is {ours.name} instead of {theirs and theirs.name}")
    for name, ours in small.type_map.items():
        if is_introspection_type(ours):
            continue
        theirs = large.type_map.get(name)
        if theirs is None:
            found.append(f"type {name} does not exist")
        elif type(ours) is not type(theirs):
            found.append(f"type {name} is a {type(ours).__name__} instead of a {type(theirs).__name__}")
        else:
            found += _type_problems(ours, theirs)
    for directive in small.directives:
        if not is_specified_directive(directive) and large.get_directive(directive.name) is None:
            found.append(f"directive @{directive.name} does not exist")
    return found


def _type_problems(ours: GraphQLNamedType, theirs: GraphQLNamedType) -> Iterator[str]:
    """The differences of two types of one name and one kind."""
    name = ours.name
    if isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
        assert isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType)
        yield from _missing(f"{name} implements", ours.interfaces, theirs.interfaces)
        for field_name, field in ours.fields.items():
            yield from _field_problems(f"{name}.{field_name}", field, theirs.fields.get(field_name))
    elif isinstance(ours, GraphQLUnionType):
        assert isinstance(theirs, GraphQLUnionType)
        yield from _missing(f"union {name} has member", ours.types, theirs.types)
    elif isinstance(ours, GraphQLEnumType):
        assert isinstance(theirs, GraphQLEnumType)
        yield from (f"{name}.{value} does not exist" for value in ours.values if value not in theirs.values)
    elif isinstance(ours, GraphQLInputObjectType):
        assert isinstance(theirs, GraphQLInputObjectType)
        required = {key for key, field in theirs.fields.items() if is_required_input_field(field)}
        yield from _input_problems(name, ours.fields, theirs.fields, required)


def _field_problems(where: str, ours: GraphQLField, theirs: GraphQLField | None) -> Iterator[str]:
    """The differences of two fields: the type (with its nullability) and each argument."""
    if theirs is None:
        yield f"{where} does not exist"
        return
    if str(ours.type) != str(theirs.type):
        yield f"{where} is {ours.type} instead of {theirs.type}"
    required = {name for name, argument in theirs.args.items() if is_required_argument(argument)}
    yield from _input_problems(where, ours.args, theirs.args, required)


def _input_problems(
    where: str,
    ours: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
    theirs: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
    required: set[str],
) -> Iterator[str]:
    """The differences of two sets of arguments or input fields; none that must be given may be left out."""
    for name, item in ours.items():
        other = theirs.get(name)
        if other is None:
            yield f"{where}({name}) does not exist"
        elif str(item.type) != str(other.type):
            yield f"{where}({name}) is {item.type} instead of {other.type}"
        elif _default(item) != _default(other):
            yield f"{where}({name}) defaults to {_default(item)} instead of {_default(other)}"
    yield from (f"{where}({name}) is required and left out" for name in sorted(required - set(ours)))


def _default(item: GraphQLArgument | GraphQLInputField) -> str | None:
    """An argument's default as it is written in SDL, or None."""
    node = item.ast_node and item.ast_node.default_value
    return print_ast(node) if node else None


def _missing(what: str, ours: tuple[GraphQLNamedType, ...], theirs: tuple[GraphQLNamedType, ...]) -> Iterator[str]:
    known = {item.name for item in theirs}
    yield from (f"{what} {item.name}, which GitHub's does not" for item in ours if item.name not in known)
