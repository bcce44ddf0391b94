"""A delivery as it came, and what is made of its body before anything is asked of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from bot.payload import Payload
from bot.store.deliveries import KeptBody


class UnreadableError(Exception):
    """The body is no payload. The text says why, and holds nothing of the body."""


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery whose signature was found right; nothing of `body` was read yet."""

    guid: UUID
    event: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that can be interpreted. `payload` is its body, parsed; `kept` is how it is stored."""

    guid: UUID
    event: str
    payload: Payload
    kept: KeptBody

    @classmethod
    def of(cls, received: Received) -> Delivery:
        """`received`, read. Raises UnreadableError."""
        payload = payload_of(received.body)
        return cls(received.guid, received.event, payload, KeptBody.of(received.body))


def payload_of(body: bytes) -> Payload:
    """The JSON object that is `body`. Raises UnreadableError."""
    try:
        payload = _parsed(body)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, a number of 5,000 digits; nested too deep
        raise UnreadableError("the body is not JSON") from None
    if not isinstance(payload, dict):
        raise UnreadableError("the body is not a JSON object")
    return payload


def _parsed(body: bytes) -> Any:
    """The JSON of `body`, as `json.loads` understands it. Raises ValueError, RecursionError."""
    try:
        # In a third of the time. It refuses lone surrogates, UTF-16, NaN and deep nesting; an integer of more than
        # 64 bits comes as a float, which is an ID as little as the integer would be (`bot.payload.number_at`).
        return orjson.loads(body)
    except ValueError:
        return json.loads(body)
