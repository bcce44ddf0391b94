"""The sandbox's repositories are git's own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.git.process import run_git
from tests.sandbox.conftest import ROOT, Stage

ODD_PATHS = ['a "quoted" name.py', "ünïcödé/файл.md", "back\\slash.txt", "line\nbreak.txt", " leading space"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An ordinary local git repository with a history, a tag and a second branch."""
    place = tmp_path / "source"
    place.mkdir()

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Sofia", "-c", "user.email=sofia@example.com"]
        subprocess.run(["git", "-C", str(place), *identity, *arguments], check=True, capture_output=True)

    git("init", "-q", "--initial-branch=trunk")
    (place / "one.txt").write_text("one\n")
    git("add", ".")
    git("commit", "-q", "-m", "One")
    git("tag", "-a", "v1", "-m", "First")
    git("checkout", "-q", "-b", "side")
    (place / "two.txt").write_text("two\n")
    git("add", ".")
    git("commit", "-q", "-m", "Two")
    git("checkout", "-q", "trunk")
    return place


def test_an_imported_repository_keeps_its_history(tmp_path: Path, source: Path) -> None:
    """Branches, tags, commits and their authors are those of the source; the default branch is its HEAD."""
    with Sandbox.start(tmp_path / "hub") as github:
        github.add_user("sofia")
        repository = github.import_repository("meta/one", source=source, collaborators={"sofia": "write"})
        sofia = github.as_user("sofia")
        head = run_git("rev-parse", "side", at=source / ".git").decode().strip()
        commit = sofia.call("GET", "/repos/meta/one/commits/side")
        assert repository.default_branch == "trunk"
        assert commit["sha"] == head
        assert commit["author"]["login"] == "sofia"
        assert [file["filename"] for file in commit["files"]] == ["two.txt"]
        assert [tag["name"] for tag in sofia.call("GET", "/repos/meta/one/tags")] == ["v1"]


def test_a_push_makes_commits_that_git_itself_accepts(stage: Stage) -> None:
    """After pushes with odd paths, moves, modes and removals, `git fsck` finds nothing wrong."""
    alice = stage.person("alice")
    alice.push(stage.repository, "odd", dict.fromkeys(ODD_PATHS, "x\n"), modes={ODD_PATHS[0]: "100755"})
    sha = alice.push(stage.repository, "odd", {"moved.py": ("backend/old.py",), "README.md": None, "b": b"\0\1"})
    git = stage.repository.git
    run_git("fsck", "--strict", "--full", at=git.directory)
    listed = run_git("ls-tree", "-r", "-z", "--name-only", sha, at=git.directory).decode().split("\0")
    assert set(listed) - {""} == {*ODD_PATHS, "moved.py", "docs/a b.md", "b"}
    assert git.read(sha)[0] == "commit"
    entry = git.entry(git.commit(sha).tree, ODD_PATHS[0])
    assert entry is not None
    assert entry.mode == "100755"


def test_a_commit_can_have_another_author_than_its_pusher(stage: Stage) -> None:
    """The author is the person named, the committer is the same, the pusher is who pushed."""
    sha = stage.person("alice").push(stage.repository, "b", {"x": "1"}, author="maya")
    commit = stage.person("lina").call("GET", f"{ROOT}/commits/{sha}")
    assert commit["author"]["login"] == "maya"


def test_contents_are_written_by_commits(stage: Stage) -> None:
    """PUT and DELETE of a file commit it; a change must name the blob that it replaces."""
    alice = stage.person("alice")
    path = f"{ROOT}/contents/docs/new.md"
    made = alice.call("PUT", path, {"message": "Add", "content": "aGVsbG8="})
    assert alice.send("PUT", path, {"message": "Again", "content": "aGVsbG8="})[0] == 422
    assert alice.send("PUT", path, {"message": "Again", "content": "", "sha": "0" * 40})[0] == 409
    assert alice.call("GET", path)["content"] == "aGVsbG8=\n"
    alice.call("DELETE", path, {"message": "Remove", "sha": made["content"]["sha"]})
    assert alice.send("GET", path)[0] == 404


def test_a_file_over_one_megabyte_has_no_inline_content(stage: Stage) -> None:
    """Such a file is listed with encoding `none`, and read whole in the raw form."""
    stage.person("alice").push(stage.repository, "main", {"big.bin": b"x" * (1024 * 1024 + 1)})
    lina = stage.person("lina")
    shown = lina.call("GET", f"{ROOT}/contents/big.bin")
    assert (shown["encoding"], shown["content"], shown["size"]) == ("none", "", 1024 * 1024 + 1)
    raw = lina.send("GET", f"{ROOT}/contents/big.bin", headers={"Accept": "application/vnd.github.raw+json"})
    assert len(raw[1]) == 1024 * 1024 + 1


def test_a_symbolic_link_is_followed_and_a_folder_is_listed(stage: Stage) -> None:
    """A link to a file of the repository shows that file; one that leads out shows itself."""
    alice = stage.person("alice")
    links = {"docs/link": "../README.md", "out": "/etc/passwd"}
    alice.push(stage.repository, "main", links, modes=dict.fromkeys(links, "120000"))
    assert alice.call("GET", f"{ROOT}/contents/docs/link")["content"] == "SGVsbG8K\n"
    assert alice.call("GET", f"{ROOT}/contents/out")["type"] == "symlink"
    listed = alice.call("GET", f"{ROOT}/contents/docs")
    assert [(item["name"], item["type"]) for item in listed] == [("a b.md", "file"), ("link", "symlink")]


@pytest.mark.parametrize("path", ["../up", "a//b", ".git/config", "a/./b", ""])
def test_a_malformed_path_is_refused(stage: Stage, path: str) -> None:
    """A tree cannot hold paths that leave it or that git forbids."""
    tree = {"tree": [{"path": path, "mode": "100644", "content": "x"}]}
    assert stage.person("alice").send("POST", f"{ROOT}/git/trees", tree)[0] == 422
