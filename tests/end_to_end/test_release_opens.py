"""An armed release opens by itself when the last missing thing arrives, whatever event brings it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.release_story import ReleaseStory
from tests.support.world import World

BACKEND = {"backend/app/new.py": "x = 1\n"}


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """Armed, with everything still missing."""
    story = ReleaseStory(world, world.repository())
    story.say("raj", f"/gate release {story.tag}")
    return story


def open_pull(story: ReleaseStory, *, label: bool = False) -> Any:
    """An open pull request that belongs to the release, by its milestone or its label."""
    pull = story.world.open("omar", story.repository, BACKEND)
    raj = story.world.as_user("raj")
    if label:
        raj.label(pull, f"release:{story.tag}")
    else:
        raj.set_milestone(pull, story.tag)
    story.world.settle()
    return pull


def test_by_the_last_sign_off(story: ReleaseStory) -> None:
    """Evidence first, then both people: Mira's comment opens it."""
    story.commit_evidence()
    story.say("raj", "/gate approve")
    assert story.tags() == {}
    story.say("mira", "/gate approve rollout-readiness contract-freeze")
    story.is_finished(story.head)


def test_by_the_evidence(story: ReleaseStory) -> None:
    """Sign-offs for the commit that was validated; the push of its evidence opens it, at the push."""
    story.confirm()
    assert story.tags() == {}
    story.commit_evidence()
    story.world.settle()
    story.is_finished(story.head)


def test_by_a_check_that_completes(story: ReleaseStory) -> None:
    """A track's check on its last commit, green at last, after everything else."""
    sha = story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    story.confirm()
    story.commit_evidence()
    story.world.settle()
    assert "backend" in story.report()
    assert story.tags() == {}
    story.world.check(story.repository, sha, "track / backend", "failure")
    story.world.settle()
    assert "**Next:** sofia" in story.report()
    story.world.check(story.repository, sha, "track / backend", "success")
    story.world.settle()
    story.is_finished(story.head)


@pytest.mark.parametrize("how", ["closed", "milestone removed", "label removed"])
def test_by_a_pull_request_that_leaves_the_release(story: ReleaseStory, how: str) -> None:
    """Open with the release's milestone or label it holds the release up; closed or taken out, no longer."""
    pull = open_pull(story, label=how == "label removed")
    story.prepare()
    assert f"#{pull.number} is still open" in story.report()
    assert story.tags() == {}
    raj = story.world.as_user("raj")
    if how == "closed":
        raj.close(pull)
    elif how == "milestone removed":
        raj.set_milestone(pull, None)
    else:
        raj.unlabel(pull, f"release:{story.tag}")
    story.world.settle()
    story.is_finished(story.head)


def test_by_a_pull_request_that_is_merged(story: ReleaseStory) -> None:
    """An open pull request with the milestone in one track: merged, validated, signed, it is released."""
    pull = open_pull(story)
    story.world.check(story.repository, pull.head_sha, "track / backend", "success")
    story.confirm()
    assert f"backend: #{pull.number} is still open" in story.report()
    story.world.as_user("raj").merge(pull, "squash")
    story.world.settle()
    assert "is still open" not in story.report()
    assert "changed since: backend/app/new.py" in story.report()
    story.commit_evidence()
    story.confirm()
    story.is_finished(story.head)


def test_pull_request_of_another_release_or_another_branch(story: ReleaseStory) -> None:
    """Neither the milestone of another release nor the same one on another base branch holds this one up."""
    story.world.branch(story.repository, "next")
    raj = story.world.as_user("raj")
    raj.set_milestone(story.world.open("omar", story.repository, BACKEND), "v3.2.0")
    raj.set_milestone(story.world.open("omar", story.repository, BACKEND, base="next"), story.tag)
    story.is_finished(story.prepare())


def test_a_push_judges_anew_and_voids(story: ReleaseStory) -> None:
    """Ready but for one sign-off; a push of code takes evidence and sign-offs with it, and the comment says so."""
    story.commit_evidence()
    story.say("raj", "/gate approve")
    story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    story.world.settle()
    assert story.head[:12] in story.report()
    assert "changed since: backend/app/sync.py" in story.report()
    story.say("mira", "/gate approve")
    assert story.tags() == {}


def test_an_evidence_only_push_keeps_sign_offs(story: ReleaseStory) -> None:
    """Both have confirmed; the evidence comes after that, and nothing is asked of them again."""
    story.confirm()
    story.commit("priya", "docs/project/evidence/screenshots/one.txt", "a picture\n")
    story.world.settle()
    assert "confirmed by raj, mira" in story.report()
    story.commit_evidence()
    story.world.settle()
    story.is_finished(story.head)
