"""Reading a pull request when one answer is not enough: scripted, for what no repository easily has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from bot.github_api.errors import Forbidden, Retryable
from bot.github_api.readings import PullRequestReading
from tests.support.pull_request_answers import (
    EARLIER,
    HEAD,
    LAST_PAGE,
    MORE,
    OTHER,
    answer,
    commit,
    files,
    page,
    pull_request,
)

if TYPE_CHECKING:
    from tests.github_api.conftest import Stage

    Read = Callable[..., tuple[Stage, PullRequestReading | None]]


def test_one_request_fetches_the_next_page_of_everything(reading: Read) -> None:
    """Files, labels, reviews, checks and siblings each had more: one more request, no two."""

    def review(author: str, day: int) -> dict[str, Any]:
        at = f"2026-02-{day}T12:00:00Z"
        person = {"__typename": "User", "login": author}
        return {"author": person, "state": "APPROVED", "submittedAt": at, "createdAt": at, "commit": {"oid": HEAD}}

    def parts(number: int, info: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        status = {"__typename": "StatusContext", "context": f"ci/{number}", "state": "SUCCESS"}
        sibling = {"number": 10 + number, "state": "OPEN", "headRefOid": HEAD, "baseRepository": {"id": "R_1"}}
        of_pull_request = {
            "headRefOid": HEAD,
            "files": files(f"backend/{number}.py", info=info),
            "labels": page({"id": f"L_{number}", "name": f"label-{number}"}, info=info),
            "reviews": page(review(f"person-{number}", 20 - number), info=EARLIER if number == 1 else LAST_PAGE),
        }
        of_commit = {
            "statusCheckRollup": {"contexts": page(status, info=info)},
            "associatedPullRequests": page(sibling, info=info),
        }
        return of_pull_request, of_commit

    (first, first_commit), (second, second_commit) = parts(1, MORE), parts(2, LAST_PAGE)
    first = pull_request(**first, changedFiles=2, commits={"nodes": [{"commit": commit(**first_commit)}]})
    stage, found = reading(answer(first), answer(second, commit(**second_commit)))
    assert found is not None
    assert stage.client.requests.counts().read == 2
    assert [file.path for file in found.facts.files] == ["backend/1.py", "backend/2.py"]
    assert found.facts.labels == ("label-1", "label-2")
    assert dict(found.handles.label_node_ids) == {"label-1": "L_1", "label-2": "L_2"}
    assert [review.author for review in found.facts.reviews] == ["person-2", "person-1"]
    assert [status.context for status in found.facts.statuses] == ["ci/1", "ci/2"]
    assert found.sibling_numbers == (11, 12)
    assert found.facts.unreadable == ()
    sent = stage.server.requests[-1].json["variables"]
    assert (sent["files"], sent["reviews"], sent["withContexts"]) == ("next", "before", True)


def test_a_head_that_moves_between_pages_is_read_again(reading: Read) -> None:
    """Pages of two heads are never joined."""
    first = pull_request(files=files("a", info=MORE), changedFiles=2)
    with pytest.raises(Retryable, match="moved"):
        reading(answer(first), answer({"headRefOid": OTHER, "files": files("b")}, commit(OTHER)))


def test_reviews_without_end_close_the_gate(reading: Read) -> None:
    """Somebody who posts thousands of reviews costs thirty requests, and the gate says what is missing."""
    endless = {"headRefOid": HEAD, "reviews": page(info=EARLIER)}
    _, found = reading(answer(pull_request(reviews=page(info=EARLIER))), *[answer(endless, commit())] * 30)
    assert found is not None
    assert found.facts.unreadable == ("reviews: more than 30 pages",)


def test_the_head_of_more_than_250_commits(reading: Read) -> None:
    """The commit list ends before the head: one more request reads the head itself."""
    listed = {"nodes": [{"commit": commit(OTHER)}]}
    author = {"user": {"login": "maya"}}
    stage, found = reading(answer(pull_request(commits=listed)), answer(None, commit(author=author)))
    assert found is not None
    assert found.facts.head_commit_author == "maya"
    assert found.facts.unreadable == ()
    assert stage.client.requests.counts().read == 2


def test_a_head_commit_that_is_gone_closes_the_gate(reading: Read) -> None:
    """Neither the list nor GitHub's objects have it: nothing of it is taken for read."""
    _, found = reading(answer(pull_request(commits={"nodes": []})), answer(None, None))
    assert found is not None
    assert found.facts.unreadable == ("the head commit",)
    assert dict(found.facts.trees) == {}


def test_a_base_branch_that_is_gone_closes_the_gate(reading: Read) -> None:
    """Without it nobody can say which policy is in force."""
    _, found = reading(answer(pull_request(baseRef=None)))
    assert found is not None
    assert found.policy_file is None
    assert found.facts.unreadable == ("the base branch: it is gone",)


def test_a_part_that_may_not_be_read_closes_the_gate(reading: Read) -> None:
    """A missing permission leaves a null and a problem with its place."""
    refusal = {
        "type": "FORBIDDEN",
        "path": ["repository", "pullRequest", "files"],
        "message": "Resource not accessible by integration",
    }
    _, found = reading(answer(pull_request(files=None), errors=[refusal]))
    assert found is not None
    assert found.facts.unreadable == ("repository › pullRequest › files: Resource not accessible by integration",)


def test_no_such_pull_request(reading: Read) -> None:
    """A number that is no pull request gives None; a repository that may not be read is an error."""
    missing = {"type": "NOT_FOUND", "path": ["repository", "pullRequest"], "message": "Could not resolve"}
    _, found = reading(answer(None, errors=[missing]))
    assert found is None
    with pytest.raises(Forbidden):
        reading(answer(None, errors=[{**missing, "type": "FORBIDDEN"}]))


def test_a_deleted_author_is_a_ghost(reading: Read) -> None:
    """A null author does not stop the reading."""
    _, found = reading(answer(pull_request(author=None)))
    assert found is not None
    assert found.facts.author == "ghost"
