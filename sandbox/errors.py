"""Refusals: what GitHub says no to, said once and shown by REST and GraphQL alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

Kind = Literal[
    "BAD_REQUEST",
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "NOT_FOUND",
    "NOT_ALLOWED",
    "CONFLICT",
    "GONE",
    "UNSUPPORTED_MEDIA",
    "UNPROCESSABLE",
    "RATE_LIMITED",
    "EXCESSIVE_PAGINATION",
    "MISSING_PAGINATION_BOUNDARIES",
]

STATUS: Mapping[str, int] = {
    "BAD_REQUEST": 400,
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "NOT_ALLOWED": 405,
    "CONFLICT": 409,
    "GONE": 410,
    "UNSUPPORTED_MEDIA": 415,
    "UNPROCESSABLE": 422,
    "RATE_LIMITED": 403,
    "EXCESSIVE_PAGINATION": 422,
    "MISSING_PAGINATION_BOUNDARIES": 422,
}
"""The HTTP status that REST gives for each kind; GraphQL puts the kind into `errors[].type` instead."""

ErrorItem = Mapping[str, str] | str


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault of the sandbox
    """Something GitHub refuses.

    `message` is the top-level REST message, `errors` its list of details, `headers` extra response headers.
    `graphql_message` is the sentence GraphQL shows when it differs from the REST one. `status` takes the place of
    the kind's own.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        errors: Sequence[ErrorItem] = (),
        headers: Mapping[str, str] | None = None,
        graphql_message: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self._graphql_message = graphql_message
        self._status = status

    @property
    def status(self) -> int:
        """The HTTP status of this refusal in REST."""
        return STATUS[self.kind] if self._status is None else self._status

    @property
    def graphql_message(self) -> str:
        """The sentence GraphQL shows: the details where there are some, since GraphQL has no list for them."""
        if self._graphql_message is not None:
            return self._graphql_message
        details = [item if isinstance(item, str) else item.get("message", "") for item in self.errors]
        return "; ".join(detail for detail in details if detail) or self.message


def not_found(message: str = "Not Found") -> Refusal:
    """What cannot be seen does not exist."""
    return Refusal("NOT_FOUND", message)


def invalid(resource: str, field: str, message: str | None = None, code: str = "custom") -> Refusal:
    """The usual 422: "Validation Failed" with one detail."""
    item = {"resource": resource, "code": code, "field": field}
    if message is not None:
        item["message"] = message
    return Refusal("UNPROCESSABLE", "Validation Failed", errors=[item])


def unprocessable(message: str, *errors: ErrorItem) -> Refusal:
    """A 422 with a message of its own."""
    return Refusal("UNPROCESSABLE", message, errors=errors)
