"""A TCP port in front of a PostgreSQL on a Unix socket, which can be cut and opened again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from psycopg.conninfo import conninfo_to_dict

from tests.support.service import free_port


class Forwarder:
    """Nobody listens on `port` until `open`; `cut` breaks all connections and stops listening."""

    def __init__(self, database_url: str) -> None:
        parts = conninfo_to_dict(database_url)
        self._target = f"{parts['host']}/.s.PGSQL.5432"
        self.port = free_port()
        # The server asks nobody for a password: one is given to see that it is shown nowhere.
        self.url = f"postgresql://{parts['user']}:hunter22@127.0.0.1:{self.port}/{parts['dbname']}"
        self._listener: socket.socket | None = None
        self._ends: list[socket.socket] = []

    def open(self) -> None:
        """Let connections through from now on."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """As a database that goes away: every connection breaks, and new ones are refused."""
        if self._listener is not None:
            _end(self._listener)
            self._listener = None
        while self._ends:
            _end(self._ends.pop())

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                self._ends += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        _end(end)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in it, which closing alone does not
    one.close()


@contextmanager
def forwarder(database_url: str) -> Iterator[Forwarder]:
    """A forwarder, not open yet; cut at the end of the block."""
    one = Forwarder(database_url)
    try:
        yield one
    finally:
        one.cut()
