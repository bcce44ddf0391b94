"""The control port: `POST /<command>` with a JSON object of arguments, answered with a JSON value."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..errors import Refusal
from ..server import Server
from . import observation, seeds, storms, webhooks  # noqa: F401 - they bring the commands
from .registry import COMMANDS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from ..sandbox import Sandbox

REASONS = {200: "200 OK", 400: "400 Bad Request", 404: "404 Not Found", 415: "415 Unsupported Media Type"}


class ControlApp:
    """The WSGI application of one sandbox's control port."""

    def __init__(self, github: Sandbox) -> None:
        self._github = github

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, value = self._answer(environ)
        content = json.dumps(value).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        start_response(REASONS[status], headers)
        return [content]

    def _answer(self, environ: WSGIEnvironment) -> tuple[int, Any]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        given = environ["wsgi.input"].read(length)
        # A web page of somebody else cannot send this type without asking first.
        if environ.get("CONTENT_TYPE") != "application/json" or environ["REQUEST_METHOD"] != "POST":
            return 415, {"error": "send JSON by POST"}
        function = COMMANDS.get(environ["PATH_INFO"].strip("/"))
        if function is None:
            return 404, {"error": "there is no such command"}
        try:
            return 200, {"value": function(self._github, **json.loads(given or b"{}"))}
        except (LookupError, TypeError, ValueError, TimeoutError, Refusal) as error:
            return 400, {"error": f"{type(error).__name__}: {error}"}


def control_server(github: Sandbox, port: int = 0) -> Server:
    """A server of the commands on loopback; `start()` and `stop()` it."""
    return Server(ControlApp(github), "127.0.0.1", port)
