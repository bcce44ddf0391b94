"""A TCP port whose connections are passed on to several targets in turn: a load balancer of the plainest kind."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

CONNECT_SECONDS = 2.0
Address = tuple[str, int]


@contextmanager
def relay(listen: Address, targets: Sequence[Address]) -> Iterator[None]:
    """Pass connections on while the block runs; one whose target does not answer is closed."""
    turn, ends = itertools.cycle(targets), list[socket.socket]()
    with socket.create_server(listen) as listener:
        ends.append(listener)
        threading.Thread(target=_accept, args=(listener, turn, ends), daemon=True).start()
        try:
            yield
        finally:
            for end in ends:
                _end(end)


def _accept(listener: socket.socket, turn: Iterator[Address], ends: list[socket.socket]) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            ends.append(client)
            threading.Thread(target=_connect, args=(client, next(turn), ends), daemon=True).start()


def _connect(client: socket.socket, target: Address, ends: list[socket.socket]) -> None:
    try:
        server = socket.create_connection(target, CONNECT_SECONDS)
    except OSError:
        _end(client)
        return
    server.settimeout(None)
    ends.append(server)
    threading.Thread(target=_pass_on, args=(server, client), daemon=True).start()
    _pass_on(client, server)


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
