"""git's own client against the sandbox: clones, pushes, and reads why a push was refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sandbox import RequestRefusedError
from sandbox.git.process import environment
from tests.sandbox.conftest import ROOT, Stage


def git(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git's client."""
    identity = ("-c", "user.name=alice", "-c", "user.email=alice@example.com")
    command = ["git", *identity, *arguments]
    return subprocess.run(
        command, cwd=directory, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )


def address(stage: Stage, login: str) -> str:
    """The clone address of the repository with a person's token in it."""
    root = stage.github.url.replace("http://", f"http://{login}:{stage.github.token_of(login)}@")
    return f"{root}/meta/integration.git"


@pytest.fixture
def clone(stage: Stage, tmp_path: Path) -> Path:
    """A clone by alice."""
    assert git(tmp_path, "clone", "-q", address(stage, "alice"), "work").returncode == 0
    return tmp_path / "work"


def test_a_clone_and_a_push(stage: Stage, clone: Path) -> None:
    """What is committed in a clone arrives with its objects, and can be fetched again by SHA."""
    (clone / "new.txt").write_text("new\n")
    for arguments in (
        ("add", "."),
        ("commit", "-qm", "New"),
        ("tag", "-m", "One", "v1"),
        ("push", "-q", "origin", "main", "v1"),
    ):
        assert git(clone, *arguments).returncode == 0, arguments
    head = git(clone, "rev-parse", "HEAD").stdout.strip()
    assert stage.repository.git.references["refs/heads/main"] == head
    assert stage.repository.git.resolve_commit("refs/tags/v1") == head
    shown = stage.person("lina").call("GET", f"{ROOT}/commits/v1")
    assert (shown["sha"], shown["author"]["login"]) == (head, "alice")


def test_a_push_refused_by_a_ruleset_says_why(stage: Stage, clone: Path) -> None:
    """The sentences that people see in their terminal; what is allowed in the same push goes through."""
    stage.person("sofia").create_ruleset(
        stage.repository,
        {
            "name": "tags",
            "target": "tag",
            "enforcement": "active",
            "conditions": {"ref_name": {"include": ["refs/tags/v*"], "exclude": []}},
            "rules": [{"type": "creation"}],
        },
    )
    git(clone, "tag", "v1")
    git(clone, "tag", "other")
    pushed = git(clone, "push", "origin", "v1", "other")
    assert pushed.returncode == 1
    assert "GH013: Repository rule violations found for refs/tags/v1." in pushed.stderr
    assert "- Cannot create ref due to creations being restricted." in pushed.stderr
    assert "push declined due to repository rule violations" in pushed.stderr
    assert {name for name in stage.repository.git.references if "/tags/" in name} == {"refs/tags/other"}


def test_an_old_idea_of_a_reference_does_not_win(stage: Stage, clone: Path) -> None:
    """A push that races with another one is refused by git, not silently forced."""
    stage.person("alice").push(stage.repository, "main", {"x": "1"})
    git(clone, "commit", "-q", "--allow-empty", "-m", "Mine")
    pushed = git(clone, "push", "origin", "main")
    assert pushed.returncode == 1
    assert stage.repository.git.references["refs/heads/main"] != git(clone, "rev-parse", "HEAD").stdout.strip()


def test_who_may_not_push(stage: Stage, tmp_path: Path) -> None:
    """Readers clone and cannot push; nobody pushes without a token; an App needs contents: write."""
    assert git(tmp_path, "clone", "-q", address(stage, "lina"), "read").returncode == 0
    git(tmp_path / "read", "tag", "v1")
    assert git(tmp_path / "read", "push", "origin", "v1").returncode != 0
    head = stage.repository.git.references["refs/heads/main"]
    nobody = git(tmp_path / "read", "push", f"{stage.github.url}/meta/integration.git", "v1")
    assert nobody.returncode != 0
    assert "could not read Username" in nobody.stderr
    with pytest.raises(RequestRefusedError, match="403"):
        stage.person("lina").push_tags(stage.repository, {"v1": head})
    assert "refs/tags/v1" not in stage.repository.git.references


def test_what_is_no_push_is_refused(stage: Stage) -> None:
    """Bytes that are not git's are a bad request, not a fault of the sandbox."""
    path = "/meta/integration.git/git-receive-pack"
    for data in (b"nonsense", b"0010", b"000ahello\n0000"):
        assert stage.person("alice").send_bytes("POST", path, data, None, {"Accept": "*/*"})[0] == 400
