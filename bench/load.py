"""A load generator: prepared HTTP/1.1 requests over connections that stay open, from one thread.

Raw sockets and one selector: about 20 µs a request, so that the generator is not what is measured. Each connection
sends its next request as soon as the last one is answered. To measure a server on the same machine, run it as a
process of its own: `run_apart`, or

    python -m bench.load http://127.0.0.1:8000/webhooks/github --deliveries 5000 --connections 32

which reads GITHUB_WEBHOOK_SECRET, prepares the deliveries of `bench.deliveries`, and prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.deliveries import payloads, requests


@dataclass(frozen=True, slots=True)
class Load:
    """What was answered. `broken`: connections that ended without an answer, or never came about.

    `latencies` are seconds from the first byte sent to the last byte received, sorted.
    """

    statuses: dict[int, int]
    broken: int
    seconds: float
    latencies: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Answers of any kind in a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The latency in seconds that this share (0 to 1) of the answers did not exceed; 0 without answers."""
        if not self.latencies:
            return 0.0
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]

    def summary(self) -> dict[str, object]:
        """The figures for a table, as JSON can hold them; times in milliseconds."""
        return {
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "broken": self.broken,
            "seconds": round(self.seconds, 3),
            "per_second": round(self.per_second, 1),
            "p50_ms": round(self.percentile(0.5) * 1000, 2),
            "p99_ms": round(self.percentile(0.99) * 1000, 2),
            "max_ms": round(self.percentile(1.0) * 1000, 2),
        }


def send_all(host: str, port: int, prepared: Sequence[bytes], connections: int = 32) -> Load:
    """Send each request once, over this many connections at once. Returns when all are answered or broken."""
    return _Run((host, port), iter(prepared)).over(connections)


def run_apart(
    url: str, secret: str, *, deliveries: int, connections: int = 32, pull_requests: int = 200, run: str = ""
) -> dict[str, object]:
    """The same in a process of its own, with deliveries of `bench.deliveries`; gives `Load.summary()`."""
    options = [f"--deliveries={deliveries}", f"--connections={connections}", f"--pull-requests={pull_requests}"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", url, *options, f"--run={run}"],
        env={**os.environ, "GITHUB_WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    summary: dict[str, object] = json.loads(done.stdout)
    return summary


class _Connection:
    """One socket with the request that it is at."""

    __slots__ = ("begun", "left", "received", "socket")

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        self.left = memoryview(b"")
        self.received = b""
        self.begun = 0.0


class _Run:
    """One run: what is still to be sent, and what came back."""

    def __init__(self, address: tuple[str, int], prepared: Iterator[bytes]) -> None:
        self._address = address
        self._prepared = prepared
        self._statuses: Counter[int] = Counter()
        self._latencies: list[float] = []
        self._broken = 0
        self._selector = selectors.DefaultSelector()

    def over(self, connections: int) -> Load:
        """Send everything; the clock runs from the first request on."""
        opened = [self._connect() for _ in range(connections)]
        begun = time.perf_counter()
        for connection in opened:
            self._next(connection)
        while self._selector.get_map():
            for key, mask in self._selector.select():
                if mask & selectors.EVENT_WRITE:
                    self._send(key.data)
                else:
                    self._receive(key.data)
        seconds = time.perf_counter() - begun
        self._selector.close()
        return Load(dict(self._statuses), self._broken, seconds, tuple(sorted(self._latencies)))

    def _connect(self) -> _Connection:
        opened = socket.create_connection(self._address)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setblocking(False)
        connection = _Connection(opened)
        self._selector.register(opened, selectors.EVENT_READ, connection)
        return connection

    def _next(self, connection: _Connection) -> None:
        request = next(self._prepared, None)
        if request is None:
            self._end(connection)
            return
        connection.left, connection.received = memoryview(request), b""
        connection.begun = time.perf_counter()
        self._send(connection)

    def _send(self, connection: _Connection) -> None:
        try:
            sent = connection.socket.send(connection.left)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._break(connection)
            return
        connection.left = connection.left[sent:]
        waits_for = selectors.EVENT_WRITE if connection.left else selectors.EVENT_READ
        if self._selector.get_key(connection.socket).events != waits_for:
            self._selector.modify(connection.socket, waits_for, connection)

    def _receive(self, connection: _Connection) -> None:
        try:
            data = connection.socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._break(connection)
            return
        connection.received += data
        status = _status_of_whole(connection.received)
        if status is None:
            return
        self._latencies.append(time.perf_counter() - connection.begun)
        self._statuses[status] += 1
        self._next(connection)

    def _break(self, connection: _Connection) -> None:
        """The request is counted as broken; the others go on over a new connection, if there is one to be had."""
        self._broken += 1
        self._end(connection)
        try:
            renewed = self._connect()
        except OSError:
            return
        self._next(renewed)

    def _end(self, connection: _Connection) -> None:
        self._selector.unregister(connection.socket)
        connection.socket.close()


def _status_of_whole(received: bytes) -> int | None:
    """The status of an answer that is there in full; None while it is not."""
    head, separator, body = received.partition(b"\r\n\r\n")
    if not separator:
        return None
    start = head.lower().find(b"content-length:")
    length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
    return int(head[9:12]) if len(body) >= length else None


def main() -> None:
    """Prepare, send, print."""
    parser = argparse.ArgumentParser(description="Send signed deliveries as fast as they are answered.")
    parser.add_argument("url")
    parser.add_argument("--deliveries", type=int, default=5000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--pull-requests", type=int, default=200)
    parser.add_argument("--run", default="", help="a name: the same name gives the same GUIDs")
    chosen = parser.parse_args()
    address = urlsplit(chosen.url)
    host, port = address.hostname or "127.0.0.1", address.port or 80
    prepared = requests(
        os.environ["GITHUB_WEBHOOK_SECRET"],
        f"{host}:{port}",
        payloads(chosen.pull_requests),
        chosen.deliveries,
        path=address.path,
        run=chosen.run,
    )
    sys.stdout.write(json.dumps(send_all(host, port, prepared, chosen.connections).summary()) + "\n")


if __name__ == "__main__":
    main()
