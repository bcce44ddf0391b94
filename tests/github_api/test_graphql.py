"""What a GraphQL answer's errors mean, for reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.core.model import Wanted
from bot.github_api.errors import Forbidden, GitHubError, LimitReached, NotFound, Refused, Retryable
from bot.github_api.queries import compose
from tests.support.scripted_http import Reply

if TYPE_CHECKING:
    from tests.github_api.conftest import Stages

LIMIT = {"retry-after": "42"}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}, LimitReached),
        ({"data": {"repository": None}, "errors": [{"type": "RATE_LIMITED", "message": "slow"}]}, LimitReached),
        ({"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}, Retryable),
        (
            {"data": {"repository": None}, "errors": [{"message": "timed out", "path": ["repository"]}]},
            Retryable,
        ),
        ({"data": None, "errors": [{"type": "FORBIDDEN", "message": "no"}]}, Forbidden),
        ({"data": None, "errors": [{"type": "NOT_FOUND", "message": "no"}]}, NotFound),
        ({"errors": [{"message": "Field 'x' doesn't exist", "locations": [{"line": 1}]}]}, Refused),
        ({"errors": ["nonsense"]}, Retryable),
        ([], Retryable),
        ({"data": {"repository": None}}, NotFound),
    ],
)
def test_errors_of_a_read(stages: Stages, body: Any, error: type[GitHubError]) -> None:
    """Limits and outages inside HTTP 200 are found out; a broken document is told from an outage."""
    stage = stages.start(lambda _: Reply(200, body, LIMIT))
    with pytest.raises(error) as caught:
        stage.client.installation(1).read_open_pull_requests("meta/integration")
    assert type(caught.value) is error


def test_a_limit_inside_200_is_waited_for(stages: Stages) -> None:
    """The wait is the header's, as for a 403."""
    body = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    stage = stages.start(lambda _: Reply(200, body, LIMIT))
    with pytest.raises(Retryable) as caught:
        stage.client.installation(1).read_open_pull_requests("meta/integration")
    assert caught.value.retry_after == 42


def test_hostile_names_never_become_query_text() -> None:
    """Logins and paths travel as variables: the text of two policies with as many of each is the same."""
    hostile = ('x"){id}}', "docs/`$(rm)`.md", "a}{b/")
    documents = [
        compose("pull_request", Wanted((login,), (path,), (folder,)))
        for login, path, folder in (hostile, ("raj", "docs/a.md", "b/"))
    ]
    assert documents[0].text == documents[1].text
    assert dict(documents[0].variables) == {"u0": 'x"){id}}', "d0": "docs/`$(rm)`.md", "f0": "a}{b"}


def test_each_thing_is_asked_once() -> None:
    """Logins that differ in case, folders that differ in slashes and repeated paths share an alias."""
    wanted = Wanted(("Raj", "raj"), ("docs/a.md", "docs/a.md"), ("", "backend", "backend/"))
    assert dict(compose("pull_request", wanted).variables) == {"u0": "raj", "d0": "docs/a.md", "f0": "backend"}
