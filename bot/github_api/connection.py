"""The connection that PyGithub is given: one urllib3 pool for an API, and nothing shared between requests.

PyGithub keeps a request's verb, URL and body on its connection object between two calls, and shares that
object between threads. Injected connection classes are built anew for each request instead (PyGithub then does
not persist them), so the state of a request lives in one object that one thread holds. What is shared is the
pool, which urllib3 makes safe for threads.

A connection works only inside `using_pool`, and only for that pool's own scheme, host and port. So whatever a
redirect or a URL in an answer says, no request, and with it no token, goes to another host.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests.utils
import urllib3
from github.Requester import Requester

from bot.github_api.errors import Moved

DEFAULT_PORTS = {"http": 80, "https": 443}
CONNECT_TIMEOUT = 5.0


class Origin(NamedTuple):
    """Scheme, host and port: the one place a token may be sent to."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of an absolute http(s) URL without user information; else ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.username is not None:
            raise ValueError("expected an absolute http or https URL without user information")
        return cls(parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme])


class Pool:
    """Kept connections to one origin, with one timeout (seconds) for each answer."""

    def __init__(self, origin: Origin, timeout: float, size: int) -> None:
        self.origin = origin
        limits: dict[str, Any] = {
            "maxsize": size,
            "timeout": urllib3.Timeout(connect=CONNECT_TIMEOUT, read=timeout),
            "retries": False,
        }
        self.urllib3: urllib3.HTTPConnectionPool
        if origin.scheme == "https":
            self.urllib3 = urllib3.HTTPSConnectionPool(
                origin.host, origin.port, ssl_context=_trusted_authorities(), **limits
            )
        else:
            self.urllib3 = urllib3.HTTPConnectionPool(origin.host, origin.port, **limits)

    def close(self) -> None:
        """Close what is idle."""
        self.urllib3.close()


def _trusted_authorities() -> ssl.SSLContext:
    """The system's authorities (a company's own GitHub needs them) and those that come with `requests`."""
    context = ssl.create_default_context()
    context.load_verify_locations(requests.utils.DEFAULT_CA_BUNDLE_PATH)
    return context


_pool_in_use: ContextVar[Pool | None] = ContextVar("github_pool_in_use", default=None)


@contextmanager
def using_pool(pool: Pool) -> Iterator[None]:
    """Let the requests of this thread, inside the block, go through `pool`."""
    token = _pool_in_use.set(pool)
    try:
        yield
    finally:
        _pool_in_use.reset(token)


class Redirected(Exception):  # noqa: N818 - never leaves this package
    """GitHub answered 3xx. Raised before PyGithub can follow it or take it for success (it does for 307)."""

    def __init__(self, status: int, location: str | None) -> None:
        super().__init__(f"redirected ({status})")
        self.status = status
        self.location = location


class StillWorking(Exception):  # noqa: N818 - never leaves this package
    """GitHub answered 202 to a read. Raised before PyGithub can sleep on it."""


class _Answer:
    """The part of an HTTP answer that PyGithub looks at."""

    def __init__(self, answer: urllib3.BaseHTTPResponse) -> None:
        self.status = answer.status
        self.headers = dict(answer.headers.items())
        self._body = answer.data

    def getheaders(self) -> list[tuple[str, str]]:
        return list(self.headers.items())

    def read(self) -> str:
        return self._body.decode("utf-8", "replace")


class _Connection:
    """One request. The constructor's shape is PyGithub's; its `retry` is unused, as the queue retries."""

    scheme: str

    def __init__(self, host: str, port: int | None = None, **_settings: object) -> None:
        pool = _pool_in_use.get()
        if pool is None or pool.origin != Origin(self.scheme, host, port or DEFAULT_PORTS[self.scheme]):
            raise Moved("refused to send a request to a host other than the configured API")
        self.host = host
        self._pool = pool

    def request(
        self, verb: str, url: str, body: str | bytes | None, headers: dict[str, str], _stream: bool = False
    ) -> None:
        self._verb, self._url = verb, url
        self._headers = {**headers, "Accept-Encoding": "gzip"}
        self._body = body.encode("utf-8") if isinstance(body, str) else body

    def getresponse(self) -> _Answer:
        answer = self._pool.urllib3.request(
            self._verb,
            self._url,
            body=self._body,
            headers=self._headers,
            redirect=False,
            assert_same_host=True,
        )
        if 300 <= answer.status < 400 and answer.status != 304:
            raise Redirected(answer.status, answer.headers.get("location"))
        if answer.status == 202 and self._verb in ("GET", "HEAD"):
            raise StillWorking
        return _Answer(answer)

    def close(self) -> None:
        """Nothing: PyGithub closes the previous request's connection, which may be another thread's."""


class _HttpConnection(_Connection):
    scheme = "http"


class _HttpsConnection(_Connection):
    scheme = "https"


# PyGithub keeps its connection classes for the whole process, so once, at import, is the right time.
Requester.injectConnectionClasses(_HttpConnection, _HttpsConnection)  # type: ignore[arg-type]
