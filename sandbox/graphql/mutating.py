"""What every mutation needs: the objects that its input names, who sends it, and its answer."""

from __future__ import annotations

from typing import Any, TypeVar

from ..access import acting_account
from ..state import Account
from .nodes import find_node, unknown
from .registry import Info, context

Input = dict[str, Any]
T = TypeVar("T")


def find_object(info: Info, identifier: str, kind: type[T]) -> T:
    """The object of this kind with this node ID; raises a not-found refusal."""
    found = find_node(info, identifier)
    if not isinstance(found, kind):
        raise unknown(identifier)
    return found


def sender_of(info: Info) -> Account:
    """In whose name the caller acts."""
    return acting_account(context(info).caller)


def echo(given: Input, **fields: Any) -> dict[str, Any]:
    """A mutation's payload, with the client's own mark."""
    return {"clientMutationId": given.get("clientMutationId"), **fields}
