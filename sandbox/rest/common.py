"""What every REST handler needs: who calls, which repository, the body, pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from flask import Response, g, jsonify, request

from ..access import require, sees
from ..clock import parse_time
from ..errors import Refusal, not_found
from ..state import App, Issue, PullRequest, Repository
from ..tokens import Caller
from ..world import World

T = TypeVar("T")
JSONBody = dict[str, Any]
WORLD_KEY = "sandbox.world"
"""Where the WSGI environment carries the state of the sandbox that a request came to."""
PAGE_DEFAULT, PAGE_MAXIMUM = 30, 100


class RedirectError(Exception):
    """The repository moved: the answer is a redirect to its new address."""

    def __init__(self, location: str, status: int) -> None:
        super().__init__(location)
        self.location = location
        self.status = status


def world() -> World:
    """The sandbox's state."""
    return cast(World, request.environ[WORLD_KEY])


def caller() -> Caller:
    """Who sent this request."""
    return cast(Caller, g.caller)


def calling_app() -> App:
    """The App that authenticates as itself, by JWT."""
    app = caller().app
    if caller().kind != "app" or app is None:
        raise Refusal("UNAUTHENTICATED", "A JSON web token could not be decoded")
    return app


def find_repository(owner: str, name: str, *needs: str, role: str = "read") -> Repository:
    """The repository, if the caller may; `needs` and `role` as in `access.require`."""
    full_name = f"{owner}/{name}"
    repository = world().find_repository(full_name)
    if repository is None:
        _redirect_renamed(full_name)
        raise not_found()
    require(world(), caller(), repository, *needs, role=role)
    return repository


def _redirect_renamed(full_name: str) -> None:
    identifier = world().renamed.get(full_name.lower())
    target = None if identifier is None else world().repository_by_id(identifier)
    if target is None or not sees(world(), caller(), target):
        return
    path = request.full_path.rstrip("?").replace(f"/repos/{full_name}", f"/repos/{target.full_name}", 1)
    reading = request.method in ("GET", "HEAD")
    raise RedirectError(world().url + path, 301 if reading else world().behaviour.renamed_write_status)


def find_issue(repository: Repository, number: int) -> Issue:
    """An issue or pull request by number."""
    found = repository.issues.get(number)
    if found is None:
        raise not_found()
    return found


def find_pull(repository: Repository, number: int) -> PullRequest:
    """A pull request by number."""
    found = repository.issues.get(number)
    if not isinstance(found, PullRequest):
        raise not_found()
    return found


def body() -> JSONBody:
    """The request's JSON object; an empty body counts as an empty object."""
    raw = request.get_data()
    if not raw:
        return {}
    parsed = request.get_json(force=True, silent=True)
    if parsed is None:
        raise Refusal("BAD_REQUEST", "Problems parsing JSON")
    if not isinstance(parsed, dict):
        raise Refusal("BAD_REQUEST", "Body should be a JSON object")
    return parsed


def text(fields: JSONBody, name: str) -> str | None:
    """A text field, or None; another type is refused."""
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise Refusal("UNPROCESSABLE", f"Invalid request.\n\nFor 'properties/{name}', {value!r:.40} is not a string.")


def required_text(fields: JSONBody, name: str) -> str:
    """A text field that must be there."""
    value = text(fields, name)
    if value is None:
        raise Refusal("UNPROCESSABLE", f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    return value


def moment(value: str, name: str) -> datetime:
    """A time that a request gives; anything else is refused."""
    try:
        return parse_time(value)
    except ValueError:
        message = f"Invalid request.\n\nFor 'properties/{name}', {value!r:.40} is not a valid date-time."
        raise Refusal("UNPROCESSABLE", message) from None


def names(fields: JSONBody, name: str) -> list[str]:
    """A list of texts, empty when it is missing."""
    value = fields.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Refusal(
            "UNPROCESSABLE", f"Invalid request.\n\nFor 'properties/{name}', it is not an array of strings."
        )
    return value


def answer(data: Any, status: int = 200) -> Response:
    """A JSON answer."""
    response = jsonify(data)
    response.status_code = status
    return response


def nothing() -> Response:
    """An answer without a body."""
    return Response(status=204)


def _page_number(name: str, default: int) -> int:
    value = request.args.get(name, "")
    return int(value) if value.isdigit() and int(value) > 0 else default


def paged(items: Sequence[T]) -> Sequence[T]:
    """The page of these items that the request asks for; the others are named in the Link header."""
    size = min(_page_number("per_page", PAGE_DEFAULT), PAGE_MAXIMUM)
    page = _page_number("page", 1)
    last = max(1, -(-len(items) // size))
    links: dict[str, int] = {}
    if page > 1:
        links |= {"prev": page - 1, "first": 1}
    if page < last:
        links |= {"next": page + 1, "last": last}
    if links:
        g.link = ", ".join(f'<{_page_url(number)}>; rel="{rel}"' for rel, number in links.items())
    return items[(page - 1) * size : page * size]


def _page_url(number: int) -> str:
    arguments = {**request.args, "page": str(number)}
    return f"{world().url}{request.path}?{urlencode(arguments)}"


def page_answer(items: Sequence[T], render: Callable[[T], Any]) -> Response:
    """One page of a plain list."""
    return answer([render(item) for item in paged(items)])
