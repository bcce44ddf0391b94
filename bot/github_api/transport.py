"""One HTTP exchange with GitHub: sent by PyGithub through our pool, counted, and judged.

Nothing here retries: the queue does, after the wait that `Retryable.retry_after` names.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3.exceptions
from github import GithubException
from github.Auth import Auth
from github.Requester import Requester

from bot.github_api.budget import (
    Budget,
    RequestCounter,
    RequestKind,
    RequestObservation,
    read_budget,
    wait_for_limit,
)
from bot.github_api.connection import Origin, Pool, Redirected, StillWorking, using_pool
from bot.github_api.errors import (
    BadCredentials,
    Forbidden,
    GitHubError,
    Moved,
    NotFound,
    Refused,
    Retryable,
    plain_text,
)

# Pinned, since 2026-03-10 drops fields of pull requests (docs: breaking changes changelog).
API_VERSION = "2022-11-28"
USER_AGENT = "trackgate"
OUTAGE_WAIT = 5.0
MOST_REDIRECTS = 3


class _SilentLogger(logging.Logger):
    """PyGithub logs whole exchanges, minted tokens among them, at level DEBUG. This one no setting can turn on."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: ARG002, N802 - the name is logging's
        return False


Requester.injectLogger(_SilentLogger("github"))

Observer = Callable[[RequestObservation], None]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `path` is below the API's root; `operation` names it in errors and counts."""

    verb: str
    path: str
    kind: RequestKind
    operation: str
    parameters: Mapping[str, str | int] | None = None
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """GitHub's answer: headers with names in lower case, and the parsed JSON."""

    headers: Mapping[str, str]
    data: Any
    budget: Budget | None


class Transport:
    """Sends requests to one API. One for the process; threads share it."""

    def __init__(
        self,
        api_url: str,
        graphql_url: str,
        clock: Callable[[], datetime],
        *,
        timeout: float,
        pool_size: int = 32,
        observers: Iterable[Observer] = (),
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self.graphql_url = graphql_url
        self.origin = Origin.of(api_url)
        if Origin.of(graphql_url) != self.origin:
            raise ValueError("the GraphQL address must have the scheme, host and port of the REST address")
        self.clock = clock
        self.counter = RequestCounter()
        self._observers = tuple(observers)
        self._timeout = timeout
        self._pool = Pool(self.origin, timeout, pool_size)

    def close(self) -> None:
        """Close idle connections."""
        self._pool.close()

    def send(self, request: Request, credential: Auth | None) -> Answer:
        """Send `request`; a read that GitHub moved is followed within the same API.

        Raises the errors of `errors.py`.
        """
        path = request.path
        for _ in range(MOST_REDIRECTS + 1):
            try:
                return self._send_once(request, path, credential)
            except Redirected as redirect:
                path = self._new_path(request, redirect)
        raise Moved(f"{request.operation}: GitHub redirected more than {MOST_REDIRECTS} times")

    def _send_once(self, request: Request, path: str, credential: Auth | None) -> Answer:
        self.counter.add(request.kind)
        started = time.perf_counter()
        status: int | None = None
        budget: Budget | None = None
        try:
            with using_pool(self._pool):
                headers, data = self._requester(credential).requestJsonAndCheck(
                    request.verb,
                    path,
                    parameters=dict(request.parameters) if request.parameters and path == request.path else None,
                    input=request.body,
                )
            status, budget = 200, read_budget(headers)
            return Answer(headers, data, budget)
        except GithubException as error:
            status, budget = error.status, read_budget(error.headers or {})
            raise self._judge(request.operation, error) from None
        except (Redirected, StillWorking) as answer:
            status = getattr(answer, "status", 202)
            if isinstance(answer, StillWorking):
                raise Retryable(f"{request.operation}: GitHub is still working", OUTAGE_WAIT) from None
            raise
        except urllib3.exceptions.NewConnectionError:  # a TimeoutError by inheritance, but a refusal
            raise Retryable(f"{request.operation}: no connection", OUTAGE_WAIT) from None
        except urllib3.exceptions.TimeoutError:
            raise Retryable(f"{request.operation}: no answer in time", OUTAGE_WAIT) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Retryable(f"{request.operation}: no connection ({type(error).__name__})", OUTAGE_WAIT) from None
        except ValueError:
            raise Retryable(f"{request.operation}: the answer is not JSON", OUTAGE_WAIT) from None
        finally:
            seconds = time.perf_counter() - started
            for observe in self._observers:
                observe(RequestObservation(request.kind, request.operation, status, seconds, budget))

    def _requester(self, credential: Auth | None) -> Requester:
        """A requester for one request: it keeps state that threads must not share, and is cheap to make."""
        return Requester(
            auth=credential,
            base_url=self._api_url,
            timeout=int(self._timeout),
            user_agent=USER_AGENT,
            per_page=100,
            verify=True,
            retry=None,
            pool_size=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            api_version=API_VERSION,
        )

    def _new_path(self, request: Request, redirect: Redirected) -> str:
        if request.verb != "GET":
            raise Moved(f"{request.operation}: GitHub redirected a write ({redirect.status}); nothing was written")
        location = redirect.location or ""
        if location.startswith("/") and not location.startswith("//"):
            location = f"{self._api_url[: -len(urlsplit(self._api_url).path) or None]}{location}"
        root = urlsplit(self._api_url).path
        try:
            parts, origin = urlsplit(location), Origin.of(location)
        except ValueError:
            raise Moved(f"{request.operation}: GitHub redirected to no usable address") from None
        if origin != self.origin or not parts.path.startswith(f"{root}/"):
            raise Moved(f"{request.operation}: GitHub redirected away from the configured API")
        path = parts.path.removeprefix(root)
        return f"{path}?{parts.query}" if parts.query else path

    def _judge(self, operation: str, error: GithubException) -> GitHubError:
        """The error of our family that fits GitHub's status, headers and words."""
        headers = {name.lower(): str(value) for name, value in (error.headers or {}).items()}
        said = error.data.get("message", "") if isinstance(error.data, dict) else ""
        text = f"{operation}: {error.status} {plain_text(said)}".rstrip()
        if error.status >= 500:
            return Retryable(text, _seconds(headers.get("retry-after"), OUTAGE_WAIT))
        if error.status in (403, 429) and _is_limit(error.status, headers, said):
            return Retryable(text, wait_for_limit(headers, self.clock()))
        if error.status == 401:
            return BadCredentials(text)
        if error.status == 403:
            permission = headers.get("x-accepted-github-permissions")
            return Forbidden(text, plain_text(permission) if permission else None)
        if error.status in (404, 410):
            return NotFound(text)
        return Refused(text, error.status)


def _is_limit(status: int, headers: Mapping[str, str], said: object) -> bool:
    return (
        status == 429
        or "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in str(said).lower()
    )


def _seconds(text: str | None, otherwise: float) -> float:
    try:
        return max(1.0, float(text)) if text is not None else otherwise
    except ValueError:
        return otherwise
