"""The HTTP server: HTTP/1.1 on loopback with connections that stay open, a thread for each, and a clean end.

Werkzeug's own development server closes each connection after one answer, which costs more than most answers do.
"""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import sys
import threading
from collections.abc import Iterable
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

SOCKET_KEY = "sandbox.socket"
"""Where the WSGI environment carries the connection, for answers that break off."""
LONGEST_LINE = 64 * 1024
MOST_HEADERS = 200
BODILESS = ("1", "204", "304")


class _BadRequestError(Exception):
    """What came is no HTTP/1.1 request."""


class _Handler(socketserver.StreamRequestHandler):
    """One connection: requests one after the other until either side has enough."""

    disable_nagle_algorithm = True
    rbufsize = 64 * 1024
    server: Server

    def handle(self) -> None:
        """Answer until the connection ends."""
        with contextlib.suppress(OSError):
            while self._answer_one():
                pass

    def _answer_one(self) -> bool:
        line = self.rfile.readline(LONGEST_LINE)
        if not line.strip():
            return False
        try:
            environ = self._environ(line)
        except (_BadRequestError, ValueError):
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        goes_on = environ["SERVER_PROTOCOL"] == "HTTP/1.1"
        staying = bool(goes_on and environ.get("HTTP_CONNECTION", "").lower() != "close")
        status, headers, body = self._run(environ)
        self._send(status, headers, body, with_body=environ["REQUEST_METHOD"] != "HEAD", staying=staying)
        return staying

    def _environ(self, line: bytes) -> WSGIEnvironment:
        words = line.decode("latin-1").split()
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise _BadRequestError
        method, target, protocol = words
        path, _, query = target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": target,
            "SERVER_PROTOCOL": protocol,
            "SERVER_NAME": self.server.host,
            "SERVER_PORT": str(self.server.server_port),
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
            SOCKET_KEY: self.request,
        }
        self._read_headers(environ)
        if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ["wsgi.input"] = io.BytesIO(self._body(environ))
        return environ

    def _read_headers(self, environ: WSGIEnvironment) -> None:
        for _ in range(MOST_HEADERS):
            line = self.rfile.readline(LONGEST_LINE).decode("latin-1").rstrip("\r\n")
            if not line:
                return
            name, colon, value = line.partition(":")
            if not colon:
                raise _BadRequestError
            key = name.strip().upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            environ[key] = f"{environ[key]},{value.strip()}" if key in environ else value.strip()
        raise _BadRequestError

    def _body(self, environ: WSGIEnvironment) -> bytes:
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))

    def _chunks(self) -> Iterable[bytes]:
        while size := int(self.rfile.readline(LONGEST_LINE).partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline(LONGEST_LINE)
        while self.rfile.readline(LONGEST_LINE).strip():
            pass

    def _run(self, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> Any:
            started.append((status, headers))
            return None

        answer = self.server.app(environ, start_response)
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        return *started[-1], body

    def _send(
        self, status: str, headers: list[tuple[str, str]], body: bytes, *, with_body: bool, staying: bool
    ) -> None:
        named = {name.lower() for name, _ in headers}
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        if "content-length" not in named and not status.startswith(BODILESS):
            lines.append(f"Content-Length: {len(body)}")
        if "date" not in named:
            lines.append(f"Date: {formatdate(usegmt=True)}")
        lines.append(f"Connection: {'keep-alive' if staying else 'close'}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        # In one piece: else the body may wait for the other side to acknowledge the head.
        self.request.sendall(head + body if with_body else head)


class Server(socketserver.ThreadingTCPServer):
    """Remembers its open connections, so that stopping can end them."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        super().__init__((host, port), _Handler)
        self.app = app
        self.host = host
        self.server_port: int = self.server_address[1]
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
            end_connection(connection)
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


def end_connection(connection: socket.socket) -> None:
    """End a connection at once, whatever was still to be said."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
