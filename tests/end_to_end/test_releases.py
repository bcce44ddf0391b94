"""The life of a release on GitHub: commands in, and one tag, one release, one record out."""

from __future__ import annotations

from tests.support.release_story import ReleaseStory
from tests.support.world import World


def test_a_release_from_its_command_to_its_tag(world: World) -> None:
    """Armed while everything is missing; each thing arrives; the tag is made on exactly the judged commit."""
    story = ReleaseStory(world, world.repository())
    story.say("raj", f"/gate release {story.tag}")
    assert "Armed" in story.report()
    head = story.make_ready()
    world.settle()
    assert story.tagged_commit() == head
    assert "Released" in story.report()
    (release,) = story.releases()
    assert (release["tag_name"], release["draft"]) == (story.tag, False)
    assert [asset["name"] for asset in release["assets"]] == ["trackgate-release-record.json"]
    assert world.shown(story.repository, head, "gate/release").state == "success"
