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
    Retryable,
    plain_text,
)
from bot.github_api.refusals import refusal

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
class Upload:
    """The bytes of a file, and its media type."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `path` is below the API's root; `operation` names it in errors and counts.

    One with an `upload` (a POST) is sent to where GitHub takes files, by the configuration (`uploads_root`).
    `creates_content`: it notifies people (comments, requested reviews, issues, releases), for which GitHub has a
    limit of its own (docs: REST, rate limits, "About secondary rate limits").
    """

    verb: str
    path: str
    kind: RequestKind
    operation: str
    parameters: Mapping[str, str | int] | None = None
    body: Mapping[str, Any] | None = None
    upload: Upload | None = None
    creates_content: bool = False


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
        self._uploads_url = uploads_root(self._api_url)
        uploads_origin = Origin.of(self._uploads_url)
        self._uploads_pool = (
            self._pool if uploads_origin == self.origin else Pool(uploads_origin, timeout, pool_size)
        )

    def close(self) -> None:
        """Close idle connections."""
        self._pool.close()
        self._uploads_pool.close()

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
            parameters = dict(request.parameters) if request.parameters and path == request.path else None
            if request.upload is None:
                with using_pool(self._pool):
                    headers, data = self._requester(credential, self._api_url).requestJsonAndCheck(
                        request.verb, path, parameters=parameters, input=request.body
                    )
            else:
                headers, data = self._upload(request, request.upload, credential, parameters)
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

    def _upload(
        self, request: Request, upload: Upload, credential: Auth | None, parameters: Mapping[str, Any] | None
    ) -> tuple[dict[str, Any], Any]:
        # Bytes are a file-like for PyGithub, which hands them on as they are.
        with using_pool(self._uploads_pool):
            return self._requester(credential, self._uploads_url).requestMemoryBlobAndCheck(
                request.verb,
                request.path,
                parameters,
                {"Content-Type": upload.media_type},
                upload.content,  # type: ignore[arg-type]
            )

    def _requester(self, credential: Auth | None, root: str) -> Requester:
        """A requester for one request: it keeps state that threads must not share, and is cheap to make."""
        return Requester(
            auth=credential,
            base_url=root,
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
        return refusal(operation, error.status, error.data)


def uploads_root(api_url: str) -> str:
    """Where GitHub takes the files of releases, by the configured REST root: never by what an answer says.

    github.com has a host of its own for it, GitHub Enterprise Server a path beside the API's (docs: REST, release
    assets; its servers entry in the OpenAPI document). Anything else takes them under its REST root.
    """
    if api_url == "https://api.github.com":
        return "https://uploads.github.com"
    if api_url.endswith("/api/v3"):
        return api_url.removesuffix("/v3") + "/uploads"
    return api_url


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
