"""`node(id:)` and `nodes(ids:)`: any object by its node ID, if the caller may see it."""

from __future__ import annotations

from typing import Any

from ..access import sees
from ..errors import Refusal, not_found
from ..identifiers import parse_node_id
from ..state import (
    CheckRun,
    CheckSuite,
    Comment,
    CommitStatus,
    Installation,
    Issue,
    Repository,
    Review,
    ReviewRequest,
)
from .registry import Info, context, resolver, world_of
from .sources import BlobSource, CommitSource, GitObjectSource, RefSource, TagSource, TreeSource

GIT_SOURCES: dict[str, type[GitObjectSource]] = {
    "Commit": CommitSource,
    "Tree": TreeSource,
    "Blob": BlobSource,
    "Tag": TagSource,
}


def unknown(identifier: str) -> Refusal:
    """The error for an ID of nothing."""
    return not_found(f"Could not resolve to a node with the global id of '{identifier}'.")


def find_node(info: Info, identifier: str) -> Any:
    """The object with this node ID; raises a not-found refusal."""
    found = world_of(info).nodes.get(identifier) or _git_node(info, identifier)
    if found is None or isinstance(found, Installation):
        raise unknown(identifier)
    repository = repository_of(found)
    if repository is not None and (
        repository.deleted or not sees(world_of(info), context(info).caller, repository)
    ):
        raise unknown(identifier)
    return found


def _git_node(info: Info, identifier: str) -> Any:
    parsed = parse_node_id(identifier)
    if parsed is None or len(parsed[1]) != 2 or not parsed[1][0].isdigit():
        return None
    kind, (repository_id, name) = parsed
    repository = world_of(info).repository_by_id(int(repository_id))
    if repository is None:
        return None
    if kind == "Ref":
        oid = repository.git.references.get(name)
        return None if oid is None else RefSource(repository, name, oid)
    maker = GIT_SOURCES.get(kind)
    if maker is None or repository.git.kind_of(name) != kind.lower():
        return None
    return maker(repository, name)


def repository_of(thing: Any) -> Repository | None:
    """The repository that an object belongs to, or None for accounts and the like."""
    if isinstance(thing, Repository):
        return thing
    if isinstance(thing, Comment):
        return thing.issue.repository
    if isinstance(thing, Review | ReviewRequest):
        return thing.pull.repository
    if isinstance(thing, CheckRun):
        return thing.suite.repository
    if isinstance(thing, Issue | CheckSuite | CommitStatus | GitObjectSource | RefSource):
        return thing.repository
    return None


@resolver("Query", "node")
def node(_source: Any, info: Info, id: str) -> Any:  # noqa: A002
    return find_node(info, id)


@resolver("Query", "nodes")
def nodes(_source: Any, info: Info, ids: list[str]) -> list[Any]:
    return [_found_or_error(info, identifier) for identifier in ids]


def _found_or_error(info: Info, identifier: str) -> Any:
    try:
        return find_node(info, identifier)
    except Refusal as refusal:
        return refusal  # graphql-core turns an exception among a list's items into that item's error


__all__ = ["find_node", "repository_of", "unknown"]
