"""Whatever order GitHub tells of comments in, and whatever happens meanwhile: the later comment is what counts."""

from __future__ import annotations

import pytest

from tests.support.release_story import ReleaseStory
from tests.support.world import World

TAKEN_BACK = "This was taken back by a later comment, which came here first."
NO_LEAD = "Only a release lead (raj, mira) may release."


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """Armed, with everything but what Mira confirms."""
    story = ReleaseStory(world, world.repository())
    story.commit_evidence()
    story.say("raj", f"/gate approve\n/gate release {story.tag}")
    assert story.tags() == {}
    return story


@pytest.fixture
def ready(world: World) -> ReleaseStory:
    """Everything but the command."""
    story = ReleaseStory(world, world.repository())
    story.prepare()
    return story


def test_a_sign_off_that_is_deleted_before_the_desk_works(story: ReleaseStory) -> None:
    """Both events are there before anybody looks: it is not counted, and Mira can still confirm."""
    mira, webhooks = story.world.as_user("mira"), story.world.github.webhooks
    webhooks.pause()
    mira.delete_comment(mira.comment(story.desk, "/gate approve"))
    webhooks.resume()
    story.world.settle()
    assert story.tags() == {}
    assert "mira confirmed contract-freeze, but the comment that said so was deleted" in story.report()
    story.say("mira", "/gate approve")
    story.is_finished(story.head)


def test_a_sign_off_that_is_deleted_while_the_desk_works_and_nobody_tells(story: ReleaseStory) -> None:
    """Gone between the desk's first reaction and its ruling, and the event of that is lost: it is not counted."""
    mira, github = story.world.as_user("mira"), story.world.github
    given: list[object] = []

    def take_back() -> None:
        github.webhooks.pause()
        mira.delete_comment(given[0])
        github.webhooks.resume(drop=True)

    github.webhooks.pause()
    given.append(mira.comment(story.desk, "/gate approve"))
    fault = github.faults.interpose(take_back, operation="addReaction")
    github.webhooks.resume()
    story.world.settle()
    assert fault.times == 0
    assert story.tags() == {}
    assert "mira confirmed contract-freeze, but the comment that said so was deleted" in story.report()


def test_a_sign_off_whose_deletion_is_told_first(story: ReleaseStory) -> None:
    """The event that ends it comes before the one that gives it."""
    mira = story.world.as_user("mira")
    given: list[object] = []
    story.swap(
        lambda: given.append(mira.comment(story.desk, "/gate approve")), lambda: mira.delete_comment(given[0])
    )
    assert story.tags() == {}
    assert "mira confirmed contract-freeze, but the comment that said so was deleted" in story.report()


def test_a_revocation_that_is_told_before_the_sign_off(story: ReleaseStory) -> None:
    """What the same person took back in a later comment is not confirmed; what she did not take back is."""
    mira = story.world.as_user("mira")
    story.swap(
        lambda: mira.comment(story.desk, "/gate approve"),
        lambda: mira.comment(story.desk, "/gate revoke contract-freeze"),
    )
    assert story.tags() == {}
    assert "mira has yet to confirm contract-freeze" in story.report()
    assert "mira has yet to confirm contract-freeze, rollout-readiness" not in story.report()
    story.swap(
        lambda: mira.comment(story.desk, "/gate approve contract-freeze"),
        lambda: mira.comment(story.desk, "/gate revoke"),
    )
    assert story.tags() == {}
    assert TAKEN_BACK in story.replies()[-1]
    assert "mira has yet to confirm contract-freeze, rollout-readiness" in story.report()
    story.say("mira", "/gate approve")
    story.is_finished(story.head)


def test_somebody_elses_revocation_takes_nothing_back(story: ReleaseStory) -> None:
    """Raj's later revocation, told first, ends Raj's own sign-offs and none of Mira's."""
    raj, mira = story.world.as_user("raj"), story.world.as_user("mira")
    story.swap(lambda: mira.comment(story.desk, "/gate approve"), lambda: raj.comment(story.desk, "/gate revoke"))
    assert "mira has yet" not in story.report()
    story.say("raj", "/gate approve")
    story.is_finished(story.head)


def test_a_revocation_of_a_statement_with_a_longer_name(world: World) -> None:
    """Told before the sign-off of `freeze`, that of `contract-freeze` takes nothing of it back."""
    policy, old = world.shipped_policy(), "contract-freeze: [raj, mira]"
    assert old in policy
    policy = policy.replace(old, f"{old}\n    freeze: [raj, mira]")
    story = ReleaseStory(world, world.repository(files={".github/trackgate.yml": policy}))
    mira = world.as_user("mira")
    story.say("raj", f"/gate release {story.tag}")
    story.swap(
        lambda: mira.comment(story.desk, "/gate approve freeze"),
        lambda: mira.comment(story.desk, "/gate revoke contract-freeze"),
    )
    assert "mira has yet to confirm contract-freeze, rollout-readiness" in story.report()


def test_a_cancellation_that_is_told_before_the_command(ready: ReleaseStory) -> None:
    """It was cancelled after it was armed: no tag. Armed once more after that, it is released."""
    raj, tag = ready.world.as_user("raj"), ready.tag
    ready.swap(
        lambda: raj.comment(ready.desk, f"/gate release {tag}"),
        lambda: raj.comment(ready.desk, f"/gate cancel {tag}"),
    )
    assert ready.tags() == {}
    assert ready.replies()[-1] == TAKEN_BACK
    ready.say("raj", f"/gate release {tag}")
    ready.is_finished(ready.head)


@pytest.mark.parametrize(("login", "tag"), [("sofia", "v3.1.0"), ("raj", "v3.2.0")])
def test_a_cancellation_that_takes_nothing_back(ready: ReleaseStory, login: str, tag: str) -> None:
    """By somebody who leads nothing, or of another release: the command that is told after it stands."""
    raj, other = ready.world.as_user("raj"), ready.world.as_user(login)
    ready.swap(
        lambda: raj.comment(ready.desk, f"/gate release {ready.tag}"),
        lambda: other.comment(ready.desk, f"/gate cancel {tag}"),
    )
    ready.is_finished(ready.head)


@pytest.mark.parametrize("request_", [("POST", r"/git/tags$"), ("GET", r"/git/ref/heads/main$")])
@pytest.mark.parametrize("how", ["deleted", "revoked"])
def test_a_sign_off_that_ends_before_the_reference_is_made(
    ready: ReleaseStory, how: str, request_: tuple[str, str]
) -> None:
    """After the judgement, up to the last request before the reference: no tag, and the report says why."""
    mira, github = ready.world.as_user("mira"), ready.world.github
    (given,) = [one for one in mira.comments(ready.desk) if one["user"]["login"] == "mira"]

    def end() -> None:
        if how == "deleted":
            mira.delete_comment(given)
        else:
            mira.comment(ready.desk, "/gate revoke")
        github.wait_for_deliveries()

    method, path = request_
    fault = github.faults.interpose(end, method=method, path=path)
    ready.say("raj", f"/gate release {ready.tag}")
    assert fault.times == 0
    assert ready.tags() == {}
    assert "mira confirmed contract-freeze, but" in ready.report()
    ready.say("mira", "/gate approve")
    ready.is_finished(ready.head)


def test_a_cancellation_before_the_reference_is_made(ready: ReleaseStory) -> None:
    """It waits for the desk, which is about to tag: no tag comes of it."""
    mira, github = ready.world.as_user("mira"), ready.world.github

    def cancel() -> None:
        mira.comment(ready.desk, f"/gate cancel {ready.tag}")
        github.wait_for_deliveries()

    fault = github.faults.interpose(cancel, method="GET", path=r"/git/ref/heads/main$")
    ready.say("raj", f"/gate release {ready.tag}")
    assert fault.times == 0
    assert ready.tags() == {}
    assert "**Cancelled.**" in ready.report()


def test_a_reply_whose_answer_is_lost(ready: ReleaseStory) -> None:
    """GitHub wrote it and said 502: the next attempt finds it by its mark, and writes no second one."""
    before = ready.replies()
    fault = ready.world.github.faults.drop_answer(operation="addComment")
    asked = ready.say("sofia", f"/gate release {ready.tag}")
    assert fault.times == 0
    ready.later()
    assert ready.replies() == [*before, NO_LEAD]
    assert ready.reactions(asked) == ["eyes", "confused"]


def test_a_reply_that_was_refused_once(ready: ReleaseStory) -> None:
    """Nothing was written the first time: the next attempt writes it."""
    before = ready.replies()
    fault = ready.world.github.faults.fail(502, operation="addComment")
    ready.say("sofia", f"/gate release {ready.tag}")
    assert (fault.times, ready.replies()) == (0, before)
    ready.later()
    assert ready.replies() == [*before, NO_LEAD]
