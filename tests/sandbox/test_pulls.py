"""Pull requests: opened, followed, edited, closed, merged."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import RequestRefusedError
from tests.sandbox.conftest import ROOT, Stage


def sent(stage: Stage, event: str = "pull_request") -> list[tuple[str | None, dict[str, Any]]]:
    """The (action, payload) pairs of an event from now on, as they are fired."""
    seen: list[tuple[str | None, dict[str, Any]]] = []

    def note(webhook: Any) -> None:
        if webhook.event == event:
            seen.append((webhook.action, dict(webhook.payload)))

    stage.github.observe_webhooks(note)
    return seen


def refusal(stage: Stage, body: dict[str, Any], login: str = "alice") -> dict[str, Any]:
    """GitHub's 422 for opening a pull request."""
    status, answer, _ = stage.person(login).send("POST", f"{ROOT}/pulls", body)
    assert status == 422
    found: dict[str, Any] = answer["errors"][0]
    return found


def test_what_cannot_be_opened(stage: Stage) -> None:
    """A missing branch, a branch with nothing new, and a second pull request for the same head."""
    stage.open()
    alice = stage.person("alice")
    alice.set_branch(stage.repository, "same", stage.repository.git.references["refs/heads/main"])
    given = {"title": "T", "base": "main"}
    assert refusal(stage, {**given, "head": "nowhere"})["field"] == "head"
    assert refusal(stage, {**given, "head": "feature", "base": "nowhere"})["field"] == "base"
    assert refusal(stage, {**given, "head": "same"})["message"] == "No commits between main and same"
    again = refusal(stage, {**given, "head": "feature"})
    assert again["message"] == "A pull request already exists for meta:feature."


def test_a_push_to_the_head_synchronizes(stage: Stage) -> None:
    """The head moves, and the event says from where to where."""
    pull = stage.open()
    seen = sent(stage)
    sha = stage.person("alice").push(stage.repository, "feature", {"backend/more.py": "y\n"})
    ((action, payload),) = seen
    assert (action, payload["before"], payload["after"]) == ("synchronize", pull.head_sha, sha)
    assert stage.person("alice").read(pull)["head"]["sha"] == sha


def test_a_push_to_the_base_is_no_event_of_the_pull_request(stage: Stage) -> None:
    """The base SHA that is shown stays until the head or base of the pull request changes, by default."""
    pull = stage.open()
    seen = sent(stage)
    before = stage.person("alice").read(pull)["base"]["sha"]
    sha = stage.person("maya").push(stage.repository, "main", {"x.txt": "x\n"})
    assert (seen, stage.person("alice").read(pull)["base"]["sha"]) == ([], before)
    stage.github.behaviour.base_sha_follows_base_branch = True
    assert stage.person("alice").read(pull)["base"]["sha"] == sha


def test_retargeting_says_what_the_base_was(stage: Stage) -> None:
    """`edited` with the old base's name and SHA; an unknown base is refused."""
    pull = stage.open()
    alice = stage.person("alice")
    main = stage.repository.git.references["refs/heads/main"]
    alice.set_branch(stage.repository, "release", main)
    seen = sent(stage)
    alice.retarget(pull, "release")
    ((action, payload),) = seen
    assert action == "edited"
    assert payload["changes"] == {"base": {"ref": {"from": "main"}, "sha": {"from": main}}}
    with pytest.raises(RequestRefusedError):
        alice.retarget(pull, "nowhere")


def test_every_change_has_its_event(stage: Stage) -> None:
    """Title, labels, draft, closing and reopening each fire the event GitHub names for them."""
    pull = stage.open(draft=True)
    alice = stage.person("alice")
    seen = sent(stage)
    alice.retitle(pull, "Better")
    alice.label(pull, "gate/hold")
    alice.unlabel(pull, "gate/hold")
    alice.ready(pull)
    alice.draft(pull)
    alice.close(pull)
    alice.reopen(pull)
    actions = [action for action, _ in seen]
    assert actions == [
        "edited",
        "labeled",
        "unlabeled",
        "ready_for_review",
        "converted_to_draft",
        "closed",
        "reopened",
    ]


def test_what_is_so_already_is_no_event(stage: Stage) -> None:
    """The same title, a label that is there, ready when ready: nothing happens."""
    pull = stage.open(title="T")
    alice = stage.person("alice")
    alice.label(pull, "one")
    seen = sent(stage)
    alice.retitle(pull, "T")
    alice.label(pull, "one")
    alice.ready(pull)
    alice.reopen(pull)
    assert seen == []


def test_merging_makes_a_merge_commit(stage: Stage) -> None:
    """The base branch gets a commit with two parents; the files of the pull request stay what they were."""
    pull = stage.open()
    maya = stage.person("maya")
    seen = sent(stage)
    sha = maya.merge(pull)
    after = maya.read(pull)
    commit = maya.call("GET", f"{ROOT}/git/commits/{sha}")
    assert [action for action, _ in seen] == ["closed"]
    assert (after["merged"], after["merged_by"]["login"], after["merge_commit_sha"]) == (True, "maya", sha)
    assert [parent["sha"] for parent in commit["parents"]][1] == pull.head_sha
    assert stage.repository.git.references["refs/heads/main"] == sha
    assert after["changed_files"] == 1


def test_a_merge_by_hand_is_a_merge(stage: Stage) -> None:
    """Pushing the head commit to the base branch merges the pull request."""
    pull = stage.open()
    stage.person("maya").set_branch(stage.repository, "main", pull.head_sha)
    after = stage.person("maya").read(pull)
    assert (after["state"], after["merged"]) == ("closed", True)


def test_a_conflict_is_not_mergeable(stage: Stage) -> None:
    """Both sides changed one line: mergeable is false, and merging is refused with 405."""
    pull = stage.open(files={"README.md": "one\n"})
    stage.person("maya").push(stage.repository, "main", {"README.md": "other\n"})
    assert stage.person("alice").read(pull)["mergeable"] is False
    assert stage.person("maya").send("PUT", f"{pull.path}/merge", {})[0] == 405


def test_mergeability_can_be_slow(stage: Stage) -> None:
    """With the switch off, the first read does not know yet, and the second one does."""
    stage.github.behaviour.mergeable_known_at_once = False
    pull = stage.open()
    stage.github.pull(pull).mergeability_read.clear()
    alice = stage.person("alice")
    assert [alice.read(pull)["mergeable"], alice.read(pull)["mergeable"]] == [None, True]


@pytest.mark.parametrize("branch", ["feature", "release"])
def test_deleting_a_branch_closes_its_pull_requests(stage: Stage, branch: str) -> None:
    """Whether it was the head or the base; and such a pull request cannot be reopened."""
    alice = stage.person("alice")
    alice.set_branch(stage.repository, "release", stage.repository.git.references["refs/heads/main"])
    pull = stage.open(base="release")
    alice.delete_branch(stage.repository, branch)
    assert alice.read(pull)["state"] == "closed"
    if branch == "feature":
        assert alice.send("PATCH", pull.path, {"state": "open"})[0] == 422


def test_a_pull_request_from_a_fork(stage: Stage) -> None:
    """Its head lies in the fork; a push there synchronizes it; the base can read the head commit."""
    lina = stage.person("lina")
    fork = lina.fork(stage.repository)
    pull = lina.open_pull_request(stage.repository, branch="fix", files={"qa/x.ts": "1\n"}, head_repository=fork)
    shown = lina.read(pull)
    assert (shown["head"]["label"], shown["head"]["repo"]["full_name"]) == ("lina:fix", "lina/integration")
    seen = sent(stage)
    sha = lina.push(fork, "fix", {"qa/y.ts": "2\n"})
    assert [action for action, _ in seen] == ["synchronize"]
    assert stage.bot().call("GET", f"{ROOT}/commits/{sha}")["sha"] == sha


def test_a_fork_that_is_deleted(stage: Stage) -> None:
    """`head.repo` is null, GraphQL's head repository too; files and commit are still read through the base."""
    lina = stage.person("lina")
    fork = lina.fork(stage.repository)
    pull = lina.open_pull_request(stage.repository, branch="fix", files={"qa/x.ts": "1\n"}, head_repository=fork)
    lina.delete_repository(fork)
    shown = stage.person("alice").read(pull)
    query = """{repository(owner: "meta", name: "integration") {pullRequest(number: 1) {
        isCrossRepository headRepository {nameWithOwner} headRefName files(first: 5) {nodes {path}}}}}"""
    found = stage.bot().graphql(query)["repository"]["pullRequest"]
    assert (shown["state"], shown["head"]["repo"], shown["head"]["sha"]) == ("open", None, pull.head_sha)
    assert found["headRepository"] is None
    assert found["isCrossRepository"] is True
    assert found["files"]["nodes"] == [{"path": "qa/x.ts"}]
    assert stage.bot().send("GET", f"{ROOT}/commits/{pull.head_sha}")[0] == 200


def test_only_author_and_writers_change_a_pull_request(stage: Stage) -> None:
    """Somebody who only reads can neither retitle nor close it; its author can."""
    pull = stage.open()
    assert stage.person("lina").send("PATCH", pull.path, {"title": "Mine"})[0] == 403
    assert stage.person("lina").send("PATCH", pull.path, {"state": "closed"})[0] == 403
    assert stage.person("maya").send("PATCH", pull.path, {"title": "Yours"})[0] == 200


def test_pulls_of_a_commit(stage: Stage) -> None:
    """Open ones for a head; once on the default branch, the merged one only."""
    pull = stage.open()
    bot = stage.bot()
    path = f"{ROOT}/commits/{pull.head_sha}/pulls"
    assert [one["number"] for one in bot.call("GET", path)] == [pull.number]
    sha = stage.person("maya").merge(pull)
    assert [one["number"] for one in bot.call("GET", f"{ROOT}/commits/{sha}/pulls")] == [pull.number]
