"""The permission `workflows`: which commits an App without it may tag."""

from __future__ import annotations

import pytest

from sandbox import Client
from tests.sandbox.conftest import ROOT, Stage

WORKFLOW = ".github/workflows/ci.yml"


@pytest.fixture
def commits(stage: Stage) -> tuple[str, str, str]:
    """Three commits of main: without a workflow, with one, and with another content of it (the head)."""
    alice = stage.person("alice")
    none = stage.repository.git.references["refs/heads/main"]
    one = alice.push(stage.repository, "main", {WORKFLOW: "on: push\n"})
    alice.push(stage.repository, "main", {WORKFLOW: "on: pull_request\n"})
    return none, one, alice.push(stage.repository, "main", {"README.md": "Later\n"})


def tag(client: Client, sha: str, name: str = "v1") -> tuple[int, str | None]:
    """Try to tag; the status, and which permissions would do."""
    status, _, headers = client.send("POST", f"{ROOT}/git/refs", {"ref": f"refs/tags/{name}", "sha": sha})
    return status, headers.get("X-Accepted-GitHub-Permissions")


def test_workflows_that_no_branch_has(stage: Stage, commits: tuple[str, str, str]) -> None:
    """A bare 403 whose header names both permissions; through an annotated tag, too."""
    _, stale, _ = commits
    body = {"ref": "refs/tags/v1", "sha": stale}
    status, answer, headers = stage.bot().send("POST", f"{ROOT}/git/refs", body)
    assert (status, answer["message"]) == (403, "Resource not accessible by integration")
    assert "errors" not in answer
    assert headers["X-Accepted-GitHub-Permissions"] == "contents=write; contents=write,workflows=write"
    annotated = {"tag": "v1", "message": "One", "object": stale, "type": "commit"}
    made = stage.bot().call("POST", f"{ROOT}/git/tags", annotated)["sha"]
    assert tag(stage.bot(), made)[0] == 403
    assert "refs/tags/v1" not in stage.repository.git.references


def test_what_needs_no_further_permission(stage: Stage, commits: tuple[str, str, str]) -> None:
    """The head's own workflows, none at all, those of another branch, and any with the permission."""
    none, stale, head = commits
    assert tag(stage.bot(), head)[0] == 201
    assert tag(stage.bot(), none, "v0")[0] == 201
    permissions = {"contents": "write", "workflows": "write"}
    allowed = stage.client(stage.github.token_for(stage.app, stage.repository, permissions))
    assert tag(allowed, stale, "v2")[0] == 201
    assert tag(stage.person("alice"), stale, "v3")[0] == 201
    stage.person("alice").set_branch(stage.repository, "old", stale)
    assert tag(stage.bot(), stale, "v4")[0] == 201


def test_a_tag_is_not_moved_there_either(stage: Stage, commits: tuple[str, str, str]) -> None:
    """PATCH is refused as POST is."""
    _, stale, head = commits
    tag(stage.bot(), head)
    path = f"{ROOT}/git/refs/tags/v1"
    assert stage.bot().send("PATCH", path, {"sha": stale, "force": True})[0] == 403
    assert stage.repository.git.references["refs/tags/v1"] == head


def test_a_release_that_would_make_such_a_tag(stage: Stage, commits: tuple[str, str, str]) -> None:
    """GitHub documents 404, or 403: a switch. With the tag there already, nothing is missing."""
    _, stale, _ = commits
    body = {"tag_name": "v1", "target_commitish": stale}
    assert stage.bot().send("POST", f"{ROOT}/releases", body)[0] == 404
    stage.github.behaviour.release_without_workflows_kind = "FORBIDDEN"
    assert stage.bot().send("POST", f"{ROOT}/releases", body)[0] == 403
    stage.person("alice").create_tag(stage.repository, "v1", stale)
    assert stage.bot().send("POST", f"{ROOT}/releases", body)[0] == 201
