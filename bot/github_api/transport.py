"""One HTTP exchange with GitHub: let through by the limiter, sent by PyGithub through our pool, and judged.

Nothing here retries: the queue does, after the wait that `Retryable.retry_after` names.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3.exceptions
from github import GithubException
from github.Auth import Auth
from github.Requester import Requester

from bot.github_api.budget import Budget, RequestCounter, RequestKind, RequestObservation, read_budget
from bot.github_api.connection import Origin, Pool, Redirected, StillWorking, using_pool
from bot.github_api.errors import Moved, Retryable
from bot.github_api.limits import (
    GRAPHQL,
    REST,
    Cost,
    Limiter,
    Said,
    in_background,
    pause_of_errors,
    pause_of_refusal,
)
from bot.github_api.limits_local import ObedientLimiter
from bot.github_api.refusals import OUTAGE_WAIT as OUTAGE_WAIT
from bot.github_api.refusals import judge
from bot.github_api.skew import GitHubClock

# Pinned, since 2026-03-10 drops fields of pull requests (docs: breaking changes changelog).
API_VERSION = "2022-11-28"
USER_AGENT = "trackgate"
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
    `creates_content` says how much of it notifies people (comments, requested reviews, issues, releases): True, or
    how many mutations. GitHub has a limit of its own for that (docs: REST, "About secondary rate limits").
    """

    verb: str
    path: str
    kind: RequestKind
    operation: str
    parameters: Mapping[str, str | int] | None = None
    body: Mapping[str, Any] | None = None
    upload: Upload | None = None
    creates_content: int = False


@dataclass(frozen=True, slots=True)
class Answer:
    """GitHub's answer: headers with names in lower case, and the parsed JSON.

    `paused` is the seconds of the pause that it asks for beside its data, as only a GraphQL answer can.
    """

    headers: Mapping[str, str]
    data: Any
    budget: Budget | None
    paused: float | None = None


@dataclass(frozen=True, slots=True)
class _Heard:
    """How an exchange went. `status` is None when no answer came; `failure` is PyGithub's, ours or none."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    data: Any = None
    failure: Exception | None = None


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
        limiter: Limiter | None = None,
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self.graphql_url = graphql_url
        self.origin = Origin.of(api_url)
        if Origin.of(graphql_url) != self.origin:
            raise ValueError("the GraphQL address must have the scheme, host and port of the REST address")
        self.clock = GitHubClock(clock)
        self.limiter = limiter or ObedientLimiter()
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
        self.limiter.close()

    def send(self, request: Request, credential: Auth | None, account: str) -> Answer:
        """Send `request` on an account of the limiter; a read that GitHub moved is followed within the same API.

        Raises the errors of `errors.py`: LimitReached before anything was sent, or when GitHub says so.
        """
        path = request.path
        for _ in range(MOST_REDIRECTS + 1):
            try:
                return self._send_once(request, path, credential, account)
            except Redirected as redirect:
                path = self._new_path(request, redirect)
        raise Moved(f"{request.operation}: GitHub redirected more than {MOST_REDIRECTS} times")

    def _send_once(self, request: Request, path: str, credential: Auth | None, account: str) -> Answer:
        resource = GRAPHQL if request.path == self.graphql_url else REST
        is_write = request.kind is RequestKind.WRITE or (request.verb != "GET" and resource == REST)
        cost = Cost(account, resource, is_write, int(request.creates_content), in_background())
        permit = self.limiter.acquire(cost)
        self.counter.add(request.kind)
        started = time.perf_counter()
        heard = _Heard()
        try:
            heard = self._exchange(request, path, credential)
        finally:
            budget, said = self._understand(resource, heard)
            seconds = time.perf_counter() - started
            for observe in self._observers:
                observe(RequestObservation(request.kind, request.operation, heard.status, seconds, budget))
            paused = self.limiter.settle(permit, said)
        if isinstance(heard.failure, GithubException):
            raise judge(request.operation, heard.failure, heard.headers, paused)
        if heard.failure is not None:
            raise heard.failure
        return Answer(heard.headers, heard.data, budget, paused)

    def _understand(self, resource: str, heard: _Heard) -> tuple[Budget | None, Said]:
        """What an answer says about limits, and about the time."""
        self.clock.note(heard.headers)
        budget = read_budget(heard.headers)
        resets_in = self.clock.seconds_until(budget.resets_at, heard.headers) if budget is not None else 0.0
        if isinstance(heard.failure, GithubException):
            words = heard.data.get("message", "") if isinstance(heard.data, dict) else ""
            pause = pause_of_refusal(heard.failure.status, resource, heard.headers, words, resets_in)
            return budget, Said(budget, resets_in, pause)
        if heard.failure is not None or heard.status is None:
            return budget, Said()
        errors = resource == GRAPHQL and isinstance(heard.data, dict) and "errors" in heard.data
        pause = (
            pause_of_errors(heard.data, heard.headers, resets_in if budget is not None else None)
            if errors
            else None
        )
        return budget, Said(budget, resets_in, pause, succeeded=True)

    def _exchange(self, request: Request, path: str, credential: Auth | None) -> _Heard:
        """Send once, and hear how it went. What became of a request without an answer is unknown."""
        unanswered = ""
        try:
            parameters = dict(request.parameters) if request.parameters and path == request.path else None
            if request.upload is None:
                with using_pool(self._pool):
                    headers, data = self._requester(credential, self._api_url).requestJsonAndCheck(
                        request.verb, path, parameters=parameters, input=request.body
                    )
            else:
                headers, data = self._upload(request, request.upload, credential, parameters)
            return _Heard(200, headers, data)
        except GithubException as error:
            said = {name.lower(): str(value) for name, value in (error.headers or {}).items()}
            return _Heard(error.status, said, error.data, error)
        except Redirected as redirect:
            return _Heard(redirect.status, failure=redirect)
        except StillWorking:
            return _Heard(202, failure=Retryable(f"{request.operation}: GitHub is still working", OUTAGE_WAIT))
        except urllib3.exceptions.NewConnectionError:  # a TimeoutError by inheritance, but a refusal
            unanswered = "no connection"
        except urllib3.exceptions.TimeoutError:
            unanswered = "no answer in time"
        except (urllib3.exceptions.HTTPError, OSError) as error:
            unanswered = f"no connection ({type(error).__name__})"
        except ValueError:
            unanswered = "the answer is not JSON"
        return _Heard(failure=Retryable(f"{request.operation}: {unanswered}", OUTAGE_WAIT))

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
        """The path below our root that GitHub redirects to. Raises Moved for a write, and for any other root."""
        path = self._path_below_root(redirect.location or "")
        if request.verb != "GET":
            text = f"{request.operation}: GitHub redirected a write ({redirect.status}); nothing was written"
            raise Moved(text, *moved_to(path))
        if path is None:
            raise Moved(f"{request.operation}: GitHub redirected away from the configured API")
        return path

    def _path_below_root(self, location: str) -> str | None:
        root = urlsplit(self._api_url).path
        if location.startswith("/") and not location.startswith("//"):
            location = f"{self._api_url[: -len(root) or None]}{location}"
        try:
            parts, origin = urlsplit(location), Origin.of(location)
        except ValueError:
            return None
        if origin != self.origin or not parts.path.startswith(f"{root}/"):
            return None
        path = parts.path.removeprefix(root)
        return f"{path}?{parts.query}" if parts.query else path


def moved_to(path: str | None) -> tuple[str | None, int | None]:
    """The repository, as `owner/name` or as its ID, that a redirect below the API's root leads to."""
    if found := re.match(r"/repositories/(\d{1,18})(?:[/?]|$)", path or ""):
        return None, int(found[1])
    if found := re.match(r"/repos/([\w.-]+/[\w.-]+)(?:[/?]|$)", path or "", re.ASCII):
        return found[1], None
    return None, None


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
