"""One installation's way to GitHub: REST and GraphQL requests with its token, and the limits it was told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from bot.core.model import Wanted
from bot.github_api.auth import InstallationCredential
from bot.github_api.budget import Budget, RequestKind
from bot.github_api.errors import NotFound
from bot.github_api.graphql import Json, Parts, graphql_request, raise_if_transient, read_parts
from bot.github_api.queries import Document, Part, compose
from bot.github_api.transport import Answer, Request, Transport, Upload

PAGE_SIZE = 100


class Session:
    """Threads may share it."""

    def __init__(self, transport: Transport, credential: InstallationCredential) -> None:
        self._transport = transport
        self._credential = credential
        self.budgets: dict[str, Budget] = {}

    def query(
        self,
        operation: str,
        name: str,
        variables: Mapping[str, Any],
        wanted: Wanted | None = None,
        generated: tuple[Part, ...] = (),
    ) -> tuple[Parts, Document]:
        """Run the document `name`. Raises Retryable when GitHub could not give a part of it just now."""
        document = compose(name, wanted or Wanted(), generated)
        answer = self._graphql(RequestKind.READ, operation, document.text, {**variables, **document.variables})
        parts = read_parts(operation, answer)
        raise_if_transient(operation, parts, answer)
        return parts, document

    def mutate(
        self, operation: str, document: str, variables: Mapping[str, Any], *, creates_content: int = False
    ) -> Parts:
        """Run mutations; `creates_content`: how many of them notify people. What failed is in the problems."""
        answer = self._graphql(RequestKind.WRITE, operation, document, variables, creates_content=creates_content)
        return read_parts(operation, answer)

    def get(self, operation: str, path: str, parameters: Mapping[str, str | int] | None = None) -> Any:
        """A REST resource."""
        return self._send(Request("GET", path, RequestKind.READ, operation, parameters)).data

    def get_page(
        self, operation: str, path: str, parameters: Mapping[str, str | int]
    ) -> tuple[list[Json], str | None]:
        """A page of a REST list that is paged by cursors, and the cursor `after` of the next one, if any.

        Of the address that GitHub names for it only that cursor is taken.
        """
        answer = self._send(Request("GET", path, RequestKind.READ, operation, parameters))
        return answer.data, next_cursor_of(answer.headers.get("link", ""), "after")

    def change(
        self,
        verb: str,
        operation: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        creates_content: int = False,
    ) -> Any:
        """A REST write, sent once. Raises Retryable when it is unknown whether GitHub did it."""
        request = Request(verb, path, RequestKind.WRITE, operation, body=body, creates_content=creates_content)
        return self._send(request).data

    def upload(self, operation: str, path: str, name: str, upload: Upload) -> Any:
        """Send a file, under a name."""
        return self._send(Request("POST", path, RequestKind.WRITE, operation, {"name": name}, upload=upload)).data

    def pages(self, operation: str, path: str, most: int) -> Iterator[list[Json]]:
        """Pages of a REST list (of 100) until one is not full, at most `most`."""
        for page in range(1, most + 1):
            items = self.get(operation, path, {"per_page": PAGE_SIZE, "page": page})
            yield items
            if len(items) < PAGE_SIZE:
                return

    def _graphql(
        self,
        kind: RequestKind,
        operation: str,
        document: str,
        variables: Mapping[str, Any],
        *,
        creates_content: int = False,
    ) -> Answer:
        request = graphql_request(self._transport.graphql_url, kind, operation, document, variables)
        return self._send(replace(request, creates_content=creates_content) if creates_content else request)

    def replace_token(self) -> None:
        """Send what follows with a new token, which has the permissions of now."""
        self._credential.replace_token()

    def _send(self, request: Request) -> Answer:
        answer = self._credential.send(request)
        if answer.budget is not None:
            self.budgets[answer.budget.resource] = answer.budget
        return answer


def next_cursor_of(link: str, parameter: str) -> str | None:
    """The cursor in a `Link` header's address of the next page, where it is a parameter of this name."""
    found = re.search(r'<([^<>]*)>;\s*rel="next"', link[:8192])
    cursors = parse_qs(urlsplit(found[1]).query).get(parameter) if found else None
    return cursors[0] if cursors else None


def owner_and_name(repository: str) -> dict[str, str]:
    """The two halves of `owner/name`, as variables."""
    owner, slash, name = repository.partition("/")
    if not (owner and slash and name) or "/" in name:
        raise NotFound("a repository's name is owner/name")
    return {"owner": owner, "name": name}


def repository_path(repository: str, *steps: str | int) -> str:
    """A REST path below a repository; every step is quoted, so none can leave it."""
    halves = owner_and_name(repository)
    if not {".", ".."}.isdisjoint((*halves.values(), *steps)):
        raise NotFound("nothing on GitHub is named . or ..")
    return "/" + "/".join(quote(str(step), safe="") for step in ("repos", halves["owner"], halves["name"], *steps))
