"""The changed files of a pull request, over REST and GraphQL."""

from __future__ import annotations

from typing import Any

from sandbox import Pull
from tests.sandbox.conftest import Stage

FILES_QUERY = """
query($number: Int!, $first: Int!, $after: String) {
  repository(owner: "meta", name: "integration") {
    pullRequest(number: $number) {
      changedFiles additions deletions
      files(first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { path changeType additions deletions }
      }
    }
  }
}
"""


def read_files(stage: Stage, pull: Pull, first: int = 100, after: str | None = None) -> dict[str, Any]:
    """What GraphQL says of a pull request's files."""
    variables = {"number": pull.number, "first": first, "after": after}
    found: dict[str, Any] = stage.bot().graphql(FILES_QUERY, variables)["repository"]["pullRequest"]
    return found


def test_each_kind_of_change_has_its_own_word(stage: Stage) -> None:
    """Added, changed, removed, renamed, copied and a new mode, in REST's words and in GraphQL's."""
    original = "".join(f"line {number}\n" for number in range(30))
    alice = stage.person("alice")
    alice.push(stage.repository, "main", {"source.py": original, "mode.sh": "x\n", "gone.txt": "g\n"})
    pull = stage.open(
        files={"new.txt": "n\n", "gone.txt": None, "source.py": original + "more\n", "mode.sh": "x\n"},
        renames={"backend/old.py": "frontend/moved.py"},
        copies={"source.py": "copy.py"},
        modes={"mode.sh": "100755"},
    )
    rest = {file["filename"]: file for file in alice.everything(f"{pull.path}/files")}
    graphql = {node["path"]: node for node in read_files(stage, pull)["files"]["nodes"]}
    assert {path: file["status"] for path, file in rest.items()} == {
        "new.txt": "added",
        "gone.txt": "removed",
        "source.py": "modified",
        "frontend/moved.py": "renamed",
        "copy.py": "copied",
        "mode.sh": "changed",
    }
    assert {path: node["changeType"] for path, node in graphql.items()} == {
        "new.txt": "ADDED",
        "gone.txt": "DELETED",
        "source.py": "MODIFIED",
        "frontend/moved.py": "RENAMED",
        "copy.py": "COPIED",
        "mode.sh": "CHANGED",
    }
    assert rest["frontend/moved.py"]["previous_filename"] == "backend/old.py"
    assert rest["copy.py"]["previous_filename"] == "source.py"
    assert "previous_filename" not in rest["new.txt"]


def test_files_are_those_since_the_branch_left_its_base(stage: Stage) -> None:
    """What the base branch gained meanwhile is no part of the pull request."""
    pull = stage.open()
    stage.person("maya").push(stage.repository, "main", {"elsewhere.py": "y\n"})
    assert [node["path"] for node in read_files(stage, pull)["files"]["nodes"]] == ["backend/new.py"]


def test_pages_follow_one_another(stage: Stage) -> None:
    """Cursors in GraphQL and the Link header in REST lead through all files once."""
    pull = stage.open(files={f"f{number:03}.txt": "x\n" for number in range(101)})
    first = read_files(stage, pull)["files"]
    rest = read_files(stage, pull, after=first["pageInfo"]["endCursor"])["files"]
    assert first["pageInfo"]["hasNextPage"]
    assert not rest["pageInfo"]["hasNextPage"]
    assert [node["path"] for node in rest["nodes"]] == ["f100.txt"]
    _, page, headers = stage.bot().send("GET", f"{pull.path}/files", query={"per_page": 60, "page": 1})
    assert len(page) == 60
    assert 'rel="next"' in headers["Link"]
    assert "page=2" in headers["Link"]


def test_three_thousand_and_one_files(stage: Stage) -> None:
    """3,001 files are counted truly, and 3,000 of them are listed."""
    pull = stage.open(files={f"d{number // 100}/f{number}.txt": f"{number}\n" for number in range(3001)})
    known = read_files(stage, pull)
    assert known["changedFiles"] == 3001
    assert known["files"]["totalCount"] == 3001
    assert stage.person("alice").read(pull)["changed_files"] == 3001
    assert len(stage.bot().everything(f"{pull.path}/files")) == 3000
