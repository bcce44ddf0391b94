"""`trackgate plan` on every kind of repository that git knows, and with hostile surroundings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.local_repository import LINES, LocalRepository

Plan = Callable[..., dict[str, Any]]


def changed(answer: dict[str, Any]) -> list[str]:
    """The changed paths."""
    return [path["path"] for path in answer["paths"]]


@pytest.fixture
def ask(trackgate: Callable[..., Any]) -> Callable[..., Any]:
    """The parsed answer for any folder; a refusal fails the test with its text."""

    def _ask(folder: Path, *arguments: str) -> dict[str, Any]:
        result = trackgate("plan", "--json", "--repository", folder, *arguments)
        assert result.stdout, result.stderr
        return json.loads(result.stdout)

    return _ask


def test_bare_repository(ask: Plan, repository: LocalRepository, tmp_path: Path) -> None:
    """A bare clone answers like the one it was made from."""
    repository.commit({"backend/api.py": "new\n"})
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    assert changed(ask(tmp_path / "bare.git", "main", "feature")) == ["backend/api.py"]


def test_linked_worktree_and_folder_inside(ask: Plan, repository: LocalRepository, tmp_path: Path) -> None:
    """HEAD is the worktree's own; paths count from the repository's root wherever one stands."""
    repository.commit({"backend/api.py": "new\n"})
    repository.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "other"), "main")
    assert changed(ask(tmp_path / "other")) == []
    assert changed(ask(repository.folder / "backend")) == ["backend/api.py"]


def test_default_base_is_the_remotes_default_branch(
    ask: Plan, repository: LocalRepository, tmp_path: Path
) -> None:
    """In a clone without a local `main` the base is what the remote's default branch was when last fetched."""
    repository.git("branch", "--move", "main", "trunk")
    repository.git("checkout", "--quiet", "trunk")
    repository.git("clone", "--quiet", ".", str(tmp_path / "clone"))
    clone = LocalRepository(tmp_path / "clone")
    clone.git("checkout", "--quiet", "-b", "mine")
    clone.git("branch", "--delete", "--quiet", "trunk")
    clone.commit({"backend/api.py": "new\n"})
    answer = ask(clone.folder)
    assert (answer["base_branch"], answer["in_scope"]) == ("trunk", True)
    assert changed(answer) == ["backend/api.py"]


def test_shallow_clone_says_what_it_cannot_know(
    ask: Plan, trackgate: Callable[..., Any], repository: LocalRepository, tmp_path: Path
) -> None:
    """With the commits there the answer carries a warning; without them it says how to get them."""
    first = repository.git("rev-parse", "HEAD")
    repository.commit({"backend/api.py": "new\n"})
    repository.commit({"backend/api.py": "newer\n"})
    clone = tmp_path / "shallow"
    repository.git("clone", "--quiet", "--depth=2", "--branch=feature", repository.folder.as_uri(), str(clone))
    answer = ask(clone, "HEAD~1", "--base-branch", "main", "--policy", str(repository.folder / ".github"))
    assert "The clone is shallow: GitHub may find another merge base." in answer["notes"]
    refused = trackgate("plan", "--repository", clone, first)
    assert refused.exit_code == 2
    assert "git fetch --unshallow" in refused.stderr


def test_no_merge_base(trackgate: Callable[..., Any], repository: LocalRepository) -> None:
    """Histories that share nothing are refused in one line, as GitHub refuses such a pull request."""
    repository.git("checkout", "--quiet", "--orphan", "alone")
    repository.commit({"backend/api.py": "new\n"})
    refused = trackgate("plan", "--repository", repository.folder, "main")
    assert refused.exit_code == 2
    assert "have no common ancestor at all" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_submodule_and_symlink_are_paths_like_others(plan: Plan, repository: LocalRepository) -> None:
    """A submodule's commit and a symlink count at their own path; nothing is followed."""
    sha = repository.git("rev-parse", "HEAD")
    (repository.folder / "frontend").symlink_to("backend")
    repository.git("add", "--all")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{sha},dbt/package")
    repository.git("commit", "--quiet", "--message=links")
    answer = plan()
    assert {path["path"]: path["track"] for path in answer["paths"]} == {"dbt/package": "dbt", "frontend": None}


def test_file_that_becomes_a_symlink_is_changed(plan: Plan, repository: LocalRepository) -> None:
    """git's kind `T` is a change as well."""
    (repository.folder / "backend/api.py").unlink()
    (repository.folder / "backend/api.py").symlink_to("other.py")
    repository.commit()
    assert changed(plan()) == ["backend/api.py"]


def test_detached_head_tag_and_short_names(plan: Plan, repository: LocalRepository) -> None:
    """Any name git knows for a commit will do; a tag means its commit."""
    repository.git("tag", "--annotate", "--message=x", "v1", "main")
    repository.commit({"backend/api.py": "new\n"})
    repository.git("checkout", "--quiet", "--detach", "HEAD")
    assert changed(plan("v1", repository.git("rev-parse", "--short", "HEAD"))) == ["backend/api.py"]


def test_nobodys_git_settings_have_a_say(
    plan: Plan, repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renames off, colours on, another diff program, another GIT_DIR, a replaced commit: all without effect."""
    other = LocalRepository(tmp_path / "other-repository")
    other.commit({"else": "x"})
    for key, value in {
        "diff.renames": "false",
        "diff.external": "false",
        "diff.relative": "true",
        "color.ui": "always",
        "core.quotePath": "true",
        "diff.ignoreSubmodules": "all",
    }.items():
        repository.git("config", key, value)
    repository.git("mv", "backend/api.py", "backend/renamed.py")
    head = repository.commit()
    repository.git("replace", head, "main")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    answer = plan()
    assert {path["path"]: path["reason"].partition(";")[0] for path in answer["paths"]} == {
        "backend/renamed.py": "longest match: prefix backend/",
        "backend/api.py": "renamed to backend/renamed.py",
    }


def test_binary_files_have_no_lines(plan: Plan, repository: LocalRepository) -> None:
    """Lines are counted as GitHub counts them: added and deleted, none of a binary file."""
    repository.commit({"backend/logo.png": b"\0\1\2" * 100, "backend/api.py": LINES.replace("line 3\n", "x\n")})
    assert plan()["changed_lines"] == 2
