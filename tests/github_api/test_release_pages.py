"""A release of which one query does not tell all: further pages, and parts that GitHub does not give."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bot.github_api.errors import Forbidden, Retryable
from bot.github_api.release_readings import ReleaseReading, ReleaseReadingPlan
from tests.support.pull_request_answers import HEAD, MORE, OTHER, page
from tests.support.release_answers import commit, merged, release, rollup, run, target, versions, waiting
from tests.support.scripted_http import Received, Reply

if TYPE_CHECKING:
    from tests.github_api.conftest import Stage, Stages

EVIDENCE = "docs/project/evidence"


def read(stages: Stages, *answers: Any, **plan: Any) -> tuple[Stage, ReleaseReading | None]:
    """Read the release of a repository of which GitHub tells this, in turn; every answer must be asked for."""
    left = iter(answers)

    def script(received: Received) -> Reply:
        body = next(left)
        return body if isinstance(body, Reply) else Reply(200, body)

    stage = stages.start(script)
    given = {"tracks": {"backend": ("backend",)}, "evidence_directory": EVIDENCE, **plan}
    found = stage.client.installation(1).read_release("meta/integration", ReleaseReadingPlan(**given))
    assert next(left, None) is None, "an answer was not asked for"
    return stage, found


def whole(stages: Stages, *answers: Any, **plan: Any) -> ReleaseReading:
    """A release that could be read."""
    found = read(stages, *answers, **plan)[1]
    assert found is not None
    return found


def asked(stage: Stage) -> list[dict[str, Any]]:
    """The variables of every query, in turn."""
    return [json.loads(r.body)["variables"] for r in stage.server.requests if r.path == "/graphql"]


def test_one_request_fetches_the_next_page_of_everything(stages: Stages) -> None:
    """Pull requests, evidence and comments go on together; the list is asked for as it was."""
    first = release(
        target(versions=versions("b1", info=MORE)),
        pullRequests=page(waiting(1), waiting(2, base="other"), info=MORE),
        nodes=[{"id": "old form"}, *[None] * 99],
    )
    second = {
        "data": {
            "repository": {
                "pullRequests": page(waiting(3, milestone={"title": "v1"})),
                "object": {"history": versions("b2", "b1")},
            },
            "nodes": [None, {"id": "C101"}],
        }
    }
    comments = tuple(f"C{number}" for number in range(102))
    stage, found = read(stages, first, second, comments=comments)
    assert found is not None
    assert [(one.number, one.milestone) for one in found.open_pull_requests] == [(1, None), (3, "v1")]
    assert [version.oid for version in found.earlier_evidence] == ["b1", "b2"]
    assert found.existing_comments == {"C0", "C101"}
    assert found.unreadable == ()
    variables = asked(stage)
    assert (variables[1]["base"], variables[1]["pulls"], variables[1]["versions"]) == (None, "next", "next")
    assert (variables[1]["sha"], variables[1]["comments"]) == (HEAD, ["C100", "C101"])


def test_a_list_without_end_closes_the_gate(stages: Stages) -> None:
    """After thirty pages the rest is named as unread."""
    more = {"data": {"repository": {"pullRequests": page(waiting(2), info=MORE)}}}
    first = release(target(), pullRequests=page(waiting(1), info=MORE))
    found = whole(stages, first, *[more] * 30)
    assert found.unreadable == ("open pull requests: more than 30 pages",)
    first = release(target(versions=versions("b1", info=MORE)))
    more = {"data": {"repository": {"object": {"history": versions("b1", info=MORE)}}}}
    assert whole(stages, first, *[more] * 30).unreadable == ("earlier evidence: more than 30 pages",)


def test_labels_that_are_not_all_told_close_the_gate(stages: Stages) -> None:
    """One of them may make the pull request part of the release."""
    first = release(target(), pullRequests=page(waiting(1, labels=page(info=MORE))))
    assert whole(stages, first).unreadable == ("#1: more than 100 labels",)


def test_further_checks_of_a_commit_and_of_its_pull_request(stages: Stages) -> None:
    """Each list is followed to its end, as the last of it may be the run that failed."""
    pull = merged(7, OTHER)
    pull["commits"]["nodes"][0]["commit"]["statusCheckRollup"] = rollup(run(1), info=MORE)
    last = commit(statusCheckRollup=rollup(run(2), info=MORE), associatedPullRequests=page(pull))
    second = {"data": {"repository": {"object": {"oid": HEAD, "statusCheckRollup": rollup(run(3, "FAILURE"))}}}}
    third = {"data": {"repository": {"object": {"oid": OTHER, "statusCheckRollup": rollup(run(4, "FAILURE"))}}}}
    stage, found = read(stages, release(target(h0={"nodes": [last]})), second, third)
    assert found is not None
    (folder,) = found.tracks["backend"]
    assert [one.run_id for one in folder.commit.check_runs] == [2, 3]
    assert folder.commit.pull_request is not None
    assert [one.run_id for one in folder.commit.pull_request.check_runs] == [1, 4]
    assert [variables.get("sha") for variables in asked(stage)] == [None, HEAD, OTHER]


def test_the_pull_request_that_brought_a_commit_may_be_on_a_later_page(stages: Stages) -> None:
    """The first that was merged into the branch of this repository, whoever else has the commit."""
    others = [
        merged(1, OTHER, state="OPEN", mergedAt=None),
        merged(2, OTHER, state="CLOSED", mergedAt=None),
        merged(3, OTHER, baseRefName="release"),
        merged(4, OTHER, baseRepository={"id": "R_2"}),
        merged(5, OTHER, baseRepository=None),
        merged(9, OTHER, mergedAt="2026-02-19T12:00:01Z"),
    ]
    last = commit(associatedPullRequests=page(*others, info=MORE))
    second = {"data": {"repository": {"object": {"associatedPullRequests": page(merged(10, OTHER))}}}}
    found = whole(stages, release(target(h0={"nodes": [last]})), second)
    brought_by = found.tracks["backend"][0].commit.pull_request
    assert brought_by is not None
    assert brought_by.number == 10
    assert found.unreadable == ()


def test_pull_requests_of_a_commit_that_cannot_be_read_close_the_gate(stages: Stages) -> None:
    """One that is not known may be the one that brought it."""
    last = commit(associatedPullRequests=page(info=MORE))
    found = whole(stages, release(target(h0={"nodes": [last]})), {"data": {"repository": {"object": None}}})
    assert found.unreadable == ("aaaaaaa: pull requests: not all could be read",)


def test_the_head_of_more_than_250_commits(stages: Stages) -> None:
    """The list of commits ends before it: its checks cost one more request, and are missed when it is gone."""
    pull = merged(7, OTHER, commits={"nodes": [{"commit": {"oid": "c" * 40, "statusCheckRollup": None}}]})
    first = release(target(h0={"nodes": [commit(associatedPullRequests=page(pull))]}))
    second = {"data": {"repository": {"object": {"oid": OTHER, "statusCheckRollup": rollup(run(4))}}}}
    brought_by = whole(stages, first, second).tracks["backend"][0].commit.pull_request
    assert brought_by is not None
    assert [one.run_id for one in brought_by.check_runs] == [4]
    gone = whole(stages, first, {"data": {"repository": {"object": None}}})
    assert gone.unreadable == ("aaaaaaa: the head of #7: no such commit",)


def test_a_part_that_may_not_be_read_closes_the_gate(stages: Stages) -> None:
    """Named by the folder it is about. A comment that is gone and a target that nobody knows are answers."""

    def problem(kind: str, *path: Any) -> dict[str, Any]:
        return {"type": kind, "path": list(path), "message": "no <b>access</b>"}

    first = release(
        target(h0=None),
        problem("FORBIDDEN", "repository", "defaultBranchRef", "target", "h0"),
        problem("NOT_FOUND", "nodes", 0),
        problem("FORBIDDEN", "nodes", 1),
        nodes=[None, None],
    )
    found = whole(stages, first, comments=("C0", "C1"))
    assert found.unreadable == (
        "repository › defaultBranchRef › target › backend: no baccess/b",
        "nodes › 1: no baccess/b",
    )
    missing = problem("NOT_FOUND", "repository", "target")
    found = whole(stages, release(target(), missing, target=None), target="abcdef1")
    assert (found.target_sha, found.unreadable) == (None, ())


def test_a_part_that_github_fails_to_give_is_asked_for_again(stages: Stages) -> None:
    """Its own failure is no fact about the release."""
    with pytest.raises(Retryable):
        read(stages, release(target(), {"path": ["repository"], "message": "Something went wrong"}))


def test_a_repository_that_may_not_be_read(stages: Stages) -> None:
    """Forbidden is not: no such repository."""
    error = {"path": ["repository"], "message": "x"}
    with pytest.raises(Forbidden):
        read(stages, {"data": {"repository": None}, "errors": [{**error, "type": "FORBIDDEN"}]})
    assert read(stages, {"data": {"repository": None}, "errors": [{**error, "type": "NOT_FOUND"}]})[1] is None


def test_a_repository_without_commits(stages: Stages) -> None:
    """It has no head, and nothing closes the gate but that."""
    empty = release(None, defaultBranchRef=None)
    found = whole(stages, empty)
    assert (found.default_branch, found.head_sha, found.target_sha, found.unreadable) == ("", None, None, ())


def test_tags_of_tags_of_tags(stages: Stages) -> None:
    """Peeled as deep as anybody goes; deeper there is no commit, so that it is nobody's release."""
    last: Any = {"__typename": "Commit", "oid": OTHER}
    for depth in range(3):
        last = {"__typename": "Tag", "oid": str(depth) * 40, "target": last}
    found = whole(stages, release(target(), tag={"target": last}), tag="v1").existing_tag
    assert found is not None
    assert (found.object_sha, found.commit_sha) == ("2" * 40, OTHER)
    cut = {"__typename": "Tag", "oid": "3" * 40, "target": {"__typename": "Tag", "oid": "4" * 40}}
    found = whole(stages, release(target(), tag={"target": cut}), tag="v1").existing_tag
    assert found is not None
    assert found.commit_sha is None


def test_older_commits_without_all_checks_come_without_any(stages: Stages) -> None:
    """The run that failed may be among those that are missing."""
    endless = {"data": {"repository": {"object": {"oid": HEAD, "statusCheckRollup": rollup(run(3), info=MORE)}}}}
    node = commit(statusCheckRollup=rollup(run(2), info=MORE), associatedPullRequests=page(merged(7, OTHER)))
    first = {"data": {"repository": {"id": "R_1", "object": {"history": {"nodes": [node]}}}}}
    left = iter([first, *[endless] * 30])
    stage = stages.start(lambda _: Reply(200, next(left)))
    (found,) = stage.client.installation(1).read_history("meta/integration", "main", HEAD, "")
    assert (found.sha, found.check_runs) == (HEAD, ())
    assert found.pull_request is not None
    assert json.loads(stage.server.requests[-31].body)["variables"]["path"] is None
