"""The rare answers to what a release asks for: gone meanwhile, endless, or only just now not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.release_model import ExistingTag
from bot.github_api.cache import Kept
from bot.github_api.errors import NotFound, Refused, Retryable
from tests.support.pull_request_answers import HEAD
from tests.support.scripted_http import Received, Reply

if TYPE_CHECKING:
    from bot.github_api.client import Installation
    from tests.github_api.conftest import Stage, Stages

REPOSITORY = "meta/integration"


def on(stages: Stages, answer: Callable[[Received], Any]) -> tuple[Stage, Installation]:
    """An installation of a GitHub that answers so; a body alone is sent with 200."""

    def script(received: Received) -> Reply:
        found = answer(received)
        return found if isinstance(found, Reply) else Reply(200, found)

    stage = stages.start(script)
    return stage, stage.client.installation(1)


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    """And what is asked for stays."""
    kept: Kept[str, int] = Kept(2)
    kept.keep("a", 1)
    kept.keep("b", 2)
    assert kept.get("a") == 1
    assert kept.keep("c", 3) == 3
    assert [kept.get(key) for key in "abc"] == [1, None, 3]


def test_a_commit_of_more_files_than_github_lists(stages: Stages) -> None:
    """Thirty full pages are not all for sure."""
    stage, installation = on(stages, lambda _: {"files": [{"filename": f"{n}"} for n in range(100)]})
    assert not installation.read_commit_paths(REPOSITORY, HEAD).is_complete
    assert stage.client.requests.counts().read == 30


def test_a_history_of_a_commit_that_is_gone(stages: Stages) -> None:
    """NotFound, and not a folder that nobody ever touched."""
    _, installation = on(stages, lambda _: {"data": {"repository": {"id": "R_1", "object": None}}})
    with pytest.raises(NotFound):
        installation.read_history(REPOSITORY, "main", HEAD, "qa/")


def test_a_pull_request_of_more_files_than_github_lists(stages: Stages) -> None:
    """Its first page is all that is asked for, and is not complete."""
    files = {"pageInfo": {"hasNextPage": True, "endCursor": "x"}, "nodes": [{"path": "a", "changeType": "ADDED"}]}
    pull = {"headRefOid": HEAD, "changedFiles": 3_001, "files": files}
    stage, installation = on(stages, lambda _: {"data": {"repository": {"id": "R_1", "n0": pull}}})
    (found,) = installation.read_pull_request_paths(REPOSITORY, [7]).values()
    assert (found.paths, found.is_complete) == (("a",), False)
    assert stage.client.requests.counts().read == 1


def test_a_ruleset_that_is_gone_by_then(stages: Stages) -> None:
    """It was listed, and is left out; the others are read, over more than a page."""

    def answer(received: Received) -> Any:
        path, _, query = received.path.partition("?")
        if path.endswith("/rulesets"):
            count = 100 if "page=1" in query.split("&") else 2
            return [{"id": n, "target": "tag" if n == 1 else "branch"} for n in range(count)]
        return {"id": 1} if len(stage.server.requests) == 4 else Reply(404, {"message": "Not Found"})

    stage, installation = on(stages, answer)
    assert [ruleset["id"] for ruleset in installation.read_rulesets(REPOSITORY)] == [1]
    assert len(stage.server.requests) == 5


def test_tags_of_tags_without_end(stages: Stages) -> None:
    """They lead to no commit, and somebody stops looking."""

    def answer(received: Received) -> Any:
        target = {"type": "tag", "sha": HEAD}
        return {"object": target, **({"ref": "refs/tags/v1"} if "/git/ref/" in received.path else {})}

    stage, installation = on(stages, answer)
    assert installation.read_tag(REPOSITORY, "v1") == ExistingTag(HEAD, None)
    assert stage.client.requests.counts().read == 11


def test_names_that_begin_alike_are_no_branch(stages: Stages) -> None:
    """A list, or another reference, is an answer to another question."""
    for body in ([{"ref": "refs/heads/main-2"}], {"ref": "refs/heads/main-2", "object": {"sha": HEAD}}):
        _, installation = on(stages, lambda _, body=body: body)
        assert installation.read_branch_head(REPOSITORY, "main") is None


@pytest.mark.parametrize(
    ("problem", "error"),
    [
        ({"type": "RATE_LIMITED", "message": "slow down"}, Retryable),
        ({"message": "Something went wrong"}, Retryable),
        ({"type": "NOT_FOUND", "message": "gone"}, NotFound),
        ({"type": "UNPROCESSABLE", "message": "Body is too long"}, Refused),
        (None, Retryable),
    ],
)
def test_a_comment_that_github_does_not_take(
    stages: Stages, problem: dict[str, str] | None, error: type[Exception]
) -> None:
    """Each reason is its own error; nothing is sent a second time."""
    errors = [{**problem, "path": ["e0"]}] if problem else []
    stage, installation = on(stages, lambda _: {"data": {"e0": None}, "errors": errors})
    with pytest.raises(error):
        installation.update_comment("IC_1", "text")
    assert stage.client.requests.counts().write == 1


def test_comments_without_end_are_given_up(stages: Stages) -> None:
    """The oldest of ours that was seen counts."""
    page = {
        "pageInfo": {"hasPreviousPage": True, "startCursor": "x"},
        "nodes": [
            {"id": "IC_1", "url": "u", "body": "marker", "author": {"__typename": "Bot", "login": "trackgate"}}
        ],
    }
    answer = {"data": {"repository": {"issueOrPullRequest": {"id": "I_1", "comments": page}}}}
    stage, installation = on(stages, lambda _: answer)
    found = installation.find_own_comment(REPOSITORY, 7, "marker")
    assert found is not None
    assert found.node_id == "IC_1"
    assert stage.client.requests.counts().read == 30
