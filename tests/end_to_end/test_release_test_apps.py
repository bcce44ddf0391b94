"""A Meta Test App that was used before is not fresh, on GitHub, however its earlier use was put away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.release_test_apps import MOST_FETCHED
from demo.evidence import DIRECTORY, evidence, evidence_path
from tests.support.release_story import ReleaseStory
from tests.support.world import World

NOT_UTF8 = b"\xff\xfe \x00 latin"


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """A repository at the start of a release."""
    return ReleaseStory(world, world.repository())


def now() -> datetime:
    """This second."""
    return datetime.now(UTC).replace(microsecond=0)


def used_before(story: ReleaseStory, path: str) -> None:
    """The release is asked for, and held because of this file."""
    story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    assert story.tags() == {}
    assert f"the test app was used before, in {path}" in story.report()


def push(story: ReleaseStory, path: str, content: str | bytes | None) -> None:
    """One file of any bytes, straight to the release branch."""
    story.world.as_user("priya").push(story.repository, story.branch, {path: content}, message="Evidence")


def test_a_file_overwritten_for_another_release(story: ReleaseStory) -> None:
    """The file of the last release, edited in place for the next one: its app is used."""
    path = story.commit_evidence()
    story.confirm()
    story.say("raj", f"/gate release {story.tag}")
    assert story.tagged_commit() is not None
    story.commit("priya", path, evidence(story.head, "v3.1.1", now() - timedelta(minutes=1)))
    story.confirm()
    story.say("raj", "/gate release v3.1.1")
    assert "v3.1.1" not in story.tags()
    (report,) = story.shown_reports("v3.1.1")
    assert f"the test app was used before, in an earlier version of {path}" in report


def test_a_typo_corrected_in_place(story: ReleaseStory) -> None:
    """The same validation, written down better: the app is used once."""
    validated, performed_at = story.head, now() - timedelta(minutes=5)
    path = evidence_path(performed_at)
    story.commit("priya", path, evidence(validated, story.tag, performed_at, operator="pria"))
    story.commit("priya", path, evidence(validated, story.tag, performed_at))
    story.confirm()
    story.say("raj", f"/gate release {story.tag}")
    assert story.tagged_commit() == story.head


def test_a_first_use_that_was_named_in_the_future(story: ReleaseStory) -> None:
    """A validation that failed, in a file named 2099 and deleted since, was before this one all the same."""
    path = f"{DIRECTORY}/20991231T000000Z.md"
    push(story, path, evidence(story.head, story.tag, now() - timedelta(hours=2), result="fail"))
    push(story, path, None)
    used_before(story, path)


@pytest.mark.parametrize("is_deleted", [False, True], ids=["still there", "deleted since"])
@pytest.mark.parametrize("more", [NOT_UTF8, b"x" * 300_000], ids=["not UTF-8", "large"])
def test_a_first_use_that_is_no_ordinary_text(story: ReleaseStory, more: bytes, is_deleted: bool) -> None:
    """What never counted as evidence used its app all the same."""
    path = evidence_path(now() - timedelta(hours=3))
    push(story, path, evidence(story.head, story.tag, now() - timedelta(hours=3)).encode() + more)
    if is_deleted:
        push(story, path, None)
    used_before(story, path)


def test_a_version_that_cannot_be_read(story: ReleaseStory) -> None:
    """Nobody knows which app it names: the gate is closed until it was read, and a screenshot is not asked for."""
    path = evidence_path(now() - timedelta(hours=3))
    push(story, path, NOT_UTF8)
    push(story, f"{DIRECTORY}/shot.png", NOT_UTF8 + b"png")
    story.world.github.faults.fail(404, method="GET", path=r"/git/blobs/", times=None)
    story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    assert story.tags() == {}
    assert f"the test apps that a version of {path} names" in story.report()
    assert "shot.png names" not in story.report()
    story.world.github.faults.clear()
    story.sweep()
    assert story.tagged_commit() == story.head


def test_each_version_is_read_once_and_a_few_at_a_time(story: ReleaseStory) -> None:
    """Many files that are no text hold a release up for a while, and their requests are counted."""
    files = {f"{DIRECTORY}/{number}.md": NOT_UTF8 + bytes([number]) for number in range(MOST_FETCHED + 2)}
    story.world.as_user("priya").push(story.repository, story.branch, files, message="Not text")
    with story.world.counted() as first:
        story.say("raj", "/gate release")
    assert "the test apps that a version of" in story.report(None)
    with story.world.counted() as second:
        story.say("raj", "/gate release")
    assert "the test apps that a version of" not in story.report(None)
    with story.world.counted() as third:
        story.say("raj", "/gate release")
    assert first["reads"] - third["reads"] == MOST_FETCHED + 2
    assert second["reads"] - third["reads"] == 2 + 1
