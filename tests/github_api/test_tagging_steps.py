"""The steps of tagging on the sandbox: each looks before it acts, is sent once, and can be repeated."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.release_model import ExistingTag
from bot.github_api.errors import AlreadyExists, Forbidden, NotFound, Refused, Retryable, RulesetRefused
from bot.github_api.release_readings import Tagger

if TYPE_CHECKING:
    from tests.support.hub import Hub

TAGGER = Tagger("trackgate[bot]", "bot@example.com", datetime(2026, 2, 19, 19, 30, tzinfo=UTC))
RULESET: dict[str, Any] = {
    "name": "release-tags",
    "target": "tag",
    "enforcement": "active",
    "conditions": {"ref_name": {"include": ["refs/tags/v*"], "exclude": []}},
    "rules": [{"type": "creation"}, {"type": "update"}, {"type": "deletion"}],
}
RECORD = "trackgate-release-record.json"


def test_an_annotated_tag(hub: Hub) -> None:
    """Object first, then its name; repeating the object makes the same one."""
    repository = hub.repository()
    sha = hub.github.as_user("raj").push(repository, "main", {"a": "1"})
    installation = hub.at(repository)
    made = [installation.create_tag_object(repository, "v3.1.0", "Release\n", sha, TAGGER) for _ in range(2)]
    assert made[0] == made[1]
    assert installation.read_tag(repository, "v3.1.0") is None
    installation.create_tag_reference(repository, "v3.1.0", made[0])
    assert installation.read_tag(repository, "v3.1.0") == ExistingTag(made[0], sha)
    told = hub.github.as_user("raj").call("GET", f"/repos/{repository}/git/tags/{made[0]}")
    assert (told["tagger"]["name"], told["tagger"]["date"]) == ("trackgate[bot]", "2026-02-19T19:30:00Z")
    assert hub.client.requests.counts().write == 3


def test_a_tag_that_exists_already(hub: Hub) -> None:
    """Behind a lost answer or made by somebody else: told apart from every other refusal."""
    repository = hub.repository()
    sha = hub.github.as_user("raj").push(repository, "main", {"a": "1"})
    installation = hub.at(repository)
    hub.github.faults.drop_answer(method="POST", path="/git/refs")
    with pytest.raises(Retryable):
        installation.create_tag_reference(repository, "v1", sha)
    with pytest.raises(AlreadyExists):
        installation.create_tag_reference(repository, "v1", sha)
    assert installation.read_tags(repository, "v") == {"v1": sha}
    assert hub.client.requests.counts().write == 2


def test_a_tag_moves_and_goes(hub: Hub) -> None:
    """By force, with slashes in its name; and is not found when it is gone."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    first, second = (raj.push(repository, "main", {"a": text}) for text in "12")
    installation = hub.at(repository)
    installation.create_tag_reference(repository, "rc/v1", second)
    installation.move_tag_reference(repository, "rc/v1", first)
    assert installation.read_tag(repository, "rc/v1") == ExistingTag(first, first)
    installation.delete_tag_reference(repository, "rc/v1")
    for change in (
        lambda: installation.delete_tag_reference(repository, "rc/v1"),
        lambda: installation.move_tag_reference(repository, "rc/v1", first),
    ):
        with pytest.raises(NotFound):
            change()


@pytest.mark.parametrize("name", ["", "a//b", "../../x", "a/..", "."])
def test_a_name_cannot_become_another_path(hub: Hub, name: str) -> None:
    """Nothing is sent for what is no name of a tag."""
    repository = hub.repository()
    installation = hub.at(repository)
    with pytest.raises((NotFound, Refused)):
        installation.delete_tag_reference(repository, name)
    hub.github.as_user("raj").push(repository, "main", {"a": "1"})
    assert installation.read_tag(repository, name) is None


def test_a_branch_s_head(hub: Hub) -> None:
    """Now, by name; a name that others begin with is none."""
    repository = hub.repository()
    sha = hub.github.as_user("raj").push(repository, "release/3.1", {"a": "1"})
    installation = hub.at(repository)
    assert installation.read_branch_head(repository, "release/3.1") == sha
    assert installation.read_branch_head(repository, "release/3") is None
    assert hub.client.requests.counts().read == 2


def test_a_ruleset_refuses(hub: Hub) -> None:
    """Making, moving and deleting: recognised by GitHub's words, and nothing is done."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    first, second = (raj.push(repository, "main", {"a": text}) for text in "12")
    raj.create_tag(repository, "v1", first)
    hub.administrator().create_ruleset(repository, RULESET)
    installation = hub.at(repository)
    with pytest.raises(RulesetRefused, match="creations being restricted"):
        installation.create_tag_reference(repository, "v2", first)
    with pytest.raises(RulesetRefused):
        installation.move_tag_reference(repository, "v1", second)
    with pytest.raises(RulesetRefused):
        installation.delete_tag_reference(repository, "v1")
    assert installation.read_tags(repository, "v") == {"v1": first}
    installation.create_tag_reference(repository, "other", first)


def test_workflow_files_that_no_branch_has(hub: Hub) -> None:
    """A bare 403; what GitHub asks for is kept for the person who can give it."""
    repository = hub.repository({".github/workflows/ci.yml": "on: push\n"})
    raj = hub.github.as_user("raj")
    sha = raj.push(repository, "main", {"a": "1"})
    raj.push(repository, "main", {".github/workflows/ci.yml": "on: pull_request\n"})
    with pytest.raises(Forbidden) as refused:
        hub.at(repository).create_tag_reference(repository, "v1", sha)
    assert refused.value.permission == "contents=write; contents=write,workflows=write"


def test_a_release_with_its_record(hub: Hub) -> None:
    """Draft, file, published: and each step finds what an earlier try left."""
    repository = hub.repository()
    sha = hub.github.as_user("raj").push(repository, "main", {"a": "1"})
    installation = hub.at(repository)
    installation.create_tag_reference(repository, "rc/v1", sha)
    assert installation.find_release(repository, "rc/v1") is None
    draft = installation.create_release(repository, "rc/v1", title="v1", body="Notes", draft=True)
    assert (draft.tag, draft.title, draft.body, draft.is_draft, draft.is_own) == (
        "rc/v1",
        "v1",
        "Notes",
        True,
        True,
    )
    assert installation.find_release(repository, "rc/v1") == draft
    asset = installation.put_asset(repository, draft.release_id, RECORD, b'{"a": "\xc3\xa9"}', "application/json")
    assert (asset.name, asset.size, asset.is_uploaded) == (RECORD, 11, True)
    published = installation.update_release(repository, draft.release_id, draft=False)
    assert not published.is_draft
    assert installation.find_release(repository, "rc/v1") == published
    with pytest.raises(AlreadyExists):
        installation.create_release(repository, "rc/v1", title="v1", body="Notes", draft=False)
    back = installation.update_release(repository, draft.release_id, draft=True, body="Undone")
    assert (back.is_draft, back.body, back.title) == (True, "Undone", "v1")


def test_a_file_is_put_there_once(hub: Hub) -> None:
    """The bytes as they are; the same again costs a look, others replace them; nothing is doubled."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    sha = raj.push(repository, "main", {"a": "1"})
    installation = hub.at(repository)
    installation.create_tag_reference(repository, "v1", sha)
    release = installation.create_release(repository, "v1", title="v1", body="", draft=True).release_id
    content = bytes(range(256))
    hub.github.faults.drop_answer(method="POST", path="/assets")
    with pytest.raises(Retryable):
        installation.put_asset(repository, release, RECORD, content, "application/json")
    first = installation.put_asset(repository, release, RECORD, content, "application/json")
    hub.client.requests.reset()
    assert installation.put_asset(repository, release, RECORD, content, "application/json") == first
    assert (hub.client.requests.counts().read, hub.client.requests.counts().write) == (1, 0)
    (found,) = raj.call("GET", f"/repos/{repository}/releases/{release}/assets")
    assert raj.download_asset(found) == content
    installation.put_asset(repository, release, RECORD, b"other", "application/json")
    (found,) = raj.call("GET", f"/repos/{repository}/releases/{release}/assets")
    assert raj.download_asset(found) == b"other"


def test_a_release_that_somebody_else_made(hub: Hub) -> None:
    """A published one is found, and known as theirs; a draft of theirs is not ours to publish."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    sha = raj.push(repository, "main", {"a": "1"})
    raj.create_tag(repository, "v1", sha)
    raj.create_release(repository, "v1", draft=True)
    installation = hub.at(repository)
    assert installation.find_release(repository, "v1") is None
    raj.create_release(repository, "v1", name="Mine")
    found = installation.find_release(repository, "v1")
    assert found is not None
    assert (found.title, found.is_own, found.is_draft) == ("Mine", False, False)
