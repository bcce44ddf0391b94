"""One commit, several releases: whose state `gate/release` shows, and what each release's own comment says."""

from __future__ import annotations

import pytest

from tests.support.release_story import ReleaseStory
from tests.support.world import ShownGate, World

OTHER = "v3.2.0"


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """A repository of its own, with nothing done for a release yet."""
    return ReleaseStory(world, world.repository())


def gate(story: ReleaseStory, sha: str) -> ShownGate:
    """`gate/release` on a commit; it has to be there."""
    shown = story.world.gate(story.repository, sha, "gate/release")
    assert shown is not None
    return shown


def test_two_releases_wait_for_one_head(story: ReleaseStory) -> None:
    """One check run, of the release that was armed first, however often they are judged; a comment for each."""
    story.say("raj", f"/gate release {story.tag}")
    story.say("raj", f"/gate release {OTHER}")
    for _ in range(3):
        story.sweep()
    shown = gate(story, story.head)
    assert (shown.runs, shown.state) == (1, "in_progress")
    assert shown.title.startswith(f"{story.tag}: ")
    for tag in (story.tag, OTHER):
        assert f"`{tag}`" in story.report(tag)
        assert "**Armed** by raj: the head of `main`" in story.report(tag)


def test_the_one_that_is_made_keeps_the_check_run(story: ReleaseStory) -> None:
    """The evidence names the first: it is released, and the second, which goes on waiting, changes nothing."""
    story.say("raj", f"/gate release {story.tag}")
    story.say("raj", f"/gate release {OTHER}")
    head = story.prepare()
    assert set(story.tags()) == {story.tag}
    for _ in range(2):
        story.sweep()
    story.is_finished(head)
    assert gate(story, head).runs == 1
    assert "**Armed** by raj" in story.report(OTHER)


def test_armed_on_a_commit_that_is_released_already(story: ReleaseStory) -> None:
    """Success stays, through arming, judging and cancelling; what the other waits for is in its own comment."""
    head = story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    story.is_finished(head)
    story.say("raj", f"/gate release {OTHER} at {head}")
    story.sweep()
    assert "**Armed** by raj: this commit" in story.report(OTHER)
    story.is_finished(head)
    story.say("raj", f"/gate cancel {OTHER}")
    assert "**Cancelled.**" in story.report(OTHER)
    story.is_finished(head)
    assert gate(story, head).runs == 1


def test_cancelled(story: ReleaseStory) -> None:
    """Nothing waits for it any more: the check run has ended, as a failure that names the tag."""
    story.say("raj", f"/gate release {story.tag}")
    story.say("raj", f"/gate cancel {story.tag}")
    shown = gate(story, story.head)
    assert (shown.state, shown.title) == ("failure", f"Cancelled: {story.tag}")


def test_one_of_two_is_cancelled(story: ReleaseStory) -> None:
    """The check run is the other's then, whichever of the two it was."""
    story.say("raj", f"/gate release {story.tag}")
    story.say("raj", f"/gate release {OTHER}")
    story.say("raj", f"/gate cancel {story.tag}")
    shown = gate(story, story.head)
    assert shown.state == "in_progress"
    assert shown.title.startswith(f"{OTHER}: ")
    story.say("raj", f"/gate release {story.tag}")
    story.say("raj", f"/gate cancel {story.tag}")
    shown = gate(story, story.head)
    assert shown.state == "in_progress"
    assert shown.title.startswith(f"{OTHER}: ")
    assert "**Cancelled.**" in story.report()


def test_cancelled_while_something_hinders_it(story: ReleaseStory) -> None:
    """GitHub refused the tag: cancelled, it says so, and not that it is being tagged or that GitHub said no."""
    head = story.prepare()
    fault = story.world.github.faults.fail(403, method="POST", path=r"/git/refs$")
    story.say("raj", f"/gate release {story.tag}")
    assert fault.times == 0
    assert gate(story, head).title.startswith(f"{story.tag}: Blocked: ")
    story.say("raj", f"/gate cancel {story.tag}")
    assert (gate(story, head).state, gate(story, head).title) == ("failure", f"Cancelled: {story.tag}")
    assert "said no" not in story.report()


def test_a_dry_run_at_a_commit_names_that_commit(story: ReleaseStory) -> None:
    """What it says could be released is what its command would release, though the branch has moved on."""
    target = story.prepare()
    story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    story.say("raj", f"/gate release {story.tag} at {target[:9]} --dry-run")
    command = f"/gate release {story.tag} at {target[:9]}"
    assert f"It could be released now. To release: `{command}`" in story.report(tag=None)
    story.say("raj", command)
    story.is_finished(target)


def test_a_commit_that_nobody_knows(story: ReleaseStory) -> None:
    """The answer names it as it was named, and the next step."""
    asked = story.say("raj", f"/gate release {story.tag} at {'0' * 12}")
    assert story.reactions(asked) == ["eyes", "confused"]
    assert story.replies() == [
        f"There is no commit `{'0' * 12}` here. **Next:** a release lead: name a commit of the release branch."
    ]
