"""The WSGI application: authentication, locking, faults, limits, ETags and logging around the handlers."""

from __future__ import annotations

import contextlib
import hashlib
import time
import traceback
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from . import graphql, rest
from .auth import caller_of
from .errors import Refusal
from .faults import Fault
from .limits import Limits
from .request_log import Exchange, RequestRecord
from .rest.common import WORLD_KEY, RedirectError, world
from .tokens import ANONYMOUS
from .world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DOCUMENTATION = "https://docs.github.com/rest"
API_VERSIONS = ("2022-11-28", "2026-03-10")


class SandboxApp(Flask):
    """Handles one request at a time, under the world's lock: the state is small and the answers are quick."""

    def full_dispatch_request(self) -> Response:
        """Handle one request."""
        state = world()
        g.operation, g.mutations, g.link, g.caller = None, (), None, ANONYMOUS
        g.started, g.begun = time.time(), time.perf_counter()
        hit = state.faults.take(request.method, request.path, request.get_data(as_text=True))
        for fault in hit:
            if fault.meanwhile is not None:
                fault.meanwhile()
        delay = sum(fault.delay for fault in hit)
        if delay:
            time.sleep(delay)
        failing = next((fault for fault in hit if fault.status is not None), None)
        if failing is not None and not failing.after:
            with contextlib.suppress(Refusal):
                g.caller = caller_of(state, request.headers.get("Authorization"))
            return self.finalize_request(_fault_answer(failing))
        with state.lock:
            response = super().full_dispatch_request()
        time.sleep(max(0.0, state.behaviour.latency - (time.perf_counter() - g.begun)))
        return _fault_answer(failing) if failing is not None else response


def _fault_answer(fault: Fault) -> Response:
    response = jsonify({"message": fault.message})
    response.status_code = fault.status or 502
    response.headers.update(fault.headers)
    return response


def _authenticate() -> None:
    version = request.headers.get("X-GitHub-Api-Version", world().behaviour.default_api_version)
    if version not in API_VERSIONS:
        raise Refusal("GONE", "This API version is not supported.")
    if not _acceptable(request.headers.get("Accept", "")):
        raise Refusal("UNSUPPORTED_MEDIA", "Unsupported 'Accept' header. Must accept 'application/json'.")
    g.caller = caller_of(world(), request.headers.get("Authorization"))
    Limits(world()).spend(g.caller, request.path)


def _refused(error: Refusal) -> ResponseReturnValue:
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
    return response


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
