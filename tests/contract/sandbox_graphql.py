"""The story's chapter in GraphQL: every mutation, every field of every type, and arguments that narrow lists."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type

from sandbox import Client, Pull
from sandbox.graphql.execute import schema_text
from tests.contract.graphql_everything import Asker, ids_in
from tests.contract.sandbox_stage import ROOT, Stage

MOST_IDS = 12
ARGUMENTS = {
    ("Query", "repository"): 'owner: "meta", name: "integration"',
    ("Query", "user"): 'login: "raj"',
    ("Query", "organization"): 'login: "meta"',
    ("Organization", "team"): 'slug: "leads"',
    ("Repository", "ref"): 'qualifiedName: "refs/heads/main"',
    ("Repository", "refs"): 'refPrefix: "refs/"',
    ("Repository", "object"): 'expression: "HEAD:docs"',
    ("Repository", "label"): 'name: "gate/hold"',
    ("Commit", "file"): 'path: "docs/logo.png"',
    ("Status", "context"): 'name: "ci/odd"',
}
NARROWED = """query Narrowed($sha: GitObjectID!, $app: Int!, $id: ID!) {
  repository(owner: "meta", name: "integration") {
    mergeQueue(branch: "main") { id }
    refs(refPrefix: "refs/heads/", query: "ma", last: 1) { nodes { name prefix } }
    collaborators(affiliation: ALL, login: "raj", query: "r", first: 1) { edges { permission node { login } } }
    issues(states: [OPEN, CLOSED], labels: ["a new one"],
      filterBy: {createdBy: "raj", since: "2020-01-01T00:00:00Z"},
      orderBy: {field: COMMENTS, direction: ASC}, last: 3) { totalCount nodes { number } }
    pullRequests(states: [OPEN, CLOSED], labels: ["architecture"], headRefName: "every/kind", baseRefName: "main",
      orderBy: {field: UPDATED_AT, direction: DESC}, last: 2) { totalCount nodes { number } }
    byObject: object(oid: $sha) { ... on Commit {
      history(path: "docs", since: "2020-01-01T00:00:00Z", until: "2099-01-01T00:00:00Z", first: 1) {
        nodes { oid } }
      associatedPullRequests(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) { nodes { number } }
      checkSuites(first: 3, filterBy: {appId: $app, checkName: "gate"}) { nodes {
        latest: checkRuns(first: 1, filterBy: {checkType: LATEST, checkName: "gate", appId: $app,
          conclusions: [SUCCESS], status: COMPLETED}) { nodes { name isRequired(pullRequestNumber: 1) } }
        all: checkRuns(first: 1, filterBy: {checkType: ALL, statuses: [COMPLETED]}) { pageInfo { hasNextPage } }
      } }
    } }
  }
  node(id: $id) { ... on PullRequest {
    latestOpinionatedReviews(first: 9, writersOnly: true) { nodes { state } }
    reviews(states: [APPROVED, DISMISSED], author: "raj", first: 2) { nodes { state } }
    comments(first: 1) { nodes { reactions(content: EYES, first: 1) { totalCount } } pageInfo { endCursor } }
  } }
}"""


def small_schema() -> GraphQLSchema:
    """The sandbox's own schema."""
    return build_schema(schema_text())


def tell(stage: Stage, pull: Pull) -> list[Any]:
    """The chapter; returns the data of each answer, with every `__typename`."""
    schema = small_schema()
    ids = kinds_of_ids(stage)
    arguments = {
        **ARGUMENTS,
        ("Repository", "pullRequest"): f"number: {pull.number}",
        ("Repository", "issueOrPullRequest"): f"number: {pull.number}",
        ("Repository", "issue"): f"number: {_issue_number(stage)}",
        ("Query", "node"): f"id: {json.dumps(pull.node_id)}",
        ("Query", "nodes"): f"ids: [{json.dumps(pull.node_id)}]",
    }
    asker = Asker(schema, arguments, frozenset(ids))
    raj, found = stage.person("raj"), []
    changes(stage, asker, pull, found)
    found.append(raj.graphql("query Root " + asker.selection(schema.type_map["Query"], ("Query",))))
    for name, listed in sorted(ids.items()):
        found.append(_partly(raj, asker.document_by_id(name), {"ids": listed[:MOST_IDS]}))
    sha = stage.bot.call("GET", f"{ROOT}/pulls/{pull.number}")["head"]["sha"]
    stage.bot.graphql(NARROWED, {"sha": sha, "app": stage.app.id, "id": pull.node_id})
    return found


def _partly(client: Client, document: str, variables: dict[str, Any]) -> Any:
    """The data of an answer in which fields may fail, for what is not there or not for everybody."""
    answer = client.call("POST", "/graphql", {"query": document, "variables": variables})
    kinds = {error.get("type") for error in answer.get("errors", ())}
    assert kinds <= {"NOT_FOUND", "FORBIDDEN"}, kinds
    return answer["data"]


def kinds_of_ids(stage: Stage) -> dict[str, list[str]]:
    """The node IDs of all that REST showed so far and that still is there, by type; newest first."""
    answers = [
        json.loads(one.response_body) for one in stage.recorder.rest if one.response_body[:1] in (b"{", b"[")
    ]
    known = list(dict.fromkeys(identifier for answer in reversed(answers) for identifier in ids_in(answer)))
    known += [entry.node_id for queue in stage.repository.queues.values() for entry in queue]
    kinds: dict[str, list[str]] = defaultdict(list)
    document = "query Kinds($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    for start in range(0, len(known), 100):
        for node in _partly(stage.person("raj"), document, {"ids": known[start : start + 100]})["nodes"]:
            if node is not None:
                kinds[node["__typename"]].append(node["id"])
    return dict(kinds)


def _issue_number(stage: Stage) -> int:
    listed = stage.bot.call("GET", f"{ROOT}/issues", query={"state": "all", "per_page": "100"})
    return next(int(issue["number"]) for issue in listed if "pull_request" not in issue)


def changes(stage: Stage, asker: Asker, pull: Pull, found: list[Any]) -> None:
    """Every mutation of the schema, each asked for everything that it answers."""
    bot, raj = stage.bot, stage.person("raj")

    def mutate(client: Client, name: str, /, **given: Any) -> Any:
        kind = asker.schema.mutation_type
        assert kind is not None
        field = kind.fields[name]
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLObjectType)
        inner = asker.selection(payload, (payload.name,))
        argument = field.args["input"].type
        data = client.graphql(
            f"mutation Change($input: {argument}) {{ __typename {name}(input: $input) {inner} }}",
            {"input": {"clientMutationId": name, **given}},
        )
        found.append(data)
        return data[name]

    note = {"path": "a.py", "location": {"startLine": 1, "endLine": 1, "startColumn": 1, "endColumn": 2}}
    notes = [{**note, "annotationLevel": "NOTICE", "message": "Hm", "title": "T", "rawDetails": "R"}]
    repository = {"repositoryId": stage.repository.node_id}
    run = mutate(
        bot,
        "createCheckRun",
        **repository,
        headSha=pull.head_sha,
        name="by GraphQL",
        status="IN_PROGRESS",
        startedAt="2026-02-19T12:00:00Z",
        detailsUrl="https://example.com/2",
        externalId="digest",
        output={"title": "T", "summary": "S", "text": "L", "annotations": notes},
        actions=[{"label": "Fix", "description": "Fixes it", "identifier": "fix"}],
    )["checkRun"]
    ended = {"status": "COMPLETED", "conclusion": "FAILURE", "completedAt": "2026-02-19T12:00:09Z"}
    mutate(bot, "updateCheckRun", **repository, checkRunId=run["id"], name="renamed", **ended)
    person, team = raj.call("GET", "/users/sofia")["node_id"], stage.team_id
    mutate(raj, "requestReviews", pullRequestId=pull.node_id, userIds=[person], teamIds=[team], union=True)
    mutate(raj, "requestReviews", pullRequestId=pull.node_id, userIds=[person])
    comment = mutate(bot, "addComment", subjectId=pull.node_id, body="Hello")["commentEdge"]["node"]["id"]
    mutate(bot, "updateIssueComment", id=comment, body="Hello again")
    for content in ("THUMBS_UP", "THUMBS_DOWN", "LAUGH", "HOORAY", "CONFUSED", "HEART", "ROCKET", "EYES"):
        mutate(raj, "addReaction", subjectId=comment, content=content)
    mutate(raj, "removeReaction", subjectId=comment, content="HEART")
    mutate(bot, "deleteIssueComment", id=comment)
    label = bot.call("GET", f"{ROOT}/labels/gate%2Fhold")["node_id"]
    milestone = bot.call("GET", f"{ROOT}/milestones")[0]["node_id"]
    issue = mutate(bot, "createIssue", **repository, title="Incident", body="Why", labelIds=[label])["issue"]["id"]
    said = mutate(bot, "addComment", subjectId=issue, body="On an issue")["commentEdge"]["node"]["id"]
    mutate(raj, "addReaction", subjectId=said, content="ROCKET")
    mutate(raj, "updateIssue", id=issue, title="T", body="B", labelIds=[], milestoneId=milestone, state="OPEN")
    mutate(bot, "closeIssue", issueId=issue, stateReason="COMPLETED")
    mutate(bot, "reopenIssue", issueId=issue)
    mutate(bot, "closeIssue", issueId=issue)
    mutate(raj, "addLabelsToLabelable", labelableId=pull.node_id, labelIds=[label])
    mutate(raj, "removeLabelsFromLabelable", labelableId=pull.node_id, labelIds=[label])
    mutate(stage.person("maya"), "convertPullRequestToDraft", pullRequestId=pull.node_id)
    mutate(stage.person("maya"), "markPullRequestReadyForReview", pullRequestId=pull.node_id)
