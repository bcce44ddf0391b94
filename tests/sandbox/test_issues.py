"""Issues: opened, edited, sorted, closed, listed; and what is announced of it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Thread
from tests.sandbox.conftest import ROOT, Stage


def told(stage: Stage, *events: str) -> list[tuple[str, str | None, dict[str, Any]]]:
    """What is sent of these events from now on: event, action, payload."""
    seen: list[tuple[str, str | None, dict[str, Any]]] = []

    def see(sent: Any) -> None:
        if sent.event in events:
            seen.append((sent.event, sent.action, dict(sent.payload)))

    stage.github.observe_webhooks(see)
    return seen


def listed(stage: Stage, **query: str) -> list[int]:
    """The numbers of the issues that a list names."""
    return [issue["number"] for issue in stage.bot().call("GET", f"{ROOT}/issues", query=query)]


def test_an_issues_life_is_announced(stage: Stage) -> None:
    """Opened, edited with the old texts, closed and reopened; the App hears of each."""
    seen = told(stage, "issues")
    alice = stage.person("alice")
    issue = alice.open_issue(stage.repository, "Title", "Body")
    alice.call("PATCH", issue.issue_path, {"title": "Better", "body": "Longer"})
    alice.call("PATCH", issue.issue_path, {"title": "Better"})
    alice.call("PATCH", issue.issue_path, {"state": "closed", "state_reason": "not_planned"})
    alice.close_issue(issue)
    closed = alice.read_issue(issue)
    alice.reopen_issue(issue)
    assert [action for _, action, _ in seen] == ["opened", "edited", "closed", "reopened"]
    assert seen[0][2]["issue"]["title"] == "Title"
    assert seen[1][2]["changes"] == {"title": {"from": "Title"}, "body": {"from": "Body"}}
    assert (closed["state"], closed["state_reason"]) == ("closed", "not_planned")
    assert closed["closed_at"] is not None
    assert alice.read_issue(issue)["closed_at"] is None


def test_labels_and_milestone_of_an_issue_are_announced(stage: Stage) -> None:
    """With their own events, on issues and on pull requests alike."""
    pull, alice = stage.open(), stage.person("alice")
    issue = alice.open_issue(stage.repository, "Title")
    for thing, event in ((issue, "issues"), (pull, "pull_request")):
        seen = told(stage, "issues", "pull_request")
        alice.label(thing, "one")
        alice.call("PATCH", thing.issue_path, {"labels": ["two"]})
        alice.set_milestone(thing, "v1.0.0")
        alice.set_milestone(thing, "v1.0.0")
        alice.set_milestone(thing, "v2.0.0")
        alice.set_milestone(thing, None)
        assert {kind for kind, _, _ in seen} == {event}
        assert [action for _, action, _ in seen] == [
            "labeled",
            "unlabeled",
            "labeled",
            "milestoned",
            "demilestoned",
            "milestoned",
            "demilestoned",
        ]
        assert [payload["milestone"]["title"] for _, _, payload in seen[3:]] == [
            "v1.0.0",
            "v1.0.0",
            "v2.0.0",
            "v2.0.0",
        ]
        assert seen[-1][2]["issue" if event == "issues" else "pull_request"]["milestone"] is None
    milestones = alice.call("GET", f"{ROOT}/milestones", query={"state": "all"})
    assert {one["title"] for one in milestones} == {"v1.0.0", "v2.0.0"}


def test_comments_on_an_issue(stage: Stage) -> None:
    """Made, edited and deleted like those on a pull request; the payload says that it is none."""
    seen = told(stage, "issue_comment")
    alice = stage.person("alice")
    issue = alice.open_issue(stage.repository, "Release?")
    comment = alice.comment(issue, "/gate release v3.1.0")
    alice.edit_comment(comment, "/gate cancel v3.1.0")
    assert [one["body"] for one in alice.comments(issue)] == ["/gate cancel v3.1.0"]
    alice.delete_comment(comment)
    assert alice.comments(issue) == []
    assert [action for _, action, _ in seen] == ["created", "edited", "deleted"]
    assert seen[1][2]["changes"] == {"body": {"from": "/gate release v3.1.0"}}
    assert all("pull_request" not in payload["issue"] for _, _, payload in seen)


def test_an_apps_issue_says_so(stage: Stage) -> None:
    """Its author is the bot, and `performed_via_github_app` the App."""
    made = stage.bot().call("POST", f"{ROOT}/issues", {"title": "Incident", "labels": ["incident"]})
    assert made["user"]["login"] == "trackgate[bot]"
    assert made["performed_via_github_app"]["slug"] == "trackgate"
    assert [label["name"] for label in made["labels"]] == ["incident"]


def test_an_app_needs_issues_for_an_issue(stage: Stage) -> None:
    """`pull_requests: write` changes a pull request by the issues' address, and no issue."""
    pull, issue = stage.open(), stage.person("alice").open_issue(stage.repository, "Title")
    narrow = stage.client(stage.github.token_for(stage.app, stage.repository, {"pull_requests": "write"}))
    assert narrow.send("PATCH", pull.issue_path, {"state": "closed"})[0] == 200
    assert narrow.send("PATCH", issue.issue_path, {"state": "closed"})[0] == 403
    assert narrow.send("POST", f"{ROOT}/issues", {"title": "Mine"})[0] == 403


def test_lists_are_narrowed(stage: Stage) -> None:
    """By state, all labels, creator, milestone and time of the last change; newest first."""
    alice, maya = stage.person("alice"), stage.person("maya")
    first = alice.open_issue(stage.repository, "One", labels=("a", "b"))
    second = maya.open_issue(stage.repository, "Two", labels=("a",))
    stage.github.clock.advance(60)
    opened = stage.bot().call("POST", f"{ROOT}/issues", {"title": "Three"})
    third, changed = opened["number"], opened["updated_at"]
    alice.set_milestone(second, "v1.0.0")
    alice.close_issue(first)
    assert listed(stage) == [third, second.number]
    assert listed(stage, state="all", direction="asc") == [first.number, second.number, third]
    assert listed(stage, state="closed") == [first.number]
    assert listed(stage, state="all", labels="A,b") == [first.number]
    assert listed(stage, state="all", creator="MAYA") == [second.number]
    assert listed(stage, creator="trackgate[bot]") == listed(stage, creator="app/trackgate") == [third]
    assert listed(stage, creator="trackgate") == []
    assert listed(stage, milestone="1") == listed(stage, milestone="*") == [second.number]
    assert listed(stage, milestone="none") == [third]
    assert listed(stage, state="all", since=changed, sort="created") == [third, second.number, first.number]
    assert listed(stage, since="2099-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": " "},
        {"title": "x" * 257},
        {"title": "t", "body": "x" * 65_537},
        {"title": "t", "milestone": 99},
        {"title": "t", "labels": [""]},
    ],
)
def test_what_an_issue_cannot_be(stage: Stage, fields: dict[str, Any]) -> None:
    """Without a title, with one or a body that is too long, in a milestone that is not there."""
    assert stage.bot().send("POST", f"{ROOT}/issues", fields)[0] == 422
    assert listed(stage, state="all") == []


def test_readers_open_issues_but_sort_nothing(stage: Stage) -> None:
    """Their labels are dropped silently, and others' issues are not theirs to change."""
    lina = stage.person("lina")
    own = lina.open_issue(stage.repository, "Mine", labels=("urgent",))
    other = stage.person("alice").open_issue(stage.repository, "Another's")
    lina.call("PATCH", own.issue_path, {"title": "Still mine", "labels": ["urgent"]})
    assert lina.read_issue(own)["labels"] == []
    assert lina.send("PATCH", other.issue_path, {"title": "Mine now"})[0] == 403
    assert lina.read_issue(other)["title"] == "Another's"


@pytest.mark.parametrize("kind", ["fail", "drop"])
def test_faults_hit_issues_too(stage: Stage, kind: str) -> None:
    """A refused request does nothing; a lost answer leaves the issue that nobody was told of."""
    path = f"{ROOT}/issues$"
    if kind == "fail":
        stage.github.faults.fail(503, method="POST", path=path)
    else:
        stage.github.faults.drop_answer(method="POST", path=path)
    status, _, _ = stage.bot().send("POST", f"{ROOT}/issues", {"title": "Incident"})
    assert status == (503 if kind == "fail" else 502)
    assert len(listed(stage)) == (0 if kind == "fail" else 1)


def test_an_issue_is_no_pull_request(stage: Stage) -> None:
    """It has a number of the same row, and nothing under `/pulls`."""
    pull = stage.open()
    issue = stage.person("alice").open_issue(stage.repository, "Title")
    assert isinstance(pull, Thread)
    assert issue.number == pull.number + 1
    assert stage.bot().send("GET", f"{ROOT}/pulls/{issue.number}")[0] == 404


def test_all_comments_of_a_repository_are_listed(stage: Stage) -> None:
    """Of issues and pull requests, in the order asked for, changed since a time."""
    alice, pull = stage.person("alice"), stage.open()
    issue = alice.open_issue(stage.repository, "Title")
    one, two = alice.comment(pull, "one"), alice.comment(issue, "two")
    stage.github.clock.advance(60)
    alice.edit_comment(one, "one, later")
    changed = alice.call("GET", f"{ROOT}/issues/comments/{one['id']}")["updated_at"]

    def ids(**query: str) -> list[int]:
        return [comment["id"] for comment in stage.bot().call("GET", f"{ROOT}/issues/comments", query=query)]

    assert ids() == ids(sort="created", direction="asc") == [one["id"], two["id"]]
    assert ids(sort="created") == [two["id"], one["id"]]
    assert ids(sort="updated") == [one["id"], two["id"]]
    assert ids(since=changed) == [one["id"]]
    assert stage.bot().send("GET", f"{ROOT}/issues/comments", query={"since": "yesterday"})[0] == 422
