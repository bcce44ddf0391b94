"""Where resolvers are kept until the schema is built, and what each of them is given."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from graphql import GraphQLResolveInfo

from ..access import require
from ..state import Account, Repository
from ..tokens import Caller
from ..world import World

if TYPE_CHECKING:
    Info = GraphQLResolveInfo[Any]
else:  # not generic in every version of graphql-core
    Info = GraphQLResolveInfo

Resolver = Callable[..., Any]
F = TypeVar("F", bound=Resolver)
RESOLVERS: dict[tuple[str, str], Resolver] = {}


@dataclass(frozen=True, slots=True)
class Context:
    """What a request carries to its resolvers."""

    world: World
    caller: Caller


def resolver(type_name: str, *field_names: str) -> Callable[[F], F]:
    """Make a function the resolver of these fields."""

    def keep(function: F) -> F:
        for field_name in field_names:
            RESOLVERS[type_name, field_name] = function
        return function

    return keep


def context(info: Info) -> Context:
    """The request's context."""
    return cast(Context, info.context)


def world_of(info: Info) -> World:
    """The sandbox's state."""
    return context(info).world


def need(info: Info, repository: Repository, *needs: str, role: str = "read") -> None:
    """Raise a refusal unless the caller may, as in `access.require`."""
    require(context(info).world, context(info).caller, repository, *needs, role=role)


@lru_cache(maxsize=2048)
def snake_case(name: str) -> str:
    """`baseRefName` → `base_ref_name`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def resolve_plain(source: Any, info: Info, **_arguments: Any) -> Any:
    """A field without a resolver of its own: the attribute of that name."""
    name = info.field_name
    if isinstance(source, dict):
        return source.get(name)
    if name == "id":
        return source.node_id
    if name in ("databaseId", "fullDatabaseId"):
        return source.id
    return getattr(source, snake_case(name))


TYPE_NAMES = {"CommitStatus": "StatusContext", "Comment": "IssueComment", "Review": "PullRequestReview"}


def type_of(value: Any, *_rest: Any) -> str:
    """The GraphQL type of a source object."""
    if isinstance(value, Account):
        return value.kind
    name = type(value).__name__
    return str(getattr(value, "graphql_type", TYPE_NAMES.get(name, name)))
