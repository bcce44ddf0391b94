"""The WSGI application: authentication, locking, faults, limits, ETags and logging around the handlers."""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
import traceback
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date

from . import graphql, rest
from .auth import caller_of
from .errors import Refusal
from .faults import Fault
from .limits import Limits
from .request_cost import cost_of
from .request_log import Exchange, RequestRecord
from .rest.common import WORLD_KEY, RedirectError, world
from .secondary_limits import holder_of
from .server import SOCKET_KEY, end_connection
from .tokens import ANONYMOUS, Caller
from .world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DOCUMENTATION = "https://docs.github.com/rest"
_MINTING = re.compile(r"/app/installations/(\d+)/access_tokens$")
API_VERSIONS = ("2022-11-28", "2026-03-10")


class SandboxApp(Flask):
    """Handles one request at a time, under the world's lock: the state is small and the answers are quick."""

    def full_dispatch_request(self) -> Response:
        """Handle one request."""
        state = world()
        g.operation, g.mutations, g.link, g.caller = None, (), None, ANONYMOUS
        g.started, g.begun = time.time(), time.perf_counter()
        known = state.tokens.find(request.headers.get("Authorization", "").rpartition(" ")[2])
        holder = None if known is None else holder_of(known)
        state.secondary.enter(holder)
        try:
            return self._with_faults(state, known)
        finally:
            state.secondary.leave(holder)

    def _with_faults(self, state: World, known: Caller | None) -> Response:
        hit = _faults(state, known) if state.faults else []
        for fault in hit:
            if fault.meanwhile is not None:
                fault.meanwhile()
        delay = sum(fault.delay for fault in hit)
        if delay:
            time.sleep(delay)
        failing = next((fault for fault in hit if fault.status is not None or fault.broken is not None), None)
        if failing is not None and not failing.after:
            with contextlib.suppress(Refusal):
                g.caller = caller_of(state, request.headers.get("Authorization"))
            return _broken(failing, self.finalize_request(_fault_answer(failing)))
        with state.lock:
            response = super().full_dispatch_request()
        left = state.behaviour.latency - (time.perf_counter() - g.begun)
        if left > 0:  # even a sleep of no time gives up the processor
            time.sleep(left)
        if failing is None:
            return response
        return _broken(failing, response if failing.status is None else _dated(_fault_answer(failing)))


def _faults(state: World, known: Caller | None) -> list[Fault]:
    """The faults that hit this request, which may ask for a token of an installation rather than use one."""
    asked = _MINTING.match(request.path)
    installation = int(asked[1]) if asked else None
    if known is not None and known.installation is not None:
        installation = known.installation.id
    return state.faults.take(request.method, request.path, request.get_data(as_text=True), installation)


def _fault_answer(fault: Fault) -> Response:
    response = jsonify({"message": fault.message} if fault.answer is None else dict(fault.answer))
    response.status_code = fault.status or 502
    response.headers.update(fault.headers)
    return response


def _broken(fault: Fault, response: Response) -> Response:
    """The answer, unless the fault ends the connection before it or in the middle of it."""
    connection = request.environ.get(SOCKET_KEY)
    if fault.broken is None or connection is None:
        return response
    if fault.broken == "truncated":
        content = response.get_data()
        head = f"HTTP/1.1 {response.status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
        connection.sendall(head.encode() + b"\r\n\r\n" + content[: len(content) // 2])
    end_connection(connection)
    return response


def _dated(response: Response) -> Response:
    response.headers["Date"] = http_date(world().clock.now())
    return response


def _authenticate() -> None:
    version = request.headers.get("X-GitHub-Api-Version", world().behaviour.default_api_version)
    if version not in API_VERSIONS:
        raise Refusal("GONE", "This API version is not supported.")
    if not _acceptable(request.headers.get("Accept", "")):
        raise Refusal("UNSUPPORTED_MEDIA", "Unsupported 'Accept' header. Must accept 'application/json'.")
    g.caller = caller_of(world(), request.headers.get("Authorization"))
    Limits(world()).spend(g.caller, request.path)
    if (holder := holder_of(g.caller)) is not None and request.path != "/rate_limit":
        world().secondary.spend(holder, cost_of(request.method, request.path, request.get_data()))


def _refused(error: Refusal) -> ResponseReturnValue:
    if error.status == 200:  # as GraphQL has it
        response = jsonify({"errors": [{"type": error.kind, "message": error.message}]})
    else:
        response = jsonify(_refusal_body(error))
    response.status_code = error.status
    response.headers.update(error.headers)
    return response


def _redirected(error: RedirectError) -> ResponseReturnValue:
    message = {301: "Moved Permanently", 307: "Temporary Redirect"}.get(error.status, "Found")
    response = jsonify({"message": message, "url": error.location, "documentation_url": DOCUMENTATION})
    response.status_code = error.status
    response.headers["Location"] = error.location
    return response


def _unrouted(error: HTTPException) -> ResponseReturnValue:
    status = 404 if error.code == 405 else (error.code or 500)
    message = "Not Found" if status == 404 else (error.name or "Error")
    body = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
    return jsonify(body), status


def _crashed(error: Exception) -> ResponseReturnValue:
    world().crashes.append("".join(traceback.format_exception(error)))
    return jsonify({"message": "Server Error"}), 500


def _finish(response: Response) -> Response:
    if g.link:
        response.headers["Link"] = g.link
    _older_fields(response)
    limits = Limits(world())
    if _unchanged(response):
        limits.give_back(g.caller, request.path)
    limits.show(g.caller, request.path, response)
    _record(world(), response)
    return _dated(response)


@lru_cache(maxsize=1)
def application() -> SandboxApp:
    """The one application of the process; which sandbox a request came to says its WSGI environment."""
    app = SandboxApp("sandbox", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 100 * 1024 * 1024
    app.url_map.strict_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.before_request(_authenticate)
    app.after_request(_finish)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(RedirectError, _redirected)
    app.register_error_handler(HTTPException, _unrouted)
    app.register_error_handler(Exception, _crashed)
    rest.register(app)
    graphql.register(app)
    return app


def bound_to(state: World) -> WSGIApplication:
    """The application, answering from this sandbox's state."""
    app = application()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[WORLD_KEY] = state
        return app(environ, start_response)

    return answer


def _acceptable(accept: str) -> bool:
    """Whether one of the media types that a client takes is one that GitHub gives."""
    kinds = [kind.partition(";")[0].strip() for kind in accept.split(",") if kind.strip()]
    given = ("*/*", "application/*", "application/json", "application/octet-stream")
    beginnings = ("application/vnd.github", "application/x-git-")
    return not kinds or any(kind in given or kind.startswith(beginnings) for kind in kinds)


def _refusal_body(error: Refusal) -> dict[str, Any]:
    body: dict[str, Any] = {"message": error.message}
    if error.errors:
        body["errors"] = list(error.errors)
    return {**body, "documentation_url": DOCUMENTATION, "status": str(error.status)}


def _unchanged(response: Response) -> bool:
    """Give reads an ETag, and answer 304 when the client has that version; returns whether it had."""
    if request.method != "GET" or response.status_code != 200 or request.path == "/rate_limit":
        return False
    token = g.caller.token.encode()
    digest = hashlib.sha256(token + b"\0" + response.get_data()).hexdigest()
    response.headers["ETag"] = f'"{digest}"'
    wanted = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if f'"{digest}"' not in wanted:
        return False
    response.status_code = 304
    response.set_data(b"")
    response.headers.pop("Content-Type", None)
    return True


def _older_fields(response: Response) -> None:
    """Take out what version 2026-03-10 no longer sends."""
    if request.headers.get("X-GitHub-Api-Version") != "2026-03-10" or not response.is_json:
        return
    if "/pulls" in request.path or "/issues" in request.path:
        data = _without(response.get_json(), {"merge_commit_sha", "assignee"})
    elif request.path == "/rate_limit":
        data = _without(response.get_json(), {"rate"})
    else:
        return
    response.set_data(jsonify(data).get_data())


def _without(data: Any, names: set[str]) -> Any:
    if isinstance(data, dict):
        return {key: _without(value, names) for key, value in data.items() if key not in names}
    return [_without(item, names) for item in data] if isinstance(data, list) else data


def _record(world: World, response: Response) -> None:
    graph = request.path == "/graphql"
    writing = bool(g.mutations) if graph else request.method not in ("GET", "HEAD")
    caller = g.caller
    world.requests.add(
        RequestRecord(
            method=request.method,
            path=request.path,
            kind="write" if writing else "read",
            token_kind=caller.kind,
            status=response.status_code,
            login=caller.account.login if caller.account else None,
            operation=g.operation,
            mutations=g.mutations,
            installation=caller.installation.id if caller.installation else None,
            token=hashlib.sha256(caller.token.encode()).hexdigest()[:12] if caller.token else "",
            started=g.started,
            duration=max(time.perf_counter() - g.begun, world.behaviour.latency),
        )
    )
    if graph or request.blueprint == "git_http" or not world.observers.rest:
        return
    exchange = Exchange(
        method=request.method,
        path=str(request.environ.get("RAW_URI", request.path)).partition("?")[0],
        query=request.query_string.decode("utf-8", "replace"),
        headers=dict(request.headers),
        body=request.get_data(),
        status=response.status_code,
        response_headers=dict(response.headers),
        response_body=response.get_data(),
    )
    for observer in world.observers.rest:
        observer(exchange)
