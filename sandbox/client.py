"""Thin clients on the sandbox's real HTTP endpoints: what a person's or an App's own client would send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import urllib3


class RequestRefusedError(Exception):
    """The sandbox answered 400 or more, or GraphQL errors. `status` and `body` are what it said."""

    def __init__(self, status: int, body: Any) -> None:
        message = body.get("message") if isinstance(body, dict) else None
        super().__init__(f"{status}: {message or body}")
        self.status = status
        self.body = body


class Client:
    """Sends requests with one token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self._pool = urllib3.PoolManager(retries=False, timeout=60.0)

    def disconnect(self) -> None:
        """Close its connections."""
        self._pool.clear()

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Send one request; returns status, parsed body (None when empty) and headers. Never raises for 4xx."""
        data = None if body is None else json.dumps(body).encode()
        sent = {} if body is None else {"Content-Type": "application/json"}
        return self.send_bytes(method, path, data, query, {**sent, **(headers or {})})

    def send_bytes(
        self,
        method: str,
        path: str,
        data: bytes | None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any, Mapping[str, str]]:
        """As `send`, with a body of any kind; name its media type in the headers."""
        target = f"{self.url}{quote(path, safe='/:.@+*,()!$&;=~%')}"
        if query:
            target += "?" + urlencode(query)
        sent = {"Authorization": f"Bearer {self.token}", "Accept": "application/vnd.github+json"}
        answer = self._pool.request(method, target, body=data, headers={**sent, **(headers or {})})
        parsed = (
            json.loads(answer.data)
            if answer.data and "json" in answer.headers.get("Content-Type", "")
            else (answer.data or None)
        )
        return answer.status, parsed, answer.headers

    def call(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """Send one request and return its parsed body; raises RequestRefusedError for 400 and above."""
        status, parsed, _ = self.send(method, path, body, query)
        if status >= 400:
            raise RequestRefusedError(status, parsed)
        return parsed

    def graphql(self, document: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Run a GraphQL document and return its data; raises RequestRefusedError when it has errors."""
        answer = self.call("POST", "/graphql", {"query": document, "variables": dict(variables or {})})
        if answer.get("errors"):
            raise RequestRefusedError(200, answer)
        return answer["data"]

    def everything(self, path: str, query: Mapping[str, Any] | None = None) -> list[Any]:
        """All items of a list, page by page."""
        found: list[Any] = []
        page = 1
        while True:
            items = self.call("GET", path, query={**(query or {}), "per_page": 100, "page": page})
            found += items
            if len(items) < 100:
                return found
            page += 1
