"""Issues and comments by GraphQL: listed, changed, looked up by node ID."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import RequestRefusedError
from tests.sandbox.conftest import ROOT, Stage

SHOWN = """{ issue { id number title body state stateReason closed
  milestone { title } labels(first: 2) { nodes { name } } } }"""
ADD = """mutation($id: ID!, $body: String!) { addComment(input: {subjectId: $id, body: $body}) {
  commentEdge { node { id databaseId } } } }"""
READ = """query($number: Int!) { repository(owner: "meta", name: "integration") {
  issueOrPullRequest(number: $number) { __typename ... on Issue { id state comments(last: 1) { totalCount nodes {
    databaseId body isMinimized createdAt url author { __typename login } issue { number } pullRequest { number }
  } } } } } }"""
ISSUES = """query Issues($filter: IssueFilters, $labels: [String!], $states: [IssueState!]) {
  repository(owner: "meta", name: "integration") {
    issues(first: 9, filterBy: $filter, labels: $labels, states: $states,
           orderBy: {field: CREATED_AT, direction: DESC}) { nodes { number } } } }"""


def numbers(stage: Stage, **variables: Any) -> list[int]:
    """The issues that a list names."""
    found = stage.bot().graphql(ISSUES, variables)["repository"]["issues"]["nodes"]
    return [issue["number"] for issue in found]


def test_issues_are_listed_without_pull_requests(stage: Stage) -> None:
    """By state, label, creator and milestone; newest first when asked for so."""
    stage.open()
    alice = stage.person("alice")
    one = alice.open_issue(stage.repository, "One", labels=("a", "b"))
    stage.github.clock.advance(1)
    two = stage.person("maya").open_issue(stage.repository, "Two", labels=("b",))
    stage.github.clock.advance(1)
    incident = stage.bot().call("POST", f"{ROOT}/issues", {"title": "Incident"})["number"]
    alice.set_milestone(one, "v1.0.0")
    alice.close_issue(one)
    assert numbers(stage) == [incident, two.number, one.number]
    assert numbers(stage, states=["OPEN"]) == [incident, two.number]
    assert numbers(stage, filter={"states": ["CLOSED"]}) == [one.number]
    assert numbers(stage, labels=["A", "none"]) == [one.number]
    assert numbers(stage, labels=["a", "b"]) == [two.number, one.number]
    assert numbers(stage, filter={"createdBy": "trackgate[bot]"}) == [incident]
    assert numbers(stage, filter={"createdBy": "maya", "labels": ["b"]}) == [two.number]
    assert numbers(stage, filter={"milestoneNumber": "1"}) == [one.number]
    stage.github.behaviour.graphql_labels_are_alternatives = False
    assert numbers(stage, labels=["a", "b"]) == [one.number]


def test_an_issue_is_opened_changed_closed_and_reopened(stage: Stage) -> None:
    """Each by its mutation, each told to the App."""
    actions: list[str | None] = []
    stage.github.observe_webhooks(lambda sent: actions.append(sent.action) if sent.event == "issues" else None)
    label = stage.person("alice").call("POST", f"{ROOT}/labels", {"name": "incident"})["node_id"]
    milestone = stage.person("alice").call("POST", f"{ROOT}/milestones", {"title": "v1.0.0"})["node_id"]
    bot = stage.bot()

    def change(name: str, kind: str, **given: Any) -> Any:
        return bot.graphql(f"mutation($input: {kind}!) {{ {name}(input: $input) {SHOWN} }}", {"input": given})[
            name
        ]["issue"]

    made = change(
        "createIssue",
        "CreateIssueInput",
        repositoryId=stage.repository.node_id,
        title="T",
        body="B",
        labelIds=[label],
    )
    assert (made["title"], made["state"], made["stateReason"], made["closed"]) == ("T", "OPEN", None, False)
    assert made["labels"]["nodes"] == [{"name": "incident"}]
    after = change("updateIssue", "UpdateIssueInput", id=made["id"], title="U", milestoneId=milestone, labelIds=[])
    assert (after["title"], after["body"], after["milestone"]) == ("U", "B", {"title": "v1.0.0"})
    assert after["labels"]["nodes"] == []
    assert change("updateIssue", "UpdateIssueInput", id=made["id"], milestoneId=None)["milestone"] is None
    closed = change("closeIssue", "CloseIssueInput", issueId=made["id"], stateReason="NOT_PLANNED")
    assert (closed["state"], closed["stateReason"], closed["closed"]) == ("CLOSED", "NOT_PLANNED", True)
    assert change("reopenIssue", "ReopenIssueInput", issueId=made["id"])["stateReason"] == "REOPENED"
    assert change("updateIssue", "UpdateIssueInput", id=made["id"], state="CLOSED")["stateReason"] == "COMPLETED"
    assert actions == [
        "opened", "labeled", "edited", "milestoned", "unlabeled", "demilestoned", "closed", "reopened", "closed",
    ]  # fmt: skip


def test_an_issues_mutations_are_refused(stage: Stage) -> None:
    """Without the permission, for a pull request, and with a label of another repository."""
    pull = stage.open()
    issue = stage.person("alice").open_issue(stage.repository, "Title")
    other = stage.github.import_repository("meta/other", files={"a": "b"}, collaborators={"alice": "write"})
    foreign = stage.person("alice").call("POST", f"/repos/{other.full_name}/labels", {"name": "x"})["node_id"]
    close = "mutation($id: ID!) { closeIssue(input: {issueId: $id}) { issue { id } } }"
    label = (
        "mutation($id: ID!, $label: ID!) { updateIssue(input: {id: $id, labelIds: [$label]}) { issue { id } } }"
    )
    narrow = stage.client(stage.github.token_for(stage.app, stage.repository, {"issues": "read"}))
    for client, document, variables in (
        (narrow, close, {"id": issue.node_id}),
        (stage.person("lina"), close, {"id": issue.node_id}),
        (stage.bot(), close, {"id": pull.node_id}),
        (stage.bot(), label, {"id": issue.node_id, "label": foreign}),
    ):
        with pytest.raises(RequestRefusedError):
            client.graphql(document, variables)
    assert stage.person("alice").read_issue(issue)["state"] == "open"


def test_comments_on_an_issue_by_mutation(stage: Stage) -> None:
    """Made, edited and reacted to; `comments(last:)` shows the newest with its writer."""
    issue = stage.person("alice").open_issue(stage.repository, "Release?")
    first = stage.person("alice").comment(issue, "/gate release v1.0.0")
    bot = stage.bot()
    made = bot.graphql(ADD, {"id": issue.node_id, "body": "Blocked"})["addComment"]["commentEdge"]["node"]
    edit = 'mutation($id: ID!) { updateIssueComment(input: {id: $id, body: "Open"}) { issueComment { body } } }'
    assert bot.graphql(edit, {"id": made["id"]})["updateIssueComment"] == {"issueComment": {"body": "Open"}}
    react = "mutation($id: ID!) { addReaction(input: {subjectId: $id, content: ROCKET}) { reaction { content } } }"
    assert bot.graphql(react, {"id": first["node_id"]})["addReaction"] == {"reaction": {"content": "ROCKET"}}
    found = bot.graphql(READ, {"number": issue.number})["repository"]["issueOrPullRequest"]
    newest = found["comments"]["nodes"][0]
    assert (found["__typename"], found["comments"]["totalCount"]) == ("Issue", 2)
    assert (newest["databaseId"], newest["body"], newest["isMinimized"]) == (made["databaseId"], "Open", False)
    assert (newest["author"]["__typename"], newest["issue"], newest["pullRequest"]) == (
        "Bot",
        {"number": issue.number},
        None,
    )
    assert newest["url"].endswith(f"/issues/{issue.number}#issuecomment-{made['databaseId']}")


def test_a_deleted_comment_is_found_no_more(stage: Stage) -> None:
    """Its node is null with a NOT_FOUND error, and the others are answered."""
    issue = stage.person("alice").open_issue(stage.repository, "Sign-offs")
    kept, gone = (stage.person("alice").comment(issue, f"/gate approve {number}") for number in (1, 2))
    stage.person("alice").delete_comment(gone)
    document = (
        "query($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { ... on IssueComment { body } } node(id: $id) { id } }"
    )
    variables = {"ids": [kept["node_id"], gone["node_id"]], "id": gone["node_id"]}
    status, answer, _ = stage.bot().send("POST", "/graphql", {"query": document, "variables": variables})
    assert status == 200
    assert answer["data"] == {"nodes": [{"body": "/gate approve 1"}, None], "node": None}
    assert [(error["type"], error["path"]) for error in answer["errors"]] == [
        ("NOT_FOUND", ["nodes", 1]),
        ("NOT_FOUND", ["node"]),
    ]
