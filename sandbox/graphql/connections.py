"""Connections: pages of nodes by cursor, with GitHub's limits."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import Refusal
from .registry import Info

MAXIMUM = 100


@dataclass(frozen=True, slots=True)
class Edge:
    """One node and its cursor; `extra` holds what only the edge knows."""

    cursor: str
    node: Any
    permission: str | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """One page."""

    edges: list[Edge]
    total_count: int
    page_info: dict[str, Any]

    @property
    def nodes(self) -> list[Any]:
        """The page's nodes."""
        return [edge.node for edge in self.edges]


def cursor_of(position: int) -> str:
    """The opaque cursor of the item at this position."""
    return base64.b64encode(f"cursor:v2:{position}".encode()).decode()


def _position(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("cursor:v2:"))
    except (ValueError, binascii.Error, UnicodeDecodeError):
        raise Refusal("UNPROCESSABLE", f"`{cursor[:40]}` does not appear to be a valid cursor.") from None


def _check(info: Info, first: int | None, last: int | None) -> None:
    name = info.field_name
    if first is None and last is None:
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise Refusal("MISSING_PAGINATION_BOUNDARIES", message)
    for argument, value in (("first", first), ("last", last)):
        if value is None:
            continue
        if value < 0:
            raise Refusal("UNPROCESSABLE", f"`{argument}` on the `{name}` connection cannot be less than zero.")
        if value > MAXIMUM:
            message = (
                f"Requesting {value} records on the `{name}` connection exceeds the `{argument}` limit of"
                f" {MAXIMUM} records."
            )
            raise Refusal("EXCESSIVE_PAGINATION", message)


def connection(
    info: Info,
    items: Sequence[Any],
    arguments: dict[str, Any],
    *,
    total: int | None = None,
    render: Callable[[Any], Any] | None = None,
    permission: Callable[[Any], str] | None = None,
) -> Connection:
    """The page of `items` that `first`, `after`, `last` and `before` ask for.

    `render` makes a node of an item, only for the items of the page.
    """
    first, last = arguments.get("first"), arguments.get("last")
    _check(info, first, last)
    start = _position(arguments["after"]) + 1 if arguments.get("after") else 0
    end = min(_position(arguments["before"]), len(items)) if arguments.get("before") else len(items)
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    edges = [
        Edge(
            cursor_of(position),
            items[position] if render is None else render(items[position]),
            None if permission is None else permission(items[position]),
        )
        for position in range(start, end)
    ]
    page_info = {
        "hasNextPage": end < len(items),
        "hasPreviousPage": start > 0,
        "startCursor": edges[0].cursor if edges else None,
        "endCursor": edges[-1].cursor if edges else None,
    }
    return Connection(edges, len(items) if total is None else total, page_info)
