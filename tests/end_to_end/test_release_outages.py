"""What an outage kept away is done by the next sweep, though every attempt of its own is used up."""

from __future__ import annotations

from bot.jobs import MAXIMUM_ATTEMPTS
from bot.store.queue import SWEEP_JOB
from tests.support.release_story import ReleaseStory
from tests.support.world import World


def sweep_everything(story: ReleaseStory) -> None:
    """The sweep that comes every ten minutes."""
    story.world.defer(SWEEP_JOB)
    story.world.settle()


def test_a_command_that_was_given_up(world: World) -> None:
    """GitHub failed until the last attempt, and no release is armed yet: the sweep rules on the command."""
    story = ReleaseStory(world, world.repository())
    head = story.prepare()
    fault = world.github.faults.fail(502, path="graphql", times=None)
    try:
        asked = story.say("raj", f"/gate release {story.tag}")
        for _ in range(MAXIMUM_ATTEMPTS):
            story.later()
    finally:
        world.github.faults.clear()
    assert fault.times is None
    story.later()
    assert (story.tags(), story.reactions(asked)) == ({}, [])
    sweep_everything(story)
    story.is_finished(head)
    assert story.reactions(asked) == ["eyes", "rocket"]


def test_a_deployment_that_was_given_up(world: World) -> None:
    """It waited for a release that stood still for longer than the attempts last: the sweep answers it."""
    story = ReleaseStory(world, world.repository())
    head = story.prepare()
    world.github.faults.fail(403, method="POST", path=r"/releases$", times=None)
    try:
        story.say("raj", f"/gate release {story.tag}")
        deployment = world.github.request_deployment(
            story.repository, "production", f"refs/tags/{story.tag}", app=world.app
        )
        world.settle()
        for _ in range(MAXIMUM_ATTEMPTS):
            story.later()
    finally:
        world.github.faults.clear()
    assert deployment.state == "waiting"
    story.sweep()
    story.is_finished(head)
    story.later()
    sweep_everything(story)
    story.later()
    assert deployment.state == "approved"
