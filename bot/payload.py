"""Reading a webhook payload, which is hostile text in any shape: what is not as expected is None."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Payload = Mapping[str, Any]


def value_at(payload: Any, *keys: str) -> Any:
    """What lies under the keys, or None as soon as one of them is not there."""
    for key in keys:
        if not isinstance(payload, Mapping):
            return None
        payload = payload.get(key)
    return payload


def text_at(payload: Any, *keys: str) -> str | None:
    """The string under the keys; None for anything else."""
    found = value_at(payload, *keys)
    return found if isinstance(found, str) else None


def number_at(payload: Any, *keys: str) -> int | None:
    """The whole number under the keys; None for anything else (JSON's true is not 1 here)."""
    found = value_at(payload, *keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def items_at(payload: Any, *keys: str) -> list[Any]:
    """The list under the keys; empty for anything else."""
    found = value_at(payload, *keys)
    return found if isinstance(found, list) else []
