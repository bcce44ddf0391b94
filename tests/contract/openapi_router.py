"""From a request's path to the path template of the OpenAPI document that answers it.

A parameter matches one segment, except the greedy ones (`{path}`, `{ref}`, `{branch}` and all that the
document marks with `x-multi-segment`): they also match slashes, as GitHub's own router does. Of several
templates the most specific one wins: more literal segments first, then fewer segments swallowed by greedy
parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

GREEDY_NAMES = frozenset({"path", "ref", "branch"})


@dataclass(frozen=True)
class Route:
    """A path template, and the names of its parameters in order."""

    template: str
    names: tuple[str, ...]
    literals: int


@dataclass
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    greedy: _Node | None = None
    route: Route | None = None


class Router:
    """Finds the route of a path in microseconds: a tree over the templates' segments."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Reads `paths` of an OpenAPI document."""
        self._root = _Node()
        for template, operations in document["paths"].items():
            if "}..." in template:
                continue  # compare/{base}...{head}: compare/{basehead} is the same address
            self._add(template, _greedy_names(document, operations))

    def _add(self, template: str, greedy: frozenset[str]) -> None:
        node, names, literals = self._root, [], 0
        for segment in template.split("/")[1:]:
            if not segment.startswith("{"):
                literals += 1
                node = node.literals.setdefault(segment, _Node())
                continue
            names.append(segment[1:-1])
            if segment[1:-1] in greedy:
                node.greedy = node.greedy or _Node()
                node = node.greedy
            else:
                node.parameter = node.parameter or _Node()
                node = node.parameter
        node.route = node.route or Route(template, tuple(names), literals)

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """The most specific route of a percent-encoded path, with its decoded parameters, or None."""
        segments = path.split("/")[1:]
        best = min(_matches(self._root, segments, 0, (), 0), key=_rank, default=None)
        if best is None:
            return None
        route, values, _ = best
        return route, dict(zip(route.names, map(unquote, values), strict=True))


_Match = tuple[Route, tuple[str, ...], int]


def _rank(match: _Match) -> tuple[int, int]:
    route, _, swallowed = match
    return -route.literals, swallowed


def _matches(
    node: _Node, segments: list[str], at: int, values: tuple[str, ...], swallowed: int
) -> Iterator[_Match]:
    """Every route below `node` that the segments from `at` on fit."""
    if at == len(segments):
        if node.route is not None:
            yield node.route, values, swallowed
        return
    following = node.literals.get(segments[at])
    if following is not None:
        yield from _matches(following, segments, at + 1, values, swallowed)
    if node.parameter is not None and segments[at]:
        yield from _matches(node.parameter, segments, at + 1, (*values, segments[at]), swallowed)
    if node.greedy is not None:
        # An empty value is a value here: `contents/` is the root folder.
        for end in range(at + 1, len(segments) + 1):
            value = "/".join(segments[at:end])
            yield from _matches(node.greedy, segments, end, (*values, value), swallowed + end - at)


def _greedy_names(document: Mapping[str, Any], operations: Mapping[str, Any]) -> frozenset[str]:
    """The names of a template's parameters that match slashes."""
    marked = {
        parameter["name"]
        for operation in operations.values()
        for parameter in (resolve(document, item) for item in operation.get("parameters", ()))
        if parameter.get("x-multi-segment")
    }
    return GREEDY_NAMES | marked


def resolve(document: Mapping[str, Any], item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object itself, or the one that its `$ref` points to inside the same document."""
    while "$ref" in item:
        target: Any = document
        for step in item["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        item = target
    return item
