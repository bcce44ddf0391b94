"""The GraphQL endpoint: errors one by one, pages within limits, nodes by ID."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.graphql.execute import build, schema_text
from tests.sandbox.conftest import Stage

HEAD = 'repository(owner: "meta", name: "integration")'


def ask(stage: Stage, document: str, **variables: Any) -> dict[str, Any]:
    """The whole answer, which GitHub gives with 200 whatever is in it."""
    status, answer, _ = stage.bot().send("POST", "/graphql", {"query": document, "variables": variables})
    assert status == 200
    found: dict[str, Any] = answer
    return found


def test_an_unknown_user_is_null_with_an_error(stage: Stage) -> None:
    """The other fields are answered."""
    answer = ask(stage, '{nobody: user(login: "nobody") {id} maya: user(login: "MAYA") {login}}')
    assert answer["data"] == {"nobody": None, "maya": {"login": "maya"}}
    assert answer["errors"] == [
        {
            "type": "NOT_FOUND",
            "path": ["nobody"],
            "locations": [{"line": 1, "column": 2}],
            "message": "Could not resolve to a User with the login of 'nobody'.",
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("first: 101", "EXCESSIVE_PAGINATION"),
        ("last: 500", "EXCESSIVE_PAGINATION"),
        ("after: null", "MISSING_PAGINATION_BOUNDARIES"),
    ],
)
def test_pages_have_limits(stage: Stage, arguments: str, kind: str) -> None:
    """More than 100 of a connection, or no number at all, is an error of that field."""
    stage.open()
    answer = ask(stage, f"{{{HEAD} {{pullRequest(number: 1) {{title files({arguments}) {{totalCount}}}}}}}}")
    assert answer["data"]["repository"]["pullRequest"] == {"title": "A change", "files": None}
    assert answer["errors"][0]["type"] == kind


def test_a_bad_document_has_errors_and_no_data(stage: Stage) -> None:
    """Unknown fields and broken syntax."""
    for document in ("{nope}", "{viewer {", "query($x: ID!) {node(id: $x) {id}}"):
        answer = ask(stage, document)
        assert answer.get("data") is None
        assert answer["errors"]


def test_one_mutation_fails_alone(stage: Stage) -> None:
    """Mutations run in order; a refused one is null with an error, the others are done."""
    pull = stage.open()
    document = """mutation($repository: ID!, $pull: ID!, $sha: GitObjectID!, $users: [ID!]!) {
      first: createCheckRun(input: {repositoryId: $repository, headSha: $sha, name: "gate", status: IN_PROGRESS})
        {checkRun {name status}}
      bad: requestReviews(input: {pullRequestId: $pull, userIds: $users}) {pullRequest {number}}
      unknown: addComment(input: {subjectId: "PR_nothing", body: "x"}) {subject {id}}
      last: addComment(input: {subjectId: $pull, body: "done"}) {commentEdge {node {body}}}
    }"""
    answer = ask(
        stage,
        document,
        repository=stage.repository.node_id,
        pull=pull.node_id,
        sha=pull.head_sha,
        users=[stage.github.world.account("alice").node_id],
    )
    assert answer["data"] == {
        "first": {"checkRun": {"name": "gate", "status": "IN_PROGRESS"}},
        "bad": None,
        "unknown": None,
        "last": {"commentEdge": {"node": {"body": "done"}}},
    }
    assert [(error["path"], error["type"]) for error in answer["errors"]] == [
        (["bad"], "UNPROCESSABLE"),
        (["unknown"], "NOT_FOUND"),
    ]


def test_oversize_text_is_refused_in_mutations_too(stage: Stage) -> None:
    """A summary of 65,536 characters and a comment of 65,537."""
    pull = stage.open()
    document = """mutation($repository: ID!, $pull: ID!, $sha: GitObjectID!, $summary: String!, $body: String!) {
      run: createCheckRun(input: {repositoryId: $repository, headSha: $sha, name: "gate",
        output: {title: "t", summary: $summary}}) {checkRun {id}}
      comment: addComment(input: {subjectId: $pull, body: $body}) {subject {id}}
    }"""
    answer = ask(
        stage,
        document,
        repository=stage.repository.node_id,
        pull=pull.node_id,
        sha=pull.head_sha,
        summary="x" * 65_536,
        body="x" * 65_537,
    )
    assert answer["data"] == {"run": None, "comment": None}
    assert {error["type"] for error in answer["errors"]} == {"UNPROCESSABLE"}


def test_a_check_run_by_mutation_is_updated_by_mutation(stage: Stage) -> None:
    """Every field arrives where REST shows it."""
    pull = stage.open()
    document = """mutation($repository: ID!, $sha: GitObjectID!) {
      createCheckRun(input: {repositoryId: $repository, headSha: $sha, name: "gate", externalId: "digest",
        detailsUrl: "http://127.0.0.1/x", status: IN_PROGRESS, output: {title: "Waiting", summary: "s",
        text: "t", annotations: [{path: "a", annotationLevel: WARNING, message: "m",
        location: {startLine: 1, endLine: 2}}]}}) {checkRun {id databaseId}}}"""
    made = ask(stage, document, repository=stage.repository.node_id, sha=pull.head_sha)["data"]["createCheckRun"]
    path = f"/repos/meta/integration/check-runs/{made['checkRun']['databaseId']}"
    shown = stage.bot().call("GET", path)
    assert (shown["external_id"], shown["details_url"]) == ("digest", "http://127.0.0.1/x")
    assert shown["output"]["annotations_count"] == 1
    update = """mutation($repository: ID!, $run: ID!) {updateCheckRun(input: {repositoryId: $repository,
        checkRunId: $run, conclusion: SUCCESS}) {checkRun {status conclusion title}}}"""
    done = ask(stage, update, repository=stage.repository.node_id, run=made["checkRun"]["id"])
    assert done["data"]["updateCheckRun"]["checkRun"] == {
        "status": "COMPLETED",
        "conclusion": "SUCCESS",
        "title": "Waiting",
    }


def test_files_by_expression_and_by_path(stage: Stage) -> None:
    """Blobs by `branch:path` and by a commit's `file`; what is not there is null."""
    stage.person("alice").push(stage.repository, "main", {"bin": b"\0\1", "docs/e.md": ""})
    document = f"""{{{HEAD} {{
        text: object(expression: "main:README.md") {{... on Blob {{text byteSize isBinary isTruncated}}}}
        binary: object(expression: "HEAD:bin") {{... on Blob {{text isBinary}}}}
        missing: object(expression: "main:nothing") {{id}}
        nobranch: object(expression: "none:README.md") {{id}}
        folder: object(expression: "main:docs") {{... on Tree {{entries {{name type path}}}}}}
        ref(qualifiedName: "refs/heads/main") {{target {{... on Commit {{
            file(path: "docs/e.md") {{mode type size object {{... on Blob {{text}}}}}}
            nothing: file(path: "docs/x.md") {{oid}}}}}}}}
    }}}}"""
    found = ask(stage, document)["data"]["repository"]
    assert found["text"] == {"text": "Hello\n", "byteSize": 6, "isBinary": False, "isTruncated": False}
    assert found["binary"] == {"text": None, "isBinary": True}
    assert (found["missing"], found["nobranch"]) == (None, None)
    assert [entry["path"] for entry in found["folder"]["entries"]] == ["docs/a b.md", "docs/e.md"]
    assert found["ref"]["target"] == {
        "file": {"mode": 0o100644, "type": "blob", "size": 0, "object": {"text": ""}},
        "nothing": None,
    }


def test_a_large_blob_is_truncated(stage: Stage) -> None:
    """Its text is cut, and says so."""
    stage.github.behaviour.graphql_blob_text_limit = 3
    document = f'{{{HEAD} {{object(expression: "main:README.md") {{... on Blob {{text isTruncated byteSize}}}}}}}}'
    found = ask(stage, document)["data"]["repository"]["object"]
    assert found == {"text": "Hel", "isTruncated": True, "byteSize": 6}


def test_nodes_by_id(stage: Stage) -> None:
    """People, pull requests, comments and commits; unknown ones are null with an error each."""
    pull = stage.open()
    comment = stage.person("alice").comment(pull, "hello")
    document = """query($ids: [ID!]!) {nodes(ids: $ids) {__typename id
        ... on User {login} ... on PullRequest {number} ... on IssueComment {body} ... on Commit {oid}}}"""
    commit = stage.bot().call("GET", f"/repos/meta/integration/commits/{pull.head_sha}")["node_id"]
    person = stage.github.world.account("maya").node_id
    ids = [person, pull.node_id, comment["node_id"], commit, "U_nothing"]
    answer = ask(stage, document, ids=ids)
    names = [one and one["__typename"] for one in answer["data"]["nodes"]]
    assert names == ["User", "PullRequest", "IssueComment", "Commit", None]
    assert answer["errors"][0]["path"] == ["nodes", 4]


def test_pull_requests_are_listed_by_state_base_and_order(stage: Stage) -> None:
    """Filters and order are GitHub's."""
    for branch in ("one", "two", "three"):
        stage.open(branch=branch, title=branch)
    numbers = {pull.title: pull for pull in stage.repository.pulls}
    stage.person("alice").call("PATCH", "/repos/meta/integration/pulls/2", {"state": "closed"})
    document = f"""{{{HEAD} {{
        open: pullRequests(states: [OPEN], first: 10, orderBy: {{field: CREATED_AT, direction: DESC}})
            {{totalCount nodes {{title}}}}
        closed: pullRequests(states: [CLOSED], last: 10) {{nodes {{title}}}}
        none: pullRequests(first: 10, baseRefName: "other") {{totalCount}}}}}}"""
    found = ask(stage, document)["data"]["repository"]
    assert [one["title"] for one in found["open"]["nodes"]] == ["three", "one"]
    assert [one["title"] for one in found["closed"]["nodes"]] == ["two"]
    assert found["none"]["totalCount"] == 0
    assert set(numbers) == {"one", "two", "three"}


def test_the_viewer_of_an_app_is_its_bot(stage: Stage) -> None:
    """An installation sees itself; bots lose their suffix elsewhere in GraphQL, unless switched."""
    pull = stage.open()
    stage.bot().call("POST", f"{pull.issue_path}/comments", {"body": "hello"})
    document = f"""{{viewer {{login}} {HEAD} {{pullRequest(number: 1) {{comments(last: 1) {{nodes {{
        author {{__typename login}}}}}}}}}}}}"""
    author = {"__typename": "Bot", "login": "trackgate"}
    answer = ask(stage, document)["data"]
    assert answer["viewer"] == {"login": "trackgate[bot]"}
    assert answer["repository"]["pullRequest"]["comments"]["nodes"][0]["author"] == author
    stage.github.behaviour.graphql_bot_login_has_suffix = True
    answer = ask(stage, document)["data"]
    assert answer["repository"]["pullRequest"]["comments"]["nodes"][0]["author"]["login"] == "trackgate[bot]"


def test_collaborators_with_their_permission(stage: Stage) -> None:
    """Each edge says the person's role; `query` filters by login."""
    document = f"""{{{HEAD} {{all: collaborators(first: 10) {{edges {{permission node {{login}}}}}}
        some: collaborators(query: "may", first: 10) {{edges {{node {{login}}}}}}}}}}"""
    found = ask(stage, document)["data"]["repository"]
    roles = {edge["node"]["login"]: edge["permission"] for edge in found["all"]["edges"]}
    assert roles == {"alice": "WRITE", "sofia": "ADMIN", "maya": "WRITE", "priya": "TRIAGE", "lina": "READ"}
    assert [edge["node"]["login"] for edge in found["some"]["edges"]] == ["maya"]


def test_every_object_field_can_be_resolved() -> None:
    """The schema builds, and its text holds no descriptions taken from elsewhere."""
    assert build().query_type is not None
    assert '"""' not in schema_text()
