"""How many requests a release costs: counted by the sandbox, whatever the service says of itself."""

from __future__ import annotations

import pytest

from tests.support.release_story import ReleaseStory
from tests.support.world import World


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """Six tracks merged, evidence on the parent of the head, both people's sign-offs on other commits."""
    story = ReleaseStory(world, world.repository())
    for track in ("backend", "dbt", "frontend", "airbyte", "qa", "docs"):
        story.merge_track(track)
    validated = story.head
    story.say("raj", "/gate approve")
    story.commit("priya", "docs/project/evidence/screenshots/one.txt", "a picture\n")
    story.say("mira", "/gate approve")
    story.commit_evidence(validated)
    world.settle()
    return story


def test_a_whole_report_for_six_tracks(story: ReleaseStory) -> None:
    """At most four reads, the first time and every other."""
    for _ in range(2):
        with story.world.counted() as counts:
            story.say("raj", "/gate release")
        assert "It could be released now as" in story.report(tag=None)
        assert counts["reads"] <= 4
        assert counts["writes"] <= 4


def test_from_the_command_to_the_tag(story: ReleaseStory) -> None:
    """Arming, judging, tagging and showing it: a fixed, small number."""
    with story.world.counted() as counts:
        story.say("raj", f"/gate release {story.tag}")
    story.is_finished(story.head)
    assert counts["reads"] <= 8
    assert counts["writes"] <= 11


def test_judging_an_armed_release_anew(story: ReleaseStory) -> None:
    """After an event that changes nothing for it: one read, and nothing written."""
    story.say("mira", "/gate revoke")
    story.say("raj", f"/gate release {story.tag}")
    sofia = story.world.as_user("sofia")
    sofia.push(story.repository, "other", {"backend/new.py": "x = 1\n"})
    with story.world.counted() as counts:
        sofia.push(story.repository, "other", {"backend/new.py": "x = 2\n"})
    assert (counts["reads"], counts["writes"]) == (1, 0)


def test_a_sign_off(story: ReleaseStory) -> None:
    """The reading, where the branch was then, the issue to reply on, and each commit to compare but once."""
    with story.world.counted() as counts:
        story.say("mira", "/gate approve")
    assert counts["reads"] <= 5
    assert counts["writes"] == 3
    with story.world.counted() as counts:
        story.say("mira", "/gate approve")
    assert counts["reads"] <= 3


def test_without_an_armed_release_events_cost_nothing(story: ReleaseStory) -> None:
    """Pushes, milestones, other checks, comments without a command and ordinary tags: not one request."""
    raj, repository = story.world.as_user("raj"), story.repository
    head = story.head
    with story.world.counted() as counts:
        raj.push(repository, "other", {"backend/new.py": "x = 1\n"})
        raj.set_milestone(story.desk, "v3.1.0")
        raj.comment(story.desk, "What about it?")
        story.world.check(repository, head, "track / backend", "success")
        story.world.check(repository, head, "lint", "success")
    assert counts["total"] == 0


def test_a_sweep_of_tags_with_nothing_new(story: ReleaseStory) -> None:
    """One request for a repository."""
    story.sweep_tags()
    story.world.github.requests.reset()
    story.sweep_tags()
    own = [
        one
        for one in story.world.github.requests.records(token_kind="installation")
        if f"/repos/{story.repository}/" in one.path or one.path == "/graphql"
    ]
    assert len(own) == 1
