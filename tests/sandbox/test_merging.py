"""Merging: with a merge commit, squashed, rebased; and which pull request a commit belongs to afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Pull
from tests.sandbox.conftest import ROOT, Stage

OF_COMMIT = """query OfCommit($oid: GitObjectID!) { repository(owner: "meta", name: "integration") {
  object(oid: $oid) { ... on Commit { associatedPullRequests(first: 5) { nodes { number } } } } } }"""


def two_commits(stage: Stage, branch: str = "two") -> Pull:
    """A pull request of two commits, while main moved on."""
    pull = stage.open(branch, files={"backend/one.py": "1\n"}, message="One\n\nWhy", title="Both")
    stage.person("alice").push(stage.repository, branch, {"backend/two.py": "2\n"}, message="Two")
    stage.person("maya").push(stage.repository, "main", {"elsewhere.txt": "e\n"}, message="Meanwhile")
    return pull


def commit(stage: Stage, sha: str) -> dict[str, Any]:
    """A commit as git's own object."""
    found: dict[str, Any] = stage.bot().call("GET", f"{ROOT}/git/commits/{sha}")
    return found


def paths(stage: Stage, revision: str) -> set[str]:
    """The paths of all files there."""
    listed = stage.bot().call("GET", f"{ROOT}/git/trees/{revision}", query={"recursive": "1"})
    return {entry["path"] for entry in listed["tree"] if entry["type"] == "blob"}


def pulls_of(stage: Stage, sha: str) -> list[int]:
    """The pull requests of a commit: REST and GraphQL must name the same."""
    by_rest = [one["number"] for one in stage.bot().call("GET", f"{ROOT}/commits/{sha}/pulls")]
    found = stage.bot().graphql(OF_COMMIT, {"oid": sha})["repository"]["object"]["associatedPullRequests"]
    assert [node["number"] for node in found["nodes"]] == by_rest
    return by_rest


def main_of(stage: Stage) -> str:
    """Main's head."""
    return str(stage.bot().call("GET", f"{ROOT}/git/ref/heads/main")["object"]["sha"])


def test_a_squash_is_one_commit_with_all_changes(stage: Stage) -> None:
    """Its only parent is the old base, its author the pull request's, and the branch's own commits stay out."""
    pull = two_commits(stage)
    base = main_of(stage)
    sha = stage.person("maya").merge(pull, "squash")
    made = commit(stage, sha)
    assert [parent["sha"] for parent in made["parents"]] == [base]
    assert (made["author"]["name"], made["committer"]["name"]) == ("alice", "maya")
    assert made["message"] == f"Both (#{pull.number})\n\n* One\n\nWhy\n\n* Two"
    assert main_of(stage) == sha
    assert {"backend/one.py", "backend/two.py", "elsewhere.txt"} <= paths(stage, sha)
    after = stage.person("maya").read(pull)
    assert (after["merged"], after["merge_commit_sha"], after["commits"]) == (True, sha, 2)


def test_a_squash_of_one_commit_keeps_its_words(stage: Stage) -> None:
    """The commit's own headline and body, with the number of the pull request."""
    pull = stage.open(message="Only\n\nBecause", title="Another title")
    sha = stage.person("maya").merge(pull, "squash")
    assert commit(stage, sha)["message"] == f"Only (#{pull.number})\n\nBecause"


def test_a_rebase_makes_each_commit_again(stage: Stage) -> None:
    """New SHAs on the old base, in order, with author and words kept and a new committer."""
    pull = two_commits(stage)
    branch = [one["sha"] for one in stage.bot().call("GET", f"{pull.path}/commits")]
    base = main_of(stage)
    last = stage.person("maya").merge(pull, "rebase")
    first = commit(stage, last)["parents"][0]["sha"]
    one, two = commit(stage, first), commit(stage, last)
    assert [parent["sha"] for parent in one["parents"]] == [base]
    assert not {first, last} & set(branch)
    assert [made["message"] for made in (one, two)] == ["One\n\nWhy", "Two"]
    assert [made["author"]["name"] for made in (one, two)] == ["alice", "alice"]
    assert [made["committer"]["name"] for made in (one, two)] == ["maya", "maya"]
    assert "backend/two.py" not in paths(stage, first)
    assert {"backend/one.py", "backend/two.py", "elsewhere.txt"} <= paths(stage, last)
    assert stage.person("maya").read(pull)["merge_commit_sha"] == last == main_of(stage)


def test_a_rebase_leaves_out_what_is_there_and_merges(stage: Stage) -> None:
    """A change that the base has already is not made twice, and a merge of the base is not made at all."""
    alice = stage.person("alice")
    pull = stage.open("twice", files={"same.txt": "same\n"}, message="Same")
    alice.push(stage.repository, "twice", {"own.txt": "own\n"}, message="Own")
    alice.push(stage.repository, "main", {"same.txt": "same\n"}, message="Same, by hand")
    head = stage.repository.git.references["refs/heads/twice"]
    tree = stage.repository.git.merged_tree(main_of(stage), head)
    merged = {"message": "Merge main", "tree": tree, "parents": [head, main_of(stage)]}
    alice.set_branch(stage.repository, "twice", alice.call("POST", f"{ROOT}/git/commits", merged)["sha"])
    base = main_of(stage)
    sha = stage.person("maya").merge(pull, "rebase")
    assert commit(stage, sha)["message"] == "Own"
    assert [parent["sha"] for parent in commit(stage, sha)["parents"]] == [base]


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_every_merge_is_told_once(stage: Stage, method: str) -> None:
    """One push of the base branch with all new commits, and one `closed` that says merged."""
    pull = two_commits(stage)
    base = main_of(stage)
    told: list[tuple[str, dict[str, Any]]] = []
    stage.github.observe_webhooks(lambda sent: told.append((sent.event, dict(sent.payload))))
    sha = stage.person("maya").merge(pull, method)
    pushes = [payload for event, payload in told if event == "push"]
    closed = [payload for event, payload in told if event == "pull_request"]
    assert [(push["ref"], push["before"], push["after"]) for push in pushes] == [("refs/heads/main", base, sha)]
    assert len(pushes[0]["commits"]) == {"merge": 3, "squash": 1, "rebase": 2}[method]
    assert [(one["action"], one["pull_request"]["merged"]) for one in closed] == [("closed", True)]
    assert closed[0]["pull_request"]["merge_commit_sha"] == sha


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_conflicts_are_refused(stage: Stage, method: str) -> None:
    """What does not merge changes nothing."""
    pull = stage.open("conflict", files={"README.md": "Mine\n"})
    stage.person("maya").push(stage.repository, "main", {"README.md": "Yours\n"})
    before = main_of(stage)
    status, _, _ = stage.person("maya").send("PUT", f"{pull.path}/merge", {"merge_method": method})
    assert (status, main_of(stage)) == (405, before)
    assert stage.person("maya").read(pull)["state"] == "open"


def test_an_unknown_method_is_refused(stage: Stage) -> None:
    """GitHub knows three."""
    pull = stage.open()
    assert stage.person("maya").send("PUT", f"{pull.path}/merge", {"merge_method": "octopus"})[0] == 422


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_every_commit_of_a_merge_names_its_pull_request(stage: Stage, method: str) -> None:
    """The branch's own commits, the merge or squash commit and each rebased commit; nothing else."""
    pull = two_commits(stage)
    branch = [one["sha"] for one in stage.bot().call("GET", f"{pull.path}/commits")]
    base = main_of(stage)
    last = stage.person("maya").merge(pull, method)
    landed = [one for one in stage.repository.git.commits_between(base, last) if one not in branch]
    assert len(landed) == {"merge": 1, "squash": 1, "rebase": 2}[method]
    assert [pulls_of(stage, sha) for sha in (*branch, *landed)] == [[pull.number]] * (2 + len(landed))
    assert pulls_of(stage, base) == []


def test_a_commit_of_an_open_pull_request_names_that(stage: Stage) -> None:
    """As long as the default branch lacks it; a merged one is named beside it, a closed one never."""
    pull = stage.open("shared")
    closed = stage.open("closed", files={"c.txt": "c\n"})
    stage.person("alice").close(closed)
    assert pulls_of(stage, pull.head_sha) == [pull.number]
    assert pulls_of(stage, closed.head_sha) == []
    stage.person("alice").push(stage.repository, "release", {"r.txt": "r\n"})
    second = stage.person("alice").open_pull_request(stage.repository, base="release", branch="shared")
    stage.person("maya").merge(second)
    assert pulls_of(stage, pull.head_sha) == [pull.number, second.number]
    stage.person("maya").merge(pull)
    assert pulls_of(stage, pull.head_sha) == [pull.number, second.number]
