"""Releases: drafts and published ones, the tags they make, their events, and who sees what."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import RequestRefusedError, WebhookSent
from tests.sandbox.conftest import ROOT, Stage

PATH = f"{ROOT}/releases"


def main_sha(stage: Stage) -> str:
    """The head of main."""
    return stage.repository.git.references["refs/heads/main"]


def tag_of(stage: Stage, tag: str) -> str | None:
    """What a tag points at."""
    return stage.repository.git.references.get(f"refs/tags/{tag}")


def told(stage: Stage) -> list[WebhookSent]:
    """The release events from now on."""
    seen: list[WebhookSent] = []
    stage.github.observe_webhooks(lambda sent: seen.append(sent) if sent.event == "release" else None)
    return seen


def actions(seen: list[WebhookSent]) -> list[str | None]:
    """Their actions; forgets them."""
    found = [sent.action for sent in seen]
    seen.clear()
    return found


def test_a_draft_makes_no_tag_until_it_is_published(stage: Stage) -> None:
    """Only who may push sees it; publishing makes a light tag at its target, and everybody sees it."""
    alice, lina = stage.person("alice"), stage.person("lina")
    start = main_sha(stage)
    alice.push(stage.repository, "main", {"x": "1"})
    draft = alice.create_release(stage.repository, "v1.0.0", draft=True, target_commitish=start, name="One")
    assert (draft["draft"], draft["published_at"], tag_of(stage, "v1.0.0")) == (True, None, None)
    assert [len(client.call("GET", PATH)) for client in (alice, stage.bot(), lina)] == [1, 1, 0]
    assert lina.send("GET", f"{PATH}/{draft['id']}")[0] == 404
    assert alice.send("GET", f"{PATH}/tags/v1.0.0")[0] == 404
    published = alice.edit_release(draft, draft=False)
    assert published["published_at"] is not None
    assert tag_of(stage, "v1.0.0") == start
    assert lina.call("GET", f"{PATH}/tags/v1.0.0")["id"] == draft["id"]


def test_an_existing_tag_is_kept(stage: Stage) -> None:
    """`target_commitish` is not used for it, even if it names nothing; without one a new tag is at main's head."""
    alice = stage.person("alice")
    oid = alice.create_tag(stage.repository, "v1", main_sha(stage), message="One")
    alice.push(stage.repository, "main", {"x": "1"})
    alice.create_release(stage.repository, "v1", target_commitish="nowhere")
    alice.create_release(stage.repository, "v2")
    assert (tag_of(stage, "v1"), tag_of(stage, "v2")) == (oid, main_sha(stage))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"tag_name": "v1"}, {"code": "already_exists", "field": "tag_name"}),
        ({"tag_name": "v2", "target_commitish": "none"}, {"code": "invalid", "field": "target_commitish"}),
        ({"tag_name": "bad name"}, {"code": "custom", "message": "Published releases must have a valid tag"}),
    ],
)
def test_releases_that_cannot_be_made(stage: Stage, body: dict[str, str], error: dict[str, str]) -> None:
    """422 with the resource and what is wrong, and nothing is made; a second draft of a tag is no problem."""
    alice = stage.person("alice")
    alice.create_release(stage.repository, "v1")
    status, answer, _ = alice.send("POST", PATH, body)
    assert (status, answer["errors"]) == (422, [{"resource": "Release", **error}])
    assert len(alice.call("GET", PATH)) == 1
    draft = alice.create_release(stage.repository, body["tag_name"], draft=True)
    with pytest.raises(RequestRefusedError, match="422"):
        alice.edit_release(draft, draft=False, **{k: v for k, v in body.items() if k != "tag_name"})
    assert alice.call("GET", f"{PATH}/{draft['id']}")["draft"] is True


def test_types_that_are_wrong(stage: Stage) -> None:
    """A release without a tag name, or with values of another kind, is refused."""
    for body in ({}, {"tag_name": 1}, {"tag_name": "v1", "draft": "yes"}, {"tag_name": "v1", "body": ["x"]}):
        assert stage.person("alice").send("POST", PATH, body)[0] == 422


def test_what_each_step_announces(stage: Stage) -> None:
    """A draft is created, then published and released; edited, taken back, and deleted without its tag."""
    alice, seen = stage.person("alice"), told(stage)
    draft = alice.create_release(stage.repository, "v1", draft=True)
    assert actions(seen) == ["created"]
    alice.edit_release(draft, draft=False)
    assert actions(seen) == ["published", "released"]
    alice.edit_release(draft, name="One", body="Text")
    assert seen[0].payload["changes"] == {"name": {"from": ""}, "body": {"from": ""}}
    assert actions(seen) == ["edited"]
    alice.edit_release(draft, prerelease=True)
    alice.edit_release(draft, prerelease=False)
    assert actions(seen) == ["prereleased", "released"]
    assert alice.edit_release(draft, draft=True)["published_at"] is None
    assert seen[0].payload["release"]["draft"] is True
    assert actions(seen) == ["unpublished"]
    alice.delete_release(draft)
    assert actions(seen) == ["deleted"]
    assert tag_of(stage, "v1") == main_sha(stage)
    alice.create_release(stage.repository, "v2")
    alice.create_release(stage.repository, "v3", prerelease=True)
    assert actions(seen) == ["created", "published", "released", "created", "published", "prereleased"]
    stage.github.behaviour.draft_release_sends_created = False
    alice.create_release(stage.repository, "v4", draft=True)
    assert actions(seen) == []


def test_a_new_tag_is_announced_before_its_release(stage: Stage) -> None:
    """Publishing pushes a tag like anybody else."""
    seen: list[tuple[str, str | None]] = []
    stage.github.observe_webhooks(lambda sent: seen.append((sent.event, sent.action)))
    stage.person("alice").create_release(stage.repository, "v1")
    assert seen[:3] == [("create", None), ("push", None), ("release", "created")]


def test_a_deleted_tag_turns_its_release_into_a_draft(stage: Stage) -> None:
    """It stays one when the tag comes back; switches say otherwise, and whether that is announced."""
    alice = stage.person("alice")
    first, second, third = (alice.create_release(stage.repository, f"v{number}") for number in (1, 2, 3))
    seen = told(stage)
    alice.delete_tag(stage.repository, "v1")
    alice.create_tag(stage.repository, "v1", main_sha(stage))
    shown = alice.call("GET", f"{PATH}/{first['id']}")
    assert (shown["draft"], shown["published_at"], shown["tag_name"]) == (True, None, "v1")
    assert actions(seen) == []
    stage.github.behaviour.deleted_tag_sends_unpublished = True
    alice.delete_tag(stage.repository, "v2")
    assert (actions(seen), seen) == (["unpublished"], [])
    assert alice.call("GET", f"{PATH}/{second['id']}")["draft"] is True
    stage.github.behaviour.deleted_tag_drafts_release = False
    alice.delete_tag(stage.repository, "v3")
    assert alice.call("GET", f"{PATH}/{third['id']}")["draft"] is False


def test_a_ruleset_stops_the_tag_and_so_the_release(stage: Stage) -> None:
    """The answer names the rule and that a published release needs a tag; the draft stays a draft."""
    alice = stage.person("alice")
    stage.person("sofia").create_ruleset(
        stage.repository,
        {
            "name": "tags",
            "target": "tag",
            "enforcement": "active",
            "conditions": {"ref_name": {"include": ["~ALL"], "exclude": []}},
            "rules": [{"type": "creation"}],
        },
    )
    draft = alice.create_release(stage.repository, "v1", draft=True)
    expected = [
        {
            "resource": "Release",
            "code": "custom",
            "field": "pre_receive",
            "message": "pre_receive Repository rule violations found\n\n"
            "Cannot create ref due to creations being restricted.\n\n",
        },
        {"resource": "Release", "code": "custom", "message": "Published releases must have a valid tag"},
    ]
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", PATH, {"tag_name": "v1"}),
        ("PATCH", f"{PATH}/{draft['id']}", {"draft": False, "name": "New"}),
    ]
    for method, path, body in requests:
        status, answer, _ = alice.send(method, path, body)
        assert (status, answer["errors"]) == (422, expected)
    shown = alice.call("GET", f"{PATH}/{draft['id']}")
    assert (shown["draft"], shown["name"], tag_of(stage, "v1")) == (True, None, None)


def test_a_lost_answer_leaves_one_release(stage: Stage) -> None:
    """502, yet the release is there; the second attempt says that it exists."""
    alice = stage.person("alice")
    stage.github.faults.drop_answer(method="POST", path=r"/releases$")
    assert [alice.send("POST", PATH, {"tag_name": "v1"})[0] for _ in range(2)] == [502, 422]
    assert len(alice.call("GET", PATH)) == 1


def test_the_latest_release(stage: Stage) -> None:
    """By the time of its commit; drafts and pre-releases are none. The list is in that order too."""
    alice = stage.person("alice")
    assert alice.send("GET", f"{PATH}/latest")[0] == 404
    start = main_sha(stage)
    stage.github.clock.advance(60)
    alice.push(stage.repository, "main", {"x": "1"})
    for fields in ({}, {"prerelease": True}, {"draft": True}, {"target_commitish": start}):
        number = len(alice.call("GET", PATH)) + 1
        alice.create_release(stage.repository, f"v{number}", **fields)
    assert alice.call("GET", f"{PATH}/latest")["tag_name"] == "v1"
    assert [one["tag_name"] for one in alice.call("GET", PATH)] == ["v3", "v2", "v1", "v4"]


def test_releases_take_push_access(stage: Stage) -> None:
    """Readers and Apps without contents: write may read, no more."""
    release = stage.person("alice").create_release(stage.repository, "v1")
    reading = stage.client(stage.github.token_for(stage.app, stage.repository, {"contents": "read"}))
    for client in (stage.person("lina"), reading):
        assert client.call("GET", f"{PATH}/{release['id']}")["tag_name"] == "v1"
        for method, path in (("POST", PATH), ("PATCH", f"{PATH}/1"), ("DELETE", f"{PATH}/{release['id']}")):
            assert client.send(method, path, {"tag_name": "v2"})[0] == 403
    assert stage.bot().call("POST", PATH, {"tag_name": "v2"})["author"]["login"] == "trackgate[bot]"


def test_immutable_releases(stage: Stage) -> None:
    """Their tag neither moves nor goes, their files stay, and the name is burned when they are deleted."""
    alice = stage.person("alice")
    stage.github.behaviour.immutable_releases = True
    later = alice.push(stage.repository, "side", {"x": "1"})
    draft = alice.create_release(stage.repository, "v1", draft=True)
    asset = alice.upload_asset(draft, "record.json", b"{}")
    release = alice.edit_release(draft, draft=False)
    assert release["immutable"] is True
    path = f"{ROOT}/git/refs/tags/v1"
    assert alice.send("PATCH", path, {"sha": later, "force": True})[0] == 422
    assert alice.send("DELETE", path)[0] == 422
    assert alice.send("DELETE", f"{PATH}/assets/{asset['id']}")[0] == 422
    assert alice.send("PATCH", f"{PATH}/{release['id']}", {"draft": True})[0] == 422
    assert alice.edit_release(release, body="Words may change")["body"] == "Words may change"
    alice.delete_release(release)
    alice.delete_tag(stage.repository, "v1")
    status, answer, _ = alice.send("POST", PATH, {"tag_name": "v1"})
    assert (status, answer["errors"][0]["message"]) == (422, "tag_name was used by an immutable release")
    assert alice.send("POST", f"{ROOT}/git/refs", {"ref": "refs/tags/v1", "sha": later})[0] == 422
