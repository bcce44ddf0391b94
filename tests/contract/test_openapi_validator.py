"""The OpenAPI validator accepts GitHub's own examples and catches every kind of fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.openapi import OpenApi
from tests.contract.openapi_router import Router

pytestmark = pytest.mark.contract

JSON = {"Content-Type": "application/json; charset=utf-8"}
RUN = {"name": "gate", "head_sha": "a" * 40, "status": "in_progress"}
RUNS = "/repos/meta/integration/check-runs"


@pytest.fixture
def check(openapi: OpenApi) -> Callable[..., list[str]]:
    """Checks an exchange, of which each test changes what it is about; by default a check run is created."""

    def check(
        method: str = "POST",
        path: str = RUNS,
        query: dict[str, Any] | None = None,
        request: object = None,
        status: int = 201,
        headers: dict[str, str] = JSON,
        **answer: Any,
    ) -> list[str]:
        body = answer["body"] if "body" in answer else openapi.example("check-run")
        return openapi.check_exchange(method, path, query or {}, request, status, headers, body)

    return check


def test_an_exchange_as_documented_has_no_problem(check: Callable[..., list[str]]) -> None:
    """GitHub's own example of a check run is accepted."""
    assert check(request=RUN) == []


def test_a_missing_member_of_an_answer_is_found(openapi: OpenApi, check: Callable[..., list[str]]) -> None:
    """Each required member of an answer is required, also one that lies deep inside."""
    for path in (["head_sha"], ["output", "title"], ["app"], ["check_suite", "id"]):
        body = openapi.example("check-run")
        holder = body
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]
        [problem] = check(request=RUN, body=body)
        assert f'"{path[-1]}" is a required property' in problem


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("id", "21"),
        ("status", "finished"),
        ("conclusion", "passed"),
        ("started_at", "yesterday"),
        ("pull_requests", None),
        ("output", None),
    ],
)
def test_a_wrong_value_in_an_answer_is_found(
    openapi: OpenApi, check: Callable[..., list[str]], member: str, value: object
) -> None:
    """Types, enumerations, date formats and null where it is not allowed."""
    [problem] = check(request=RUN, body={**openapi.example("check-run"), member: value})
    assert f"answer /{member}" in problem


def test_null_is_accepted_where_the_document_says_nullable(
    openapi: OpenApi, check: Callable[..., list[str]]
) -> None:
    """A nullable string, a nullable enumeration, a nullable object and a nullable reference may be null."""
    body = {**openapi.example("check-run"), "external_id": None, "conclusion": None, "app": None}
    assert check(request=RUN, body=body) == []


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        ({"name": "gate"}, '"head_sha" is a required property'),
        ({**RUN, "status": "done"}, "request /status"),
        ({**RUN, "output": {"title": "t"}}, '"summary" is a required property'),
        ({**RUN, "output": {"title": "t", "summary": "s" * 65_536}}, "request /output/summary"),
        ({**RUN, "externalId": "1"}, "request/externalId: undeclared member"),
        ({**RUN, "output": {"title": "t", "summary": "s", "body": ""}}, "request/output/body: undeclared"),
        (None, "body is missing"),
        ("text", "request "),
    ],
)
def test_a_faulty_request_is_found(check: Callable[..., list[str]], request_body: object, expected: str) -> None:
    """Missing, mistyped, oversize and misspelt members of a request, and a request without its body."""
    assert any(expected in problem for problem in check(request=request_body))


def test_a_request_that_was_refused_is_not_judged(check: Callable[..., list[str]]) -> None:
    """A client may send nonsense when the answer is GitHub's refusal; the refusal's own form is judged."""
    refusal = {"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest"}
    assert check(request={"name": "gate"}, status=403, body=refusal) == []
    assert check(request={"name": "gate"}, status=403, body={"error": "no"}) != []


def test_a_request_alone_is_judged_whatever_its_answer(openapi: OpenApi) -> None:
    """What a client may send does not depend on what came back."""
    assert openapi.check_request("POST", RUNS, {}, RUN) == []
    assert openapi.check_request("POST", RUNS, {}, {"name": "gate"}) != []
    assert openapi.check_request("POST", "/nowhere", {}, None) != []


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/repos/meta/integration/check-run/1", "unknown path"),
        ("GET", "/repos/meta/integration/", "unknown path"),
        ("GET", "/repos//integration", "unknown path"),
        ("DELETE", RUNS, "undocumented method"),
        ("GET", "/repos/meta/integration/pulls/seven", "path parameter pull_number"),
    ],
)
def test_a_path_that_github_does_not_serve_is_found(
    check: Callable[..., list[str]], method: str, path: str, expected: str
) -> None:
    """Unknown paths, empty segments, methods that a path has not, arguments of the wrong type."""
    problems = check(method=method, path=path, status=200, body={})
    assert any(expected in problem for problem in problems)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "open", "per_page": "100", "page": "2"}, None),
        ({"state": "merged"}, "query parameter state"),
        ({"per_page": "many"}, "query parameter per_page"),
        ({"base_branch": "main"}, "undeclared query parameter base_branch"),
    ],
)
def test_a_query_is_judged(check: Callable[..., list[str]], query: dict[str, str], expected: str) -> None:
    """Numbers arrive as text; enumerations and names are those of the document."""
    problems = check(method="GET", path="/repos/o/r/pulls", query=query, status=200, body=[])
    assert problems == [] if expected is None else expected in problems[0]


def test_statuses_and_media_types_are_judged(openapi: OpenApi, check: Callable[..., list[str]]) -> None:
    """An undocumented status, an answer that is not JSON, and a body where none belongs are found."""
    assert "undocumented status" in check(request=RUN, status=202)[0]
    assert "media type text/html" in check(request=RUN, headers={"content-type": "text/html"})[0]
    deletion = {"method": "DELETE", "path": "/repos/o/r/git/refs/tags/v1"}
    assert check(**deletion, status=204, headers={}, body=None) == []
    assert "no body" in check(**deletion, status=204, headers={}, body={"x": 1})[0]
    unread = {"method": "GET", "path": "/repos/o/r/contents/a.md", "status": 200}
    raw = {"Content-Type": "application/vnd.github.raw+json; charset=utf-8"}
    assert check(**unread, headers=raw, body=b"text") == []
    assert check(**unread, headers={"Content-Type": "text/plain"}, body=b"text") != []


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/repos/o/r/contents/docs/a%20b/c.md", "/repos/{owner}/{repo}/contents/{path}"),
        ("/repos/o/r/contents/", "/repos/{owner}/{repo}/contents/{path}"),
        ("/repos/o/r/git/ref/heads/feature/x", "/repos/{owner}/{repo}/git/ref/{ref}"),
        ("/repos/o/r/git/matching-refs/tags/v", "/repos/{owner}/{repo}/git/matching-refs/{ref}"),
        ("/repos/o/r/commits/main", "/repos/{owner}/{repo}/commits/{ref}"),
        ("/repos/o/r/commits/feature/x", "/repos/{owner}/{repo}/commits/{ref}"),
        ("/repos/o/r/commits/a/b/check-runs", "/repos/{owner}/{repo}/commits/{ref}/check-runs"),
        ("/repos/o/r/compare/main...feature/x", "/repos/{owner}/{repo}/compare/{basehead}"),
        ("/repos/o/r/branches/feature/x", "/repos/{owner}/{repo}/branches/{branch}"),
        ("/repos/o/r/branches/main/protection", "/repos/{owner}/{repo}/branches/{branch}/protection"),
        ("/repos/o/r/releases/latest", "/repos/{owner}/{repo}/releases/latest"),
        ("/repos/o/r/releases/7", "/repos/{owner}/{repo}/releases/{release_id}"),
        ("/repos/o/r/pulls/comments/7", "/repos/{owner}/{repo}/pulls/comments/{comment_id}"),
    ],
)
def test_the_most_specific_template_wins(openapi: OpenApi, path: str, template: str) -> None:
    """Greedy parameters swallow slashes, but never the literal end of a longer template."""
    assert openapi.route("GET", path) == f"GET {template}"


def test_greedy_arguments_arrive_decoded_and_whole() -> None:
    """The value of a greedy parameter keeps its slashes and loses its percent signs."""
    router = Router({"paths": {"/repos/{owner}/contents/{path}": {}}})
    found = router.find("/repos/o/contents/docs/a%20b/c.md")
    assert found is not None
    assert found[1] == {"owner": "o", "path": "docs/a b/c.md"}
    assert router.find("/repos/o/p/contents/docs") is None
