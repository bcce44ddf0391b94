"""Branches and tags by REST."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import ROOT, Stage


def main_sha(stage: Stage) -> str:
    """The head of main."""
    return stage.repository.git.references["refs/heads/main"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"ref": "refs/heads/main"}, "Reference already exists"),
        ({"ref": "refs/heads/new", "sha": "0" * 40}, "Object does not exist"),
        ({"ref": "heads/new"}, "Reference name must start with 'refs' and have at least two slashes."),
        ({"ref": "refs/new"}, "Reference name must start with 'refs' and have at least two slashes."),
        ({"ref": "refs/heads/a b"}, "refs/heads/a b is not a valid ref name."),
    ],
)
def test_references_that_cannot_be_made(stage: Stage, body: dict[str, str], message: str) -> None:
    """Each gets a 422 with GitHub's sentence."""
    given = {"sha": main_sha(stage), **body}
    status, answer, _ = stage.person("alice").send("POST", f"{ROOT}/git/refs", given)
    assert (status, answer["message"]) == (422, message)


def test_moving_a_branch_backwards_needs_force(stage: Stage) -> None:
    """Not a fast forward: refused, unless forced; a missing reference does not exist."""
    alice = stage.person("alice")
    first = main_sha(stage)
    second = alice.push(stage.repository, "side", {"x": "1"})
    path = f"{ROOT}/git/refs/heads/side"
    assert alice.send("PATCH", path, {"sha": first})[0] == 422
    assert alice.send("PATCH", path, {"sha": first, "force": True})[0] == 200
    assert alice.send("PATCH", path, {"sha": second})[0] == 200
    status, answer, _ = alice.send("PATCH", f"{ROOT}/git/refs/tags/none", {"sha": first})
    assert (status, answer["message"]) == (422, "Reference does not exist")
    status, answer, _ = alice.send("DELETE", f"{ROOT}/git/refs/tags/none")
    assert (status, answer["message"]) == (422, "Reference does not exist")


def test_an_annotated_tag(stage: Stage) -> None:
    """Its reference points at the tag object, which points at the commit; commits are found through it."""
    alice = stage.person("alice")
    sha = main_sha(stage)
    alice.tag(stage.repository, "v1.0.0", sha, message="One")
    reference = alice.call("GET", f"{ROOT}/git/ref/tags/v1.0.0")["object"]
    tag = alice.call("GET", f"{ROOT}/git/tags/{reference['sha']}")
    assert (reference["type"], tag["object"]["sha"], tag["message"]) == ("tag", sha, "One")
    assert alice.call("GET", f"{ROOT}/commits/v1.0.0")["sha"] == sha
    matching = alice.call("GET", f"{ROOT}/git/matching-refs/tags/v")
    assert [one["ref"] for one in matching] == ["refs/tags/v1.0.0"]


def test_what_pushes_announce(stage: Stage) -> None:
    """A new branch is created and pushed, an old one pushed, a deleted one pushed away and deleted."""
    seen: list[Any] = []
    stage.github.observe_webhooks(
        lambda sent: seen.append(sent) if sent.event in ("create", "push", "delete") else None
    )
    alice = stage.person("alice")
    before = main_sha(stage)
    sha = alice.push(stage.repository, "side", {"docs/x": "1", "README.md": None}, message="Work")
    alice.tag(stage.repository, "v1", sha, message="One")
    alice.delete_branch(stage.repository, "side")
    assert [sent.event for sent in seen] == ["create", "push", "create", "push", "push", "delete"]
    create, push, tag, tagged, gone, _ = (sent.payload for sent in seen)
    assert (create["ref"], create["ref_type"], create["master_branch"]) == ("side", "branch", "main")
    assert (push["ref"], push["before"], push["after"]) == ("refs/heads/side", "0" * 40, sha)
    assert (push["commits"][0]["added"], push["commits"][0]["removed"]) == (["docs/x"], ["README.md"])
    assert (push["created"], push["deleted"], push["forced"]) == (True, False, False)
    assert (tag["ref"], tag["ref_type"]) == ("v1", "tag")
    assert tagged["after"] == stage.repository.git.references["refs/tags/v1"] != sha
    assert (gone["before"], gone["after"], gone["deleted"]) == (sha, "0" * 40, True)
    assert before == main_sha(stage)


def test_a_forced_push_says_so(stage: Stage) -> None:
    """`forced` is true when the old head is no ancestor of the new one."""
    alice = stage.person("alice")
    alice.push(stage.repository, "side", {"x": "1"})
    forced: list[bool] = []
    stage.github.observe_webhooks(
        lambda sent: forced.append(sent.payload["forced"]) if sent.event == "push" else None
    )
    alice.push(stage.repository, "side", {"x": "2"}, start="main", force=True)
    alice.push(stage.repository, "side", {"x": "3"})
    assert forced == [True, False]


def test_the_default_branch_stays(stage: Stage) -> None:
    """It cannot be deleted."""
    assert stage.person("sofia").send("DELETE", f"{ROOT}/git/refs/heads/main")[0] == 422


def test_comparing(stage: Stage) -> None:
    """Ahead, behind and diverged, with the common ancestor; at most 300 files."""
    alice = stage.person("alice")
    base = main_sha(stage)
    alice.push(stage.repository, "side", {f"f{number}": "x" for number in range(301)})
    path = f"{ROOT}/compare/main...side"
    ahead = alice.call("GET", path)
    assert (ahead["status"], ahead["ahead_by"], ahead["behind_by"]) == ("ahead", 1, 0)
    assert len(ahead["files"]) == 300
    alice.push(stage.repository, "main", {"y": "1"})
    diverged = alice.call("GET", path)
    assert (diverged["status"], diverged["merge_base_commit"]["sha"]) == ("diverged", base)
    assert alice.call("GET", f"{ROOT}/compare/side...side")["status"] == "identical"


def test_a_comparison_page_by_page(stage: Stage) -> None:
    """Paged, the files are on the first page only; unpaged, the newest of all commits is the last one listed."""
    alice, git = stage.person("alice"), stage.repository.git
    head = alice.push(stage.repository, "side", {"docs/moved.md": ("docs/a b.md",)})
    signature = git.commit(head).committer
    for number in range(250):
        head = git.write_commit(git.commit(head).tree, [head], signature, signature, f"Commit {number}")
    alice.set_branch(stage.repository, "side", head)
    path = f"{ROOT}/compare/main...side"
    whole = alice.call("GET", path)
    assert (whole["total_commits"], len(whole["commits"]), whole["commits"][-1]["sha"]) == (251, 250, head)
    (moved,) = whole["files"]
    assert (moved["status"], moved["filename"], moved["previous_filename"]) == (
        "renamed",
        "docs/moved.md",
        "docs/a b.md",
    )
    pages = [alice.call("GET", path, query={"per_page": "100", "page": str(page)}) for page in (1, 2, 3)]
    assert [(len(page["commits"]), len(page["files"])) for page in pages] == [(100, 1), (100, 0), (51, 0)]
    assert [one["sha"] for page in pages for one in page["commits"]][1:] == [
        one["sha"] for one in whole["commits"]
    ]
    assert alice.call("GET", f"{ROOT}/compare/side...main")["status"] == "behind"
