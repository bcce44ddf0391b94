"""HTTP with GitHub: where tokens go, what answers mean, and that threads do not mix."""

from __future__ import annotations

import logging
import logging.config
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from bot.github_api.budget import RequestCounts, RequestKind
from bot.github_api.client import GitHubClient
from bot.github_api.connection import Origin
from bot.github_api.errors import (
    BadCredentials,
    Forbidden,
    GitHubError,
    Moved,
    NotFound,
    Refused,
    Retryable,
)
from tests.support.scripted_http import Received, Reply, scripted_server

if TYPE_CHECKING:
    from tests.github_api.conftest import Stages

NOW = datetime(2026, 2, 19, 12, 0, tzinfo=UTC)  # where the stages' clock stands

PERMISSION = {"permission": "write", "role_name": "maintain"}
REPOSITORIES = {"total_count": 0, "repositories": []}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_is_not_sent_where_a_redirect_leads(stages: Stages, status: int) -> None:
    """A redirect to another port of the same machine ends the request; nothing arrives there."""
    with scripted_server(lambda _: Reply(200, PERMISSION)) as elsewhere:
        stage = stages.start(lambda _: Reply(status, headers={"Location": f"{elsewhere.url}/stolen"}))
        with pytest.raises(Moved, match="away from the configured API"):
            stage.client.installation(1).read_permission("meta/integration", "sofia")
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    "location", ["//evil.example/x", "https://127.0.0.1/x", "ftp://127.0.0.1/", "http://user@127.0.0.1/", ""]
)
def test_a_strange_redirect_is_refused(stages: Stages, location: str) -> None:
    """Other schemes, other hosts, user information and no address at all."""
    stage = stages.start(lambda _: Reply(301, headers={"Location": location}))
    with pytest.raises(Moved):
        stage.client.installation(1).read_permission("meta/integration", "sofia")


@pytest.mark.parametrize("absolute", [True, False])
def test_a_read_of_a_renamed_repository_is_followed(stages: Stages, absolute: bool) -> None:
    """A redirect within the API costs a request and answers."""

    def script(received: Received) -> Reply:
        if received.path.startswith("/repositories/5/"):
            return Reply(200, PERMISSION)
        root = stage.server.url if absolute else ""
        return Reply(301, headers={"Location": f"{root}/repositories/5/collaborators/sofia/permission"})

    stage = stages.start(script)
    assert stage.client.installation(1).read_permission("meta/old", "sofia") == "maintain"
    assert stage.client.requests.counts().read == 2


def test_redirects_without_end_are_given_up(stages: Stages) -> None:
    """A loop of redirects ends after a few requests."""
    stage = stages.start(lambda received: Reply(301, headers={"Location": received.path}))
    with pytest.raises(Moved, match="more than 3 times"):
        stage.client.installation(1).read_permission("meta/integration", "sofia")


def test_a_redirected_write_is_refused(stages: Stages) -> None:
    """307 on POST, which PyGithub takes for success, is an error and is not followed."""
    stage = stages.start(lambda _: Reply(307, headers={"Location": f"{stage.server.url}/elsewhere"}))
    with pytest.raises(Moved, match="nothing was written"):
        stage.client.installation(1).read_open_pull_requests("meta/integration")
    assert [r.path for r in stage.server.requests if r.path == "/elsewhere"] == []


def test_the_api_version_is_pinned(stages: Stages) -> None:
    """Every request names the API version, as 2026-03-10 drops fields."""
    stage = stages.start(lambda _: Reply(200, REPOSITORIES))
    stage.client.installation(1).repositories()
    assert {r.headers["x-github-api-version"] for r in stage.server.requests} == {"2022-11-28"}


RATE_RESET = {"x-ratelimit-limit": "5000", "x-ratelimit-used": "5000", "x-ratelimit-remaining": "0"}


@pytest.mark.parametrize(
    ("reply", "error", "wait"),
    [
        (
            Reply(403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "37"}),
            Retryable,
            37,
        ),
        (Reply(429, {"message": "slow down"}), Retryable, 60),
        (
            Reply(403, {"message": "API rate limit exceeded"}, RATE_RESET | {"x-ratelimit-reset": "{reset}"}),
            Retryable,
            90,
        ),
        (Reply(502, b"<html>bad gateway</html>"), Retryable, 5),
        (Reply(503, {"message": "unavailable"}, {"Retry-After": "11"}), Retryable, 11),
        (Reply(202, b""), Retryable, 5),
        (Reply(None), Retryable, 5),
        (Reply(200, b"{not json"), Retryable, 5),
        (Reply(403, {"message": "Resource not accessible by integration"}), Forbidden, None),
        (Reply(401, {"message": "Bad credentials"}), BadCredentials, None),
        (Reply(422, {"message": "Validation Failed"}), Refused, None),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Reply) else None,
)
def test_what_an_answer_means(stages: Stages, reply: Reply, error: type[GitHubError], wait: float | None) -> None:
    """Limits, outages and refusals each become their error, with the wait that GitHub asks for."""
    headers = {
        name: value.replace("{reset}", str(int(_in_ninety_seconds()))) for name, value in reply.headers.items()
    }
    stage = stages.start(lambda _: Reply(reply.status, reply.body, headers))
    with pytest.raises(error) as caught:
        stage.client.installation(1).repositories()
    assert getattr(caught.value, "retry_after", None) == wait


def _in_ninety_seconds() -> float:
    return (NOW + timedelta(seconds=90)).timestamp()


def test_a_missing_permission_is_named(stages: Stages) -> None:
    """The error carries what GitHub's header says it would accept."""
    headers = {"x-accepted-github-permissions": "contents=write"}
    stage = stages.start(lambda _: Reply(403, {"message": "Resource not accessible by integration"}, headers))
    with pytest.raises(Forbidden) as caught:
        stage.client.installation(1).repositories()
    assert caught.value.permission == "contents=write"


def test_no_answer_in_time(stages: Stages) -> None:
    """A server that says nothing becomes a Retryable."""
    over = Event()
    stage = stages.start(lambda _: Reply(200, REPOSITORIES) if over.wait(10) else Reply(500), timeout=0.2)
    try:
        with pytest.raises(Retryable, match="no answer in time"):
            stage.client.installation(1).repositories()
    finally:
        over.set()


def test_nobody_listens(key_pem: str, stages: Stages) -> None:
    """A refused connection becomes a Retryable."""
    with scripted_server(lambda _: Reply()) as gone:
        url = gone.url
    stage = stages.start(lambda _: Reply())
    client = GitHubClient(url, f"{url}/graphql", "77", key_pem, lambda: stage.now)
    with pytest.raises(Retryable, match="no connection"):
        client.identity()


def test_errors_carry_no_secret_and_no_markup(stages: Stages) -> None:
    """What GitHub says comes out as one plain line."""
    hostile = "<b>@meta/all</b> `x` ghs_secret1 eyJhbGciOi.abc\n\u202eright to left"
    stage = stages.start(lambda _: Reply(422, {"message": hostile}))
    with pytest.raises(Refused) as caught:
        stage.client.installation(1).repositories()
    text = str(caught.value)
    assert text == "list repositories: 422 bmeta/all/b x (secret removed) (secret removed) right to left"


def test_no_token_is_logged(stages: Stages, caplog: pytest.LogCaptureFixture) -> None:
    """With every logger turned on and at DEBUG, neither the JWT nor the token appears."""
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    caplog.set_level(logging.DEBUG)
    logging.getLogger("github.Requester").setLevel(logging.DEBUG)
    stage = stages.start(lambda _: Reply(200, REPOSITORIES))
    stage.client.installation(1).repositories()
    assert stage.minted == 1
    assert "ghs_" not in caplog.text
    assert "eyJ" not in caplog.text


def test_requests_are_counted_and_observed(stages: Stages) -> None:
    """Each request counts by its kind, and the observer and the budget get GitHub's own numbers."""
    limits = {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "4999",
        "x-ratelimit-used": "1",
        "x-ratelimit-reset": "1771506000",
        "x-ratelimit-resource": "core",
    }
    stage = stages.start(lambda _: Reply(200, REPOSITORIES, limits))
    installation = stage.client.installation(1)
    installation.repositories()
    assert stage.client.requests.counts() == RequestCounts(read=1, write=0, authentication=1)
    assert [(o.kind, o.operation, o.status) for o in stage.observed] == [
        (RequestKind.AUTHENTICATION, "mint an installation token", 200),
        (RequestKind.READ, "list repositories", 200),
    ]
    assert installation.budgets["core"].remaining == 4999
    assert stage.client.requests.reset().read == 1
    assert stage.client.requests.counts() == RequestCounts()


def test_graphql_must_be_on_the_same_api(key_pem: str, stages: Stages) -> None:
    """Settings that would send tokens to a second host are refused at start."""
    stage = stages.start(lambda _: Reply())
    with pytest.raises(ValueError, match="scheme, host and port"):
        GitHubClient("https://api.github.com", "https://evil.example/graphql", "77", key_pem, lambda: stage.now)


@pytest.mark.parametrize(
    "url", ["api.github.com", "ftp://api.github.com", "https://me:pw@api.github.com", "https://"]
)
def test_an_address_must_be_plain(url: str) -> None:
    """An API address has a scheme and a host, and no user information."""
    with pytest.raises(ValueError, match="absolute http"):
        Origin.of(url)


@pytest.mark.parametrize("repository", ["meta", "meta/a/b", "/x", "meta/..", "../app"])
def test_a_repository_name_cannot_leave_its_path(stages: Stages, repository: str) -> None:
    """What is not owner/name is not asked for."""
    stage = stages.start(lambda _: Reply(200, PERMISSION))
    with pytest.raises(NotFound):
        stage.client.installation(1).read_permission(repository, "sofia")
    assert stage.server.requests == []


def test_a_login_cannot_leave_its_path(stages: Stages) -> None:
    """A login with slashes and a query is one quoted step of the path."""
    stage = stages.start(lambda _: Reply(404, {"message": "Not Found"}))
    assert stage.client.installation(1).read_permission("meta/integration", "a/../b?c=d") == "none"
    path = stage.server.requests[-1].path
    assert path == "/repos/meta/integration/collaborators/a%2F..%2Fb%3Fc%3Dd/permission"


LEVELS = ("admin", "maintain", "write", "triage", "read")


@contextmanager
def _eager_thread_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def test_threads_never_get_each_others_answers(stages: Stages) -> None:
    """Many threads through one pool, GET and POST mixed: each answer belongs to its own question."""

    def script(received: Received) -> Reply:
        if received.method == "GET":
            return Reply(200, {"role_name": LEVELS[int(received.path.split("-")[1].split("/")[0]) % 5]})
        owner = received.json["variables"]["owner"]
        node = {
            "number": int(owner.removeprefix("o")),
            "headRefOid": received.headers["authorization"],
            "baseRefName": owner,
            "isDraft": False,
            "title": "",
            "author": None,
            "updatedAt": "2026-02-19T12:00:00Z",
        }
        page = {"nodes": [node], "pageInfo": {"hasNextPage": False}}
        return Reply(200, {"data": {"repository": {"pullRequests": page}}})

    stage = stages.start(script)

    def ask(number: int) -> bool:
        installation = stage.client.installation(1)
        if number % 2:
            return installation.read_permission("meta/integration", f"person-{number}") == LEVELS[number % 5]
        (found,) = installation.read_open_pull_requests(f"o{number}/x")
        return found.number == number and found.base_branch == f"o{number}"

    with _eager_thread_switches(), ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, range(800)))
    assert answers.count(False) == 0
    assert stage.minted == 1
