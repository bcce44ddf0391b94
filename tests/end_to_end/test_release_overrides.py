"""Break glass at the release desk: two people let a track's check pass for the commit that is to be released."""

from __future__ import annotations

import pytest

from tests.support.release_story import ReleaseStory
from tests.support.world import World

OVERRIDE = "/gate override backend the runner is gone"


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """Armed, with everything but the backend's check, which failed for Sofia's commit."""
    story = ReleaseStory(world, world.repository())
    sha = story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    world.check(story.repository, sha, "track / backend", "failure")
    story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    assert story.tags() == {}
    return story


def test_override_by_one(story: ReleaseStory) -> None:
    """It is asked for, and changes nothing; asked again by the same person neither."""
    asked = story.say("raj", OVERRIDE)
    assert story.reactions(asked) == ["eyes", "rocket"]
    assert "a second person has to give the same command" in story.replies()[-1]
    again = story.say("raj", OVERRIDE)
    assert story.reactions(again) == ["eyes", "confused"]
    refused = story.say("lina", OVERRIDE)
    assert story.reactions(refused) == ["eyes", "confused"]
    assert "raj, mira, sofia, maya" in story.replies()[-1].replace(" and ", ", ")
    assert story.tags() == {}


def test_override_by_two(story: ReleaseStory) -> None:
    """The second person's command opens the gate; the notes name both."""
    head = story.head
    story.say("raj", OVERRIDE)
    story.say("maya", OVERRIDE)
    story.is_finished(head)
    (release,) = story.releases()
    assert "Overridden checks: backend by raj and maya" in release["body"]


def test_override_expired(story: ReleaseStory) -> None:
    """Given by two, but its time is over before the rest arrives: the check is missing again."""
    story.say("mira", "/gate revoke")
    story.say("raj", OVERRIDE)
    story.say("maya", OVERRIDE)
    assert "overrid" in story.report()
    story.world.execute(
        "UPDATE overrides SET asked_at = asked_at - interval '25 hours', "
        "confirmed_at = confirmed_at - interval '25 hours', expires_at = expires_at - interval '25 hours' "
        "WHERE repository = %s",
        story.repository,
    )
    story.say("mira", "/gate approve")
    assert story.tags() == {}
    assert "track / backend" in story.report()


def test_override_by_the_author_of_the_change(story: ReleaseStory) -> None:
    """Sofia has the right, but the commit whose check failed is hers: refused, and it takes two others."""
    refused = story.say("sofia", OVERRIDE)
    assert story.reactions(refused) == ["eyes", "confused"]
    story.say("raj", OVERRIDE)
    assert "a second person has to give the same command" in story.replies()[-1]
    refused = story.say("sofia", OVERRIDE)
    assert story.reactions(refused) == ["eyes", "confused"]
    assert story.tags() == {}
    story.say("maya", OVERRIDE)
    story.is_finished(story.head)


def test_override_by_the_author_of_the_merged_pull_request(world: World) -> None:
    """The last change of the track came by Sofia's pull request, which somebody else merged: hers all the same."""
    story = ReleaseStory(world, world.repository())
    pull = story.merge_track("backend", checked=False, author="sofia")
    world.check(story.repository, pull.head_sha, "track / backend", "failure")
    story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    refused = story.say("sofia", OVERRIDE)
    assert story.reactions(refused) == ["eyes", "confused"]
    story.say("maya", OVERRIDE)
    assert story.tags() == {}
    story.say("raj", OVERRIDE)
    story.is_finished(story.head)
