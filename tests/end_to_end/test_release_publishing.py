"""The GitHub release of a tag: ours alone, with notes and record of the commit that was tagged."""

from __future__ import annotations

import pytest

from tests.support.release_story import ReleaseStory
from tests.support.world import World

RECORD = "trackgate-release-record.json"


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """Everything but the command."""
    story = ReleaseStory(world, world.repository())
    story.prepare()
    return story


def test_notes_of_a_commit_that_was_not_released_in_the_end(story: ReleaseStory) -> None:
    """A draft for one commit, whose tag goes before it is published: the notes are those of the next commit."""
    world, first = story.world, story.head
    world.github.faults.fail(403, method="POST", path=r"/releases/\d+/assets$", times=None)
    try:
        story.say("raj", f"/gate release {story.tag}")
    finally:
        world.github.faults.clear()
    (draft,) = story.releases()
    assert draft["draft"]
    assert first in draft["body"]
    world.github.webhooks.pause()
    world.as_user("sofia").delete_tag(story.repository, story.tag)
    sha = story.commit("sofia", "backend/app/oauth.py", "SCOPES = (1,)\n")
    world.check(story.repository, sha, "track / backend", "success")
    world.github.webhooks.resume(drop=True)
    story.sweep()
    assert story.tags() == {}
    story.commit_evidence(app="777")
    story.confirm()
    story.is_finished(story.head)
    (release,) = story.releases()
    assert first not in release["body"]


def test_somebody_publishes_a_release_of_the_tag_before_ours(story: ReleaseStory) -> None:
    """A workflow that runs for the tag is quicker: its release is a draft again; ours is there with the record."""
    sofia, head = story.world.as_user("sofia"), story.head

    def publish() -> None:
        sofia.create_release(story.repository, story.tag, name="Mine", body="Hand-made.", draft=False)

    fault = story.world.github.faults.interpose(publish, method="GET", path=r"/releases/tags/")
    story.say("raj", f"/gate release {story.tag}")
    assert fault.times == 0
    assert story.tagged_commit() == head
    releases = {one["author"]["login"]: one for one in story.releases()}
    theirs = releases.pop("sofia")
    assert (theirs["draft"], theirs["body"], theirs["assets"]) == (True, "Hand-made.", [])
    (ours,) = releases.values()
    assert (ours["tag_name"], ours["draft"]) == (story.tag, False)
    assert head in ours["body"]
    assert [asset["name"] for asset in ours["assets"]] == [RECORD]
    assert f"is tagged at `{head}`" in story.report()
