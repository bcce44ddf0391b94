"""A release whose worker is killed at each step and started again: one tag, release, record and comment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.killable_world import KillableWorld, killable_world
from tests.support.postgres import new_session_database
from tests.support.release_story import ReleaseStory
from tests.support.release_writes import WRITES

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def world(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillableWorld]:
    """One world for the module; its worker is another after each test."""
    with (
        new_session_database(database_server) as url,
        killable_world(tmp_path_factory.mktemp("killable"), url) as world,
    ):
        yield world


def armed_and_killed(world: KillableWorld, step: str, *, is_done: bool) -> tuple[ReleaseStory, str]:
    """A release that is open, armed, and whose worker died at this step of tagging it; and what was judged."""
    story = ReleaseStory(world, world.repository())
    head = story.prepare()
    if step == "comment":  # it is there before, to be edited
        story.say("raj", "/gate revoke")
        story.say("mira", f"/gate release {story.tag}")
    fault = world.kill_at(is_done=is_done, **WRITES[step])
    command = "/gate approve" if step == "comment" else f"/gate release {story.tag}"
    world.as_user("raj").comment(story.desk, command)
    world.wait_killed(fault)
    return story, head


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", WRITES)
def test_killed_at_each_step(world: KillableWorld, step: str, is_done: bool) -> None:
    """Before GitHub does it, and after GitHub did it but before anybody noted that."""
    story, head = armed_and_killed(world, step, is_done=is_done)
    world.start_worker()
    world.settle()
    story.is_finished(head)
    assert len(story.replies()) == 2  # to the sign-offs, long before


@pytest.mark.parametrize("step", ["reference", "record"])
def test_what_was_begun_is_finished_as_it_was_judged(world: KillableWorld, step: str) -> None:
    """While nobody worked, the head moved on and a sign-off was taken back: the tag stays what was signed."""
    story = ReleaseStory(world, world.repository())
    head = story.prepare()
    fault = world.kill_at(is_done=True, **WRITES[step])
    world.as_user("raj").comment(story.desk, f"/gate release {story.tag}")
    world.wait_killed(fault)
    story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    world.as_user("raj").comment(story.desk, "/gate revoke")
    world.start_worker()
    world.settle()
    story.is_finished(head)
    (release,) = story.releases()
    assert "raj has yet to confirm" not in release["body"]


def test_the_head_moves_while_nobody_works(world: KillableWorld) -> None:
    """Killed before the reference was made: the plan is dropped, and the new head is judged anew."""
    story = ReleaseStory(world, world.repository())
    head = story.prepare()
    fault = world.kill_at(is_done=False, **WRITES["reference"])
    world.as_user("raj").comment(story.desk, f"/gate release {story.tag}")
    world.wait_killed(fault)
    moved = story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    world.start_worker()
    world.settle()
    assert story.tags() == {}
    assert moved[:12] in story.report()
    assert head[:12] not in story.report().partition("<details>")[0]
