"""Comments, reactions, labels, milestones and issues."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import ROOT, Stage


def fired(stage: Stage, event: str) -> list[dict[str, Any]]:
    """The payloads of an event from now on."""
    seen: list[dict[str, Any]] = []
    stage.github.observe_webhooks(lambda sent: seen.append(dict(sent.payload)) if sent.event == event else None)
    return seen


def test_a_comment_has_a_longest_length(stage: Stage) -> None:
    """65,536 characters are taken, one more is refused in GitHub's words."""
    pull = stage.open()
    path = f"{pull.issue_path}/comments"
    alice = stage.person("alice")
    status, answer, _ = alice.send("POST", path, {"body": "x" * 65_537})
    assert status == 422
    assert answer["errors"][0] == {
        "resource": "IssueComment",
        "code": "unprocessable",
        "field": "data",
        "message": "Body is too long (maximum is 65536 characters)",
    }
    assert alice.send("POST", path, {"body": "  "})[0] == 422
    assert alice.send("POST", path, {"body": "x" * 65_536})[0] == 201


def test_a_comments_life_is_announced(stage: Stage) -> None:
    """Created, edited with the old text, deleted; the sender may be another than the writer."""
    pull = stage.open()
    seen = fired(stage, "issue_comment")
    comment = stage.person("lina").comment(pull, "/gate status")
    stage.person("maya").edit_comment(comment, "/gate hold")
    stage.person("lina").delete_comment(comment)
    assert [payload["action"] for payload in seen] == ["created", "edited", "deleted"]
    assert seen[1]["changes"] == {"body": {"from": "/gate status"}}
    assert (seen[1]["sender"]["login"], seen[1]["comment"]["user"]["login"]) == ("maya", "lina")
    assert "pull_request" in seen[0]["issue"]
    assert stage.person("alice").comments(pull) == []


def test_only_the_writer_and_people_with_rights_edit(stage: Stage) -> None:
    """A reader cannot change or delete somebody else's comment."""
    pull = stage.open()
    comment = stage.person("alice").comment(pull, "mine")
    path = f"{ROOT}/issues/comments/{comment['id']}"
    assert stage.person("lina").send("PATCH", path, {"body": "yours"})[0] == 403
    assert stage.person("lina").send("DELETE", path)[0] == 403


def test_an_apps_comment_says_so(stage: Stage) -> None:
    """`performed_via_github_app` names the App, and the writer is its bot."""
    pull = stage.open()
    made = stage.bot().call("POST", f"{pull.issue_path}/comments", {"body": "hello"})
    assert (made["user"]["login"], made["user"]["type"]) == ("trackgate[bot]", "Bot")
    assert made["performed_via_github_app"]["id"] == stage.app.id
    assert stage.person("alice").comment(pull, "hi")["performed_via_github_app"] is None


def test_reactions(stage: Stage) -> None:
    """A new one is 201, the same again 200, an unknown kind 422; one's own can be taken back."""
    pull = stage.open()
    comment = stage.person("alice").comment(pull, "/gate status")
    path = f"{ROOT}/issues/comments/{comment['id']}/reactions"
    first = stage.bot().send("POST", path, {"content": "eyes"})
    again = stage.bot().send("POST", path, {"content": "eyes"})
    assert (first[0], again[0], first[1]["id"] == again[1]["id"]) == (201, 200, True)
    assert stage.bot().send("POST", path, {"content": "wave"})[0] == 422
    assert stage.person("alice").send("DELETE", f"{path}/{first[1]['id']}")[0] == 404
    assert stage.bot().send("DELETE", f"{path}/{first[1]['id']}")[0] == 204
    assert stage.bot().call("GET", path) == []


def test_a_label_that_is_not_there(stage: Stage) -> None:
    """Taking off a label that is not on it is 404; label names differ in more than case."""
    pull = stage.open()
    alice = stage.person("alice")
    alice.label(pull, "Gate/Hold")
    alice.unlabel(pull, "gate/hold")
    status, answer, _ = alice.send("DELETE", f"{pull.issue_path}/labels/nothing")
    assert (status, answer["message"]) == (404, "Label does not exist")


def test_a_milestone_on_a_pull_request(stage: Stage) -> None:
    """Setting and removing it fires `milestoned` and `demilestoned`, and GraphQL shows its title."""
    pull = stage.open()
    sofia = stage.person("sofia")
    number = sofia.call("POST", f"{ROOT}/milestones", {"title": "v3.1.0"})["number"]
    seen = fired(stage, "pull_request")
    sofia.call("PATCH", pull.issue_path, {"milestone": number})
    query = '{repository(owner: "meta", name: "integration") {pullRequest(number: 1) {milestone {title}}}}'
    found = stage.bot().graphql(query)["repository"]["pullRequest"]
    sofia.call("PATCH", pull.issue_path, {"milestone": None})
    assert found == {"milestone": {"title": "v3.1.0"}}
    assert [payload["action"] for payload in seen] == ["milestoned", "demilestoned"]


def test_an_issue_takes_comments_but_is_no_pull_request(stage: Stage) -> None:
    """An issue shares the numbers of pull requests; a comment on it needs the issues permission."""
    issue = stage.person("lina").call("POST", f"{ROOT}/issues", {"title": "Release?"})
    pull = stage.open()
    assert (issue["number"], pull.number) == (1, 2)
    assert stage.person("lina").send("GET", f"{ROOT}/pulls/1")[0] == 404
    token = stage.github.token_for(stage.app, stage.repository, {"pull_requests": "write"})
    path = f"{ROOT}/issues/1/comments"
    assert stage.client(token).send("POST", path, {"body": "x"})[0] == 403
    assert stage.bot().send("POST", path, {"body": "x"})[0] == 201
