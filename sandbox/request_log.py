"""What came in and went out: a request log with counters, and hooks for whoever wants to watch."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request that was answered. `kind` is write for anything that may change something."""

    method: str
    path: str
    kind: Literal["read", "write"]
    token_kind: str
    status: int
    login: str | None = None
    operation: str | None = None
    """The GraphQL operation's name, or its first field when it has no name; None for REST."""
    mutations: tuple[str, ...] = ()
    """The mutation fields of a GraphQL document, in order."""
    installation: int | None = None
    """The installation that sent it, by number."""
    token: str = ""
    """A short digest of the token, to tell one from another."""
    started: float = 0.0
    """When it came, in seconds since 1970 by the machine's clock."""
    duration: float = 0.0
    """Seconds until it was answered, `Behaviour.latency` included."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and its answer. `query` is the raw query string; bodies are bytes as sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    response_headers: Mapping[str, str]
    response_body: bytes


@dataclass(frozen=True, slots=True)
class GraphQLExchange:
    """One GraphQL document and its answer."""

    document: str
    variables: Mapping[str, Any]
    operation_name: str | None
    response: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WebhookSent:
    """One webhook delivery, before it is sent. `action` is None for events without one."""

    event: str
    action: str | None
    payload: Mapping[str, Any]


class RequestLog:
    """Every request since the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: list[RequestRecord] = []

    def add(self, record: RequestRecord) -> None:
        """Remember a request."""
        with self._lock:
            self._records.append(record)

    def reset(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._records.clear()

    def records(
        self, *, token_kind: str | None = None, login: str | None = None, kind: str | None = None
    ) -> list[RequestRecord]:
        """The requests since the last reset, of one kind of token, one login or one kind if given."""
        with self._lock:
            found = list(self._records)
        return [
            record
            for record in found
            if token_kind in (None, record.token_kind)
            and login in (None, record.login)
            and kind in (None, record.kind)
        ]

    def count(self, *, token_kind: str | None = None, login: str | None = None, kind: str | None = None) -> int:
        """How many there were."""
        return len(self.records(token_kind=token_kind, login=login, kind=kind))

    def counts(self) -> dict[str, int]:
        """How many there were of each sort: `<kind of token> <read or write>`, and all of them as `total`."""
        with self._lock:
            found = Counter(f"{record.token_kind} {record.kind}" for record in self._records)
            return {**found, "total": len(self._records)}

    def by_path(self) -> Counter[str]:
        """Counts for each `METHOD path`."""
        with self._lock:
            return Counter(f"{record.method} {record.path}" for record in self._records)


@dataclass
class Observers:
    """Callables told of every REST exchange, GraphQL exchange and webhook; they must not raise."""

    rest: list[Callable[[Exchange], None]] = field(default_factory=list)
    graphql: list[Callable[[GraphQLExchange], None]] = field(default_factory=list)
    webhooks: list[Callable[[WebhookSent], None]] = field(default_factory=list)
