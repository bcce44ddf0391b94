"""What Apps may do by their permissions, and people by their roles."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.access import ROLES
from tests.sandbox.conftest import ROOT, Stage

SHA = "0" * 40
REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", "/check-runs", {"name": "x", "head_sha": SHA}, "checks=write"),
    ("POST", f"/statuses/{SHA}", {"state": "success"}, "statuses=write"),
    ("POST", "/pulls/1/requested_reviewers", {"reviewers": ["maya"]}, "pull_requests=write"),
    ("POST", "/pulls/1/reviews", {"event": "APPROVE"}, "pull_requests=write"),
    ("POST", "/issues/1/comments", {"body": "x"}, "issues=write; pull_requests=write"),
    ("POST", "/git/refs", {"ref": "refs/heads/x", "sha": SHA}, "contents=write"),
    ("PUT", "/pulls/1/merge", {}, "contents=write"),
]


@pytest.mark.parametrize(("method", "path", "body", "needed"), REFUSED)
def test_a_missing_permission_is_named(
    stage: Stage, method: str, path: str, body: dict[str, Any], needed: str
) -> None:
    """403 "Resource not accessible by integration", and the header says what would have been enough."""
    stage.open()
    client = stage.client(stage.github.token_for(stage.app, stage.repository, {"metadata": "read"}))
    status, answer, headers = client.send(method, f"{ROOT}{path}", body)
    assert (status, answer["message"]) == (403, "Resource not accessible by integration")
    assert headers["X-Accepted-GitHub-Permissions"] == needed


def test_graphql_refuses_a_field_and_answers_the_others(stage: Stage) -> None:
    """A field that needs a missing permission is null with a FORBIDDEN error; the rest is answered."""
    pull = stage.open()
    stage.github.complete_check(stage.repository, pull.head_sha, "x")
    permissions = {"pull_requests": "read", "statuses": "read"}
    client = stage.client(stage.github.token_for(stage.app, stage.repository, permissions))
    query = """{repository(owner: "meta", name: "integration") {pullRequest(number: 1) {
        title commits(last: 1) {nodes {commit {statusCheckRollup {state}}}}}}}"""
    _, answer, _ = client.send("POST", "/graphql", {"query": query})
    assert answer["data"]["repository"]["pullRequest"]["title"] == "A change"
    (error,) = answer["errors"]
    assert (error["type"], error["message"]) == ("FORBIDDEN", "Resource not accessible by integration")
    assert error["path"][-1] == "statusCheckRollup"


def test_a_mutation_needs_its_permission(stage: Stage) -> None:
    """A read-only App cannot create a check run by GraphQL either."""
    pull = stage.open()
    client = stage.client(stage.github.token_for(stage.app, stage.repository, {"checks": "read"}))
    mutation = """mutation($repository: ID!, $sha: GitObjectID!) {
        createCheckRun(input: {repositoryId: $repository, headSha: $sha, name: "gate"}) {checkRun {id}}}"""
    variables = {"repository": stage.repository.node_id, "sha": pull.head_sha}
    _, answer, _ = client.send("POST", "/graphql", {"query": mutation, "variables": variables})
    assert answer["data"] == {"createCheckRun": None}
    assert answer["errors"][0]["type"] == "FORBIDDEN"
    assert stage.github.check_runs(stage.repository, pull.head_sha) == []


def test_reactions_need_the_issues_permission(stage: Stage) -> None:
    """pull_requests:write covers comments on pull requests, but not reactions to them."""
    pull = stage.open()
    comment = stage.person("alice").comment(pull, "hello")
    client = stage.client(stage.github.token_for(stage.app, stage.repository, {"pull_requests": "write"}))
    assert client.send("POST", f"{pull.issue_path}/comments", {"body": "hi"})[0] == 201
    path = f"{ROOT}/issues/comments/{comment['id']}/reactions"
    assert client.send("POST", path, {"content": "eyes"})[0] == 403


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("sofia", "admin", "admin"),
        ("alice", "write", "write"),
        ("priya", "read", "triage"),
        ("lina", "read", "read"),
        ("outsider", "read", "read"),
    ],
)
def test_a_persons_permission_is_told_in_two_words(stage: Stage, login: str, permission: str, role: str) -> None:
    """`permission` is the old coarse word (triage is read), `role_name` the exact one."""
    answer = stage.bot().call("GET", f"{ROOT}/collaborators/{login}/permission")
    assert (answer["permission"], answer["role_name"]) == (permission, role)


def test_maintain_is_write_in_the_coarse_word(stage: Stage) -> None:
    """A maintainer's `permission` is write."""
    stage.person("sofia").call("PUT", f"{ROOT}/collaborators/lina", {"permission": "maintain"})
    answer = stage.bot().call("GET", f"{ROOT}/collaborators/lina/permission")
    assert (answer["permission"], answer["role_name"]) == ("write", "maintain")


def test_a_team_gives_its_members_its_role(stage: Stage) -> None:
    """The higher of a person's own role and their teams' counts."""
    stage.github.add_team("meta", "leads", ["lina"], {"meta/integration": "maintain"})
    assert stage.github.may("lina", stage.repository, "maintain")
    assert not stage.github.may("lina", stage.repository, "admin")
    assert ROLES.index("maintain") < ROLES.index("admin")


@pytest.mark.parametrize(("login", "status"), [("lina", 403), ("priya", 403), ("alice", 201), ("outsider", 403)])
def test_only_writers_push(stage: Stage, login: str, status: int) -> None:
    """Triage and read cannot create a branch."""
    sha = stage.repository.git.references["refs/heads/main"]
    body = {"ref": "refs/heads/new", "sha": sha}
    assert stage.person(login).send("POST", f"{ROOT}/git/refs", body)[0] == status
