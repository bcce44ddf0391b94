"""GraphQL answers: HTTP 200 with data, with errors, or with some of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.github_api.budget import RequestKind
from bot.github_api.errors import Forbidden, GitHubError, LimitReached, NotFound, Refused, Retryable, plain_text
from bot.github_api.refusals import OUTAGE_WAIT
from bot.github_api.transport import Answer, Request

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of `errors`. `kind` is GitHub's `type` (NOT_FOUND, FORBIDDEN …), empty for its own failures.

    `path` names the part of the answer that is null because of it; `message` is plain text.
    """

    kind: str
    path: tuple[str, ...]
    message: str

    @property
    def is_transient(self) -> bool:
        """Whether it is about GitHub's state at the moment, not about what was asked."""
        return self.kind in ("", "RATE_LIMITED", "INTERNAL", "SERVICE_UNAVAILABLE")


@dataclass(frozen=True, slots=True)
class Parts:
    """What came back: `data` may have nulls where `problems` say so."""

    data: Json
    problems: tuple[Problem, ...]


def graphql_request(
    url: str, kind: RequestKind, operation: str, document: str, variables: Mapping[str, Any]
) -> Request:
    """The request for one document. Everything variable is in `variables`, never in the text."""
    return Request("POST", url, kind, operation, body={"query": document, "variables": dict(variables)})


def read_parts(operation: str, answer: Answer) -> Parts:
    """The parts of an answer. Raises the error of our family when there is no data at all."""
    body = answer.data if isinstance(answer.data, Mapping) else {}
    problems = tuple(_problem(error) for error in body.get("errors") or () if isinstance(error, Mapping))
    data = body.get("data")
    if isinstance(data, Mapping):
        return Parts(data, problems)
    raise _failure(operation, body, problems, answer)


def raise_if_transient(operation: str, parts: Parts, answer: Answer) -> None:
    """For reads: a part that GitHub could not give just now makes the whole reading worth another try."""
    for problem in parts.problems:
        if problem.is_transient and answer.paused is not None:
            raise LimitReached(f"{operation}: {problem.message}", answer.paused)
        if problem.is_transient:
            raise Retryable(f"{operation}: {problem.message}", OUTAGE_WAIT)


def _problem(error: Json) -> Problem:
    path = error.get("path")
    return Problem(
        kind=str(error.get("type") or ""),
        path=tuple(str(step) for step in path) if isinstance(path, list) else (),
        message=plain_text(error.get("message", "")),
    )


def _failure(operation: str, body: Json, problems: tuple[Problem, ...], answer: Answer) -> GitHubError:
    text = f"{operation}: {problems[0].message if problems else 'neither data nor errors'}"
    kinds = {problem.kind for problem in problems}
    if answer.paused is not None:
        return LimitReached(text, answer.paused)
    if "FORBIDDEN" in kinds:
        return Forbidden(text)
    if "NOT_FOUND" in kinds:
        return NotFound(text)
    # A document that GitHub will not run is answered with positions in the document; an outage is not.
    if any(isinstance(error, Mapping) and "locations" in error for error in body.get("errors") or ()):
        return Refused(text, 400)
    return Retryable(text, OUTAGE_WAIT)
