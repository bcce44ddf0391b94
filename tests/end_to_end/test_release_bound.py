"""Bound to one commit, on GitHub: what voids evidence and sign-offs, what does not, and which checks count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.release_story import ReleaseStory
from tests.support.world import World

SYNC = "backend/app/sync.py"


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """A repository of its own, with nothing done for the release yet."""
    return ReleaseStory(world, world.repository())


def evidence_row(story: ReleaseStory) -> str:
    """The report's row on evidence."""
    (row,) = [line for line in story.report().splitlines() if "| evidence |" in line]
    return row


def test_validated_commit_is_the_parent_and_only_evidence_changed_since(story: ReleaseStory) -> None:
    """The usual way: validated, evidence committed on top, and the commit with the evidence is released."""
    validated = story.head
    story.confirm()
    story.commit_evidence(validated)
    story.say("raj", f"/gate release {story.tag}")
    assert story.head != validated
    story.is_finished(story.head)


def test_the_same_with_one_byte_changed_in_backend(story: ReleaseStory) -> None:
    """Validated, then one byte of code together with the evidence: evidence and earlier sign-offs are void."""
    validated = story.head
    story.confirm()
    text = story.world.get(f"/repos/{story.repository}/contents/{SYNC}")["size"]
    assert text > 0
    story.commit("sofia", SYNC, "def sync(tenant: str) -> None:\n    '''Bring one tenant up to date!'''\n")
    story.commit_evidence(validated)
    story.say("raj", f"/gate release {story.tag}")
    assert f"changed since: {SYNC}" in evidence_row(story)
    assert f"raj confirmed contract-freeze, but not for this commit: made for {validated[:7]}" in story.report()
    assert story.tags() == {}


def test_a_change_that_was_exactly_reverted_voids_nothing(story: ReleaseStory) -> None:
    """Contents are compared, not commits: there and back again, and all of it still holds."""
    raw = "def sync(tenant: str) -> None:\n    '''Bring one tenant up to date.'''\n"
    story.prepare()
    story.commit("sofia", SYNC, "def sync() -> None: ...\n")
    last = story.commit("sofia", SYNC, raw)
    story.world.check(story.repository, last, "track / backend", "success")
    story.say("raj", f"/gate release {story.tag}")
    story.is_finished(last)


def test_evidence_for_another_commit(story: ReleaseStory) -> None:
    """Of a branch that never came to main, and of nothing that anybody knows: neither counts."""
    other = story.world.as_user("sofia").push(story.repository, "other", {SYNC: "x = 1\n"})
    story.commit_evidence(other)
    story.say("raj", f"/gate release {story.tag}")
    assert f"made for {other[:7]}, which is not in the history of" in evidence_row(story)
    old = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=4)
    story.commit_evidence("1" * 40, performed_at=old, app="55")
    story.world.settle()
    assert "made for 1111111" in story.report()
    assert story.tags() == {}


def test_two_evidence_files_for_one_commit(story: ReleaseStory) -> None:
    """The newer one failed: it is the one that counts. A third that passed opens the gate again."""
    validated, now = story.head, datetime.now(UTC).replace(microsecond=0)
    story.confirm()
    story.commit_evidence(validated, performed_at=now - timedelta(minutes=30), app="11")
    story.commit_evidence(
        validated, performed_at=now - timedelta(minutes=20), app="22", scenarios={"rate-limit-429": "fail"}
    )
    story.say("raj", f"/gate release {story.tag}")
    assert story.tags() == {}
    assert "rate-limit-429" in story.report()
    story.commit_evidence(validated, performed_at=now - timedelta(minutes=10), app="33")
    story.world.settle()
    story.is_finished(story.head)


@pytest.mark.parametrize("is_deleted", [False, True], ids=["still there", "deleted since"])
def test_test_app_used_before(story: ReleaseStory, is_deleted: bool) -> None:
    """In an earlier evidence file of the branch's history, even one that is deleted: it is not fresh any more."""
    now = datetime.now(UTC).replace(microsecond=0)
    path = story.commit_evidence(performed_at=now - timedelta(hours=30), tag="v3.0.0", app="777")
    if is_deleted:
        story.commit("priya", path, None)
    story.commit_evidence(app="777")
    story.confirm()
    story.say("raj", f"/gate release {story.tag}")
    assert story.tags() == {}
    assert f"the test app was used before, in {path}" in story.report()


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_track_check_green_only_on_the_pull_requests_head(story: ReleaseStory, method: str) -> None:
    """The check ran on the head alone; however it was merged, it counts for the commit that came of it."""
    story.merge_track("backend", method=method)
    story.merge_track("dbt", method=method)
    story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    story.is_finished(story.head)


def test_a_track_that_was_never_checked(story: ReleaseStory) -> None:
    """Merged without its check: the row names the track, the pull request and whose it is."""
    pull = story.merge_track("backend", checked=False)
    story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    assert f"backend: last changed by #{pull.number}" in story.report()
    assert story.tags() == {}


def test_a_check_of_that_name_from_another_app_does_not_count(story: ReleaseStory) -> None:
    """Green, but not from the App that the policy expects."""
    pull = story.merge_track("backend", checked=False)
    other = story.other_app()
    story.world.github.complete_check(story.repository, pull.head_sha, "track / backend", app=other)
    story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    assert story.tags() == {}


def test_release_branch_other_than_the_default(world: World) -> None:
    """Named by the default branch's own policy: its head is judged, signed and tagged; main's is not."""
    policy = world.shipped_policy().replace("\n  branch:\n", "\n  branch: stable\n")
    assert "branch: stable" in policy
    story = ReleaseStory(world, world.repository(files={".github/trackgate.yml": policy}), branch="stable")
    world.branch(story.repository, "stable")
    world.as_user("sofia").push(story.repository, "main", {SYNC: "def sync() -> None: ...\n"})
    story.say("raj", f"/gate release {story.tag}")
    assert "the head of `stable`" in story.report()
    head = story.prepare()
    story.is_finished(head)
    assert head == world.get(f"/repos/{story.repository}/git/ref/heads/stable")["object"]["sha"]


def test_the_release_branch_is_gone(world: World) -> None:
    """Armed, then the branch is deleted: the comment says so, and the release can still be cancelled."""
    policy = world.shipped_policy().replace("\n  branch:\n", "\n  branch: stable\n")
    story = ReleaseStory(world, world.repository(files={".github/trackgate.yml": policy}), branch="stable")
    world.branch(story.repository, "stable")
    story.say("raj", f"/gate release {story.tag}")
    world.as_user("raj").delete_branch(story.repository, "stable")
    story.sweep()
    assert "The release branch does not exist." in story.report()
    cancelled = story.say("raj", f"/gate cancel {story.tag}")
    assert story.reactions(cancelled) == ["eyes", "rocket"]
    assert "**Cancelled.**" in story.report()
    story.say("omar", "/gate help")
    assert "/gate release" in story.replies()[-1]
