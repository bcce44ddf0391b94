"""The tag guard when the policy changes or breaks, and whom it names for what GitHub told of."""

from __future__ import annotations

import pytest

from tests.support.release_story import ReleaseStory
from tests.support.world import World

POLICY_FILE = ".github/trackgate.yml"
OTHER_TAGS = ('tags: ["v*"]', 'tags: ["release-*"]')


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """A repository of its own, whose tags were looked at once: there were none."""
    story = ReleaseStory(world, world.repository())
    story.sweep_tags()
    return story


@pytest.fixture
def released(story: ReleaseStory) -> ReleaseStory:
    """One with a release."""
    story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    story.is_finished(story.head)
    return story


def change_policy(story: ReleaseStory, text: str) -> str:
    """Commit another policy, wait until it is in force; returns the new head."""
    head = story.commit("raj", POLICY_FILE, text)
    story.world.settle()
    return head


def policy_with_other_tags(world: World) -> str:
    """The shipped policy, but release tags have another name."""
    assert OTHER_TAGS[0] in world.shipped_policy()
    return world.shipped_policy().replace(*OTHER_TAGS)


def test_made_tag_whose_pattern_was_dropped(released: ReleaseStory) -> None:
    """The policy calls it no release tag any more: what the gate made is put back when it is moved or deleted."""
    before = released.tags()
    head = change_policy(released, policy_with_other_tags(released.world))
    sofia = released.world.as_user("sofia")
    sofia.move_tag(released.repository, released.tag, head)
    released.world.settle()
    released.sweep_tags()
    assert released.tags() == before
    sofia.delete_tag(released.repository, released.tag)
    released.world.settle()
    released.sweep_tags()
    assert released.tags() == before
    assert [one["title"] for one in released.incidents()] == [
        f"Release tag {released.tag} was moved",
        f"Release tag {released.tag} was deleted",
    ]


def test_broken_policy_leaves_no_tag_unguarded(released: ReleaseStory) -> None:
    """Until the file is mended the last valid policy holds: a moved tag is put back, another one is deleted."""
    before = released.tags()
    head = change_policy(released, "nonsense: [\n")
    sofia = released.world.as_user("sofia")
    sofia.move_tag(released.repository, released.tag, head)
    sofia.create_tag(released.repository, "v9.9.9", head)
    released.world.settle()
    released.sweep_tags()
    assert released.tags() == before
    assert sorted(one["title"] for one in released.incidents()) == [
        f"Release tag {released.tag} was moved",
        "Release tag v9.9.9 appeared without an open release gate",
    ]


def test_tag_smuggled_in_while_its_pattern_was_away(story: ReleaseStory) -> None:
    """The pattern goes, a tag of it comes, the pattern is back: the tag is no baseline, and is undone."""
    change_policy(story, policy_with_other_tags(story.world))
    story.sweep_tags()
    story.world.as_user("sofia").create_tag(story.repository, "v9.9.9", story.head)
    story.world.settle()
    story.sweep_tags()
    assert set(story.tags()) == {"v9.9.9"}
    change_policy(story, story.world.shipped_policy())
    story.sweep_tags()
    assert story.tags() == {}
    (incident,) = story.incidents()
    assert incident["title"] == "Release tag v9.9.9 appeared without an open release gate"


def test_tags_older_than_their_pattern(world: World) -> None:
    """A pattern that is new finds tags of its own there: they are baseline, and stay; later ones do not."""
    policy = policy_with_other_tags(world)
    story = ReleaseStory(world, world.repository(files={POLICY_FILE: policy}))
    story.sweep_tags()
    world.as_user("sofia").create_tag(story.repository, "v1.0.0", story.head)
    change_policy(story, world.shipped_policy())
    story.sweep_tags()
    assert story.incidents() == []
    world.as_user("sofia").create_tag(story.repository, "v2.0.0", story.head)
    world.settle()
    assert set(story.tags()) == {"v1.0.0"}
    assert len(story.incidents()) == 1


def test_a_branch_of_the_same_name_tells_of_nobody(story: ReleaseStory) -> None:
    """Lina made a branch called like the tag; who made the tag GitHub did not tell: it is nobody's."""
    lina, head = story.world.as_user("lina"), story.head
    lina.call("POST", f"/repos/{story.repository}/git/refs", {"ref": "refs/heads/v9.9.0", "sha": head})
    tags = [f"v9.9.{number}" for number in range(4)]  # GitHub sends no events for more than three
    story.world.as_user("sofia").push_tags(story.repository, dict.fromkeys(tags, head))
    story.world.settle()
    story.sweep_tags()
    assert story.tags() == {}
    (incident,) = [one for one in story.incidents() if one["title"].startswith("Release tag v9.9.0 ")]
    assert "| who | not known: GitHub sent no event for it |" in incident["body"]


def test_who_made_a_tag_that_a_branch_is_called_like(story: ReleaseStory) -> None:
    """Lina's branch came later than Sofia's tag, whose event names Sofia."""
    head = story.head
    webhooks = story.world.github.webhooks
    webhooks.pause()
    story.world.as_user("sofia").create_tag(story.repository, "v9.9.9", head)
    body = {"ref": "refs/heads/v9.9.9", "sha": head}
    story.world.as_user("lina").call("POST", f"/repos/{story.repository}/git/refs", body)
    webhooks.resume()
    story.world.settle()
    story.sweep_tags()
    (incident,) = story.incidents()
    assert "| who | sofia |" in incident["body"]
