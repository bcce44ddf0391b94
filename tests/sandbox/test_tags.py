"""Tags: made, moved and deleted one by one, and many in one push; and what is announced of it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import PushRefusedError, WebhookSent
from sandbox.git.wire import Command, parse_report, push_request
from tests.sandbox.conftest import ROOT, Stage

ZERO = "0" * 40


def main_sha(stage: Stage) -> str:
    """The head of main."""
    return stage.repository.git.references["refs/heads/main"]


def announced(stage: Stage) -> list[WebhookSent]:
    """What is announced of pushes from now on."""
    seen: list[WebhookSent] = []
    stage.github.observe_webhooks(
        lambda sent: seen.append(sent) if sent.event in ("create", "push", "delete") else None
    )
    return seen


def test_a_tag_that_is_there_already(stage: Stage) -> None:
    """Making it again is refused with the same words, whatever the commit; so is what is not there."""
    alice = stage.person("alice")
    alice.create_tag(stage.repository, "v1.0.0", main_sha(stage))
    other = alice.push(stage.repository, "side", {"x": "1"})
    for sha in (main_sha(stage), other):
        status, answer, _ = alice.send("POST", f"{ROOT}/git/refs", {"ref": "refs/tags/v1.0.0", "sha": sha})
        assert (status, answer["message"]) == (422, "Reference already exists")
    for method in ("PATCH", "DELETE"):
        status, answer, _ = alice.send(method, f"{ROOT}/git/refs/tags/v2", {"sha": other})
        assert (status, answer["message"]) == (422, "Reference does not exist")


def test_a_repository_without_branches_takes_no_reference(stage: Stage) -> None:
    """409, as GitHub documents it for empty repositories."""
    stage.github.import_repository("meta/empty", collaborators={"alice": "write"})
    body = {"ref": "refs/tags/v1", "sha": main_sha(stage)}
    status, answer, _ = stage.person("alice").send("POST", "/repos/meta/empty/git/refs", body)
    assert (status, answer["message"]) == (409, "Git Repository is empty.")


def test_an_answer_that_was_lost_leaves_the_tag(stage: Stage) -> None:
    """502, yet the tag is there: the same request is refused the second time."""
    alice, body = stage.person("alice"), {"ref": "refs/tags/v1.0.0", "sha": main_sha(stage)}
    stage.github.faults.drop_answer(method="POST", path=r"/git/refs$")
    assert [alice.send("POST", f"{ROOT}/git/refs", body)[0] for _ in range(2)] == [502, 422]
    assert stage.repository.git.references["refs/tags/v1.0.0"] == main_sha(stage)


def test_the_life_of_an_annotated_tag_is_announced(stage: Stage) -> None:
    """Created, moved by force and deleted: pushes carry the tag object, `create` and `delete` the bare name."""
    alice, seen = stage.person("alice"), announced(stage)
    first = alice.create_tag(stage.repository, "v1.0.0", main_sha(stage), message="One")
    second = alice.push(stage.repository, "side", {"x": "1"}, start="main")
    seen.clear()
    alice.move_tag(stage.repository, "v1.0.0", main_sha(stage))
    alice.move_tag(stage.repository, "v1.0.0", second)
    alice.delete_tag(stage.repository, "v1.0.0")
    alice.create_tag(stage.repository, "v1.0.0", main_sha(stage))
    assert [sent.event for sent in seen] == ["push", "push", "push", "delete", "create", "push"]
    moved, forward, gone, deleted, created, again = (sent.payload for sent in seen)
    assert [(push["before"], push["after"]) for push in (moved, forward, gone, again)] == [
        (first, main_sha(stage)),
        (main_sha(stage), second),
        (second, ZERO),
        (ZERO, main_sha(stage)),
    ]
    assert {push["ref"] for push in (moved, forward, gone, again)} == {"refs/tags/v1.0.0"}
    assert [(one["created"], one["deleted"]) for one in (moved, gone, again)] == [
        (False, False),
        (False, True),
        (True, False),
    ]
    assert (deleted["ref"], deleted["ref_type"]) == (created["ref"], created["ref_type"]) == ("v1.0.0", "tag")


def test_a_tag_moved_back_is_forced(stage: Stage) -> None:
    """`forced` is true only when the new commit does not come after the old one."""
    alice, start = stage.person("alice"), main_sha(stage)
    later = alice.push(stage.repository, "side", {"x": "1"})
    alice.create_tag(stage.repository, "v1", start)
    seen = announced(stage)
    for sha in (later, start):
        alice.move_tag(stage.repository, "v1", sha)
    assert [sent.payload["forced"] for sent in seen] == [False, True]


@pytest.mark.parametrize(("number", "events"), [(3, 6), (4, 0)])
def test_more_than_three_tags_in_one_push_are_silent(stage: Stage, number: int, events: int) -> None:
    """Up to three are announced, made and deleted; four leave no event of any kind."""
    alice, seen = stage.person("alice"), announced(stage)
    names = [f"v1.{place}" for place in range(number)]
    alice.push_tags(stage.repository, dict.fromkeys(names, main_sha(stage)), message="Tagged")
    assert {f"refs/tags/{name}" for name in names} <= set(stage.repository.git.references)
    assert len(seen) == events
    alice.push_tags(stage.repository, dict.fromkeys(names))
    assert not any(name.startswith("refs/tags/") for name in stage.repository.git.references)
    assert len(seen) == 2 * events


def test_branches_beside_many_tags_are_announced(stage: Stage) -> None:
    """Only the tags of a large push are silent."""
    alice, seen = stage.person("alice"), announced(stage)
    updates: dict[str, Any] = {f"refs/tags/t{place}": main_sha(stage) for place in range(4)}
    alice.push_references(stage.repository, {**updates, "refs/heads/new": main_sha(stage)})
    assert [(sent.event, sent.payload["ref"]) for sent in seen] == [("create", "new"), ("push", "refs/heads/new")]


def test_one_refused_reference_does_not_stop_the_others(stage: Stage) -> None:
    """Unless the push is atomic."""
    alice = stage.person("alice")
    updates = {"refs/heads/main": None, "refs/tags/v1": main_sha(stage)}
    with pytest.raises(PushRefusedError) as atomic:
        alice.push_references(stage.repository, updates, atomic=True)
    assert set(atomic.value.refused) == set(updates)
    assert "refs/tags/v1" not in stage.repository.git.references
    with pytest.raises(PushRefusedError) as single:
        alice.push_references(stage.repository, updates)
    assert set(single.value.refused) == {"refs/heads/main"}
    assert stage.repository.git.references["refs/tags/v1"] == main_sha(stage)


def test_updates_that_cannot_be(stage: Stage) -> None:
    """A tag below another tag, one that is not there to delete, and names that are none; the rest is done."""
    alice, sha = stage.person("alice"), main_sha(stage)
    alice.create_tag(stage.repository, "v1", sha)
    updates: dict[str, str | None] = {
        "refs/tags/v1/below": sha,
        "refs/tags/gone": None,
        "refs/tags/a..b": sha,
        "refs/pull/1/head": sha,
        "refs/tags/nothing": "1" * 40,
        "refs/tags/fine": sha,
    }
    with pytest.raises(PushRefusedError) as failed:
        alice.push_references(stage.repository, updates)
    assert set(failed.value.refused) == set(updates) - {"refs/tags/fine"}
    assert stage.repository.git.references["refs/tags/fine"] == sha


def test_one_reference_twice_in_a_push(stage: Stage) -> None:
    """Git takes one update for each reference."""
    sha = main_sha(stage)
    stage.person("alice").create_tag(stage.repository, "v1", sha)
    data = push_request([Command(sha, ZERO, "refs/tags/v1")] * 2)
    path = "/meta/integration.git/git-receive-pack"
    status, answer, _ = stage.person("alice").send_bytes("POST", path, data, None, {"Accept": "*/*"})
    assert (status, parse_report(answer)) == (200, {"refs/tags/v1": "multiple updates for ref not allowed"})
    assert stage.repository.git.references["refs/tags/v1"] == sha
