"""The HTTP server: a threaded WSGI server on loopback that ends cleanly, open connections included."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class QuietHandler(WSGIRequestHandler):
    """Answers at once (no Nagle delay between headers and body) and writes no access log."""

    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The sandbox has a request log of its own."""


class Server(ThreadedWSGIServer):
    """Remembers its open connections, so that stopping can end them."""

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        super().__init__(host, port, app, handler=QuietHandler)
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox-http", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.host}:{self.server_port}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and end every connection."""
        self.shutdown()
        self._thread.join()
        with self._guard:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection."""
        with self._guard:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)
