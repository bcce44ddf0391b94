"""The commands of the release desk on GitHub: what each does, who may, and how each is answered."""

from __future__ import annotations

import pytest

from bot.core.release_render import comment_marker
from tests.support.release_story import ReleaseStory
from tests.support.world import World

OBEYED, REFUSED = ["eyes", "rocket"], ["eyes", "confused"]


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """A repository of its own, with nothing done for the release yet."""
    return ReleaseStory(world, world.repository())


def test_a_report(story: ReleaseStory) -> None:
    """Rows, states and the one next action; in place the second time; no check run, nothing armed."""
    asked = story.say("raj", "/gate release")
    shown = story.report(tag=None)
    assert "It cannot be released yet." in shown
    for row in ("tracks", "staging validation", "evidence", "sign-offs"):
        assert f"| {row} |" in shown
    assert shown.count("**Next:**") == 1
    assert story.reactions(asked) == OBEYED
    story.prepare()
    story.say("mira", "/gate release")
    assert (
        f"It could be released now as `{story.tag}`, which the evidence names. "
        f"To release: `/gate release {story.tag}`"
    ) in story.report(tag=None)
    assert story.world.gate(story.repository, story.head, "gate/release") is None
    assert story.tags() == {}


def test_a_dry_run_changes_nothing(story: ReleaseStory) -> None:
    """With everything there: it says so, and neither a tag nor a check run nor an armed release comes of it."""
    head = story.prepare()
    asked = story.say("raj", f"/gate release {story.tag} --dry-run")
    assert "A dry run: nothing is changed. It could be released now." in story.report(tag=None)
    assert story.reactions(asked) == OBEYED
    assert (story.tags(), story.releases(), story.shown_reports()) == ({}, [], [])
    assert story.world.gate(story.repository, head, "gate/release") is None
    story.say("raj", "/gate status")
    assert story.replies()[-1] == "No release is armed. `/gate release <tag>` arms one."


def test_arm_and_cancel(story: ReleaseStory) -> None:
    """What is cancelled is not tagged, says so, and can be armed again; the comment stays one."""
    story.say("raj", f"/gate release {story.tag}")
    assert "**Armed** by raj: the head of `main`" in story.report()
    shown = story.world.gate(story.repository, story.head, "gate/release")
    assert shown is not None
    assert shown.state == "in_progress"
    cancelled = story.say("mira", f"/gate cancel {story.tag}")
    assert story.reactions(cancelled) == OBEYED
    assert "**Cancelled.**" in story.report()
    head = story.prepare()
    assert story.tags() == {}
    again = story.say("mira", f"/gate cancel {story.tag}")
    assert story.reactions(again) == REFUSED
    assert story.replies()[-1] == f"`{story.tag}` is not armed."
    story.say("mira", f"/gate release {story.tag}")
    story.is_finished(head)
    story.say("raj", f"/gate cancel {story.tag}")
    assert story.replies()[-1] == f"`{story.tag}` was released already; a release cannot be cancelled."
    story.is_finished(head)


@pytest.mark.parametrize("digits", [7, 40])
def test_armed_at_a_commit(story: ReleaseStory, digits: int) -> None:
    """By a short and by the full SHA: that commit is tagged, though the branch has moved on since."""
    target = story.prepare()
    moved = story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    story.say("raj", f"/gate release {story.tag} at {target[:digits]}")
    story.is_finished(target)
    assert story.world.gate(story.repository, moved, "gate/release") is None


def test_target_not_on_the_release_branch(story: ReleaseStory) -> None:
    """A commit of another branch, and one that does not exist, are refused by name; nothing is armed."""
    other = story.world.as_user("sofia").push(story.repository, "other", {"backend/new.py": "x = 1\n"})
    for sha, answer in (
        (other, f"`{other[:12]}` is not a commit of `main`."),
        ("0" * 40, f"There is no commit `{'0' * 40}` here."),
        ("main", "`main` is no commit's SHA (7 to 40 hexadecimal digits)"),
    ):
        asked = story.say("raj", f"/gate release {story.tag} at {sha}")
        assert answer in story.replies()[-1]
        assert story.reactions(asked) == REFUSED
    assert story.shown_reports() == []


def test_who_may_not_and_what_is_no_release_tag(story: ReleaseStory) -> None:
    """Refused by name: somebody who leads nothing, and a tag that the policy does not call a release's."""
    for login, text, answer in (
        ("sofia", f"/gate release {story.tag}", "Only a release lead (raj, mira) may release."),
        ("omar", "/gate release", "Only a release lead (raj, mira) may release."),
        ("sofia", f"/gate cancel {story.tag}", "Only a release lead (raj, mira) may cancel a release."),
        ("raj", "/gate release 3.1.0", "`3.1.0` is no release tag: the policy names `v*`."),
        ("raj", "/gate release v3..1", "cannot be a tag"),
        ("raj", "/gate hold not now", "is a command for pull requests; comment it there."),
        ("raj", "/gate relaese v3.1.0", "`/gate release`"),
    ):
        asked = story.say(login, text)
        assert answer in story.replies()[-1]
        assert story.reactions(asked) == REFUSED
    assert story.shown_reports() == []
    assert story.tags() == {}


def test_help_status_and_recheck_on_an_issue(story: ReleaseStory) -> None:
    """Anybody may ask; the status names each armed release with its next action."""
    story.say("omar", "/gate help")
    assert "/gate release" in story.replies()[-1]
    story.say("raj", f"/gate release {story.tag}")
    asked = story.say("omar", "/gate status")
    assert f"`{story.tag}` (armed by raj)" in story.replies()[-1]
    assert "Next:" in story.replies()[-1]
    assert story.reactions(asked) == OBEYED
    before = len(story.replies())
    asked = story.say("omar", "/gate recheck")
    assert story.reactions(asked) == OBEYED
    assert len(story.replies()) == before


def test_sign_offs_each_for_themselves(story: ReleaseStory) -> None:
    """Raj for one statement only; twice; somebody else; both; revoked; in the end the row is complete."""
    story.commit_evidence()
    story.say("raj", f"/gate release {story.tag}")
    assert "raj has yet to confirm contract-freeze, rollout-readiness" in story.report()
    story.say("raj", "/gate approve contract-freeze")
    assert "raj has yet to confirm rollout-readiness" in story.report()
    story.say("raj", "/gate approve contract-freeze")
    assert "raj has yet to confirm rollout-readiness" in story.report()
    other = story.say("sofia", "/gate approve")
    assert story.reactions(other) == REFUSED
    assert story.replies()[-1] == "Only raj, mira may confirm `contract-freeze`, each for themselves."
    story.say("mira", "/gate approve")
    assert "mira has yet" not in story.report()
    story.say("mira", "/gate revoke rollout-readiness")
    assert "mira has yet to confirm rollout-readiness" in story.report()
    assert "mira confirmed rollout-readiness, but it was revoked" in story.report()
    story.say("raj", "/gate approve rollout-readiness")
    assert story.tags() == {}
    story.say("mira", "/gate approve")
    story.is_finished(story.head)


def test_revoking_nothing(story: ReleaseStory) -> None:
    """There was nothing to take back, and that is said."""
    asked = story.say("raj", "/gate revoke")
    assert story.reactions(asked) == REFUSED
    assert story.replies() == ["You have confirmed nothing that could be revoked."]


@pytest.mark.parametrize("delivered", [True, False])
def test_comment_deleted(story: ReleaseStory, delivered: bool) -> None:
    """A sign-off goes with its comment, also when nobody told of that: the next look finds it gone."""
    story.commit_evidence()
    story.say("raj", f"/gate release {story.tag}")
    given = story.say("raj", "/gate approve")
    if not delivered:
        story.world.github.webhooks.pause()
    story.world.as_user("raj").delete_comment(given)
    if not delivered:
        story.world.github.webhooks.resume(drop=True)
    story.say("mira", "/gate approve")
    assert story.tags() == {}
    assert "raj confirmed contract-freeze, but the comment that said so was deleted" in story.report()
    story.say("raj", "/gate approve")
    story.is_finished(story.head)


def test_an_edited_comment_never_acts(story: ReleaseStory) -> None:
    """Neither one that becomes a command by editing, nor one whose command is changed."""
    plain = story.say("raj", "Shall we?")
    story.world.as_user("raj").edit_comment(plain, f"/gate release {story.tag}")
    help_ = story.say("raj", "/gate help")
    story.world.as_user("raj").edit_comment(help_, f"/gate release {story.tag}")
    story.world.settle()
    assert story.shown_reports() == []
    assert story.reactions(plain) == []


def test_commands_for_both_desks_in_one_comment_on_a_pull_request(story: ReleaseStory) -> None:
    """The merge gate's and the release desk's part are each obeyed once, and the report stands under it."""
    pull = story.world.open("omar", story.repository, {"docs/x.md": "x\n"})
    said = story.say("raj", f"/gate hold wait for it\n/gate release {story.tag}\n/gate approve", pull)
    gate = story.world.shown(story.repository, pull.head_sha)
    assert gate.state == "failure"
    assert "wait for it" in gate.summary
    assert len(story.shown_reports(thread=pull)) == 1
    assert "mira has yet to confirm" in story.shown_reports(thread=pull)[0]
    assert "raj has yet" not in story.shown_reports(thread=pull)[0]
    assert set(story.reactions(said)) == set(OBEYED)
    assert story.shown_reports() == []


def test_one_comment_for_each_release_wherever_it_was_armed(story: ReleaseStory) -> None:
    """Armed again from another issue, it is still the first issue's comment that tells of it."""
    story.say("raj", f"/gate release {story.tag}")
    other = story.world.as_user("mira").open_issue(story.repository, "Shall we release?")
    story.say("mira", f"/gate release {story.tag}", other)
    assert f"`{story.tag}` is armed already, by raj." in story.replies(other)
    assert story.shown_reports(thread=other) == []
    story.report()


def test_a_deleted_report_comes_back_once(story: ReleaseStory) -> None:
    """Somebody deletes the App's comment: the next look writes it anew, once."""
    story.say("raj", f"/gate release {story.tag}")
    comments = story.world.get(f"/repos/{story.repository}/issues/{story.desk.number}/comments")
    (shown,) = [one for one in comments if comment_marker(story.tag) in one["body"]]
    token = story.world.github.as_app(story.world.app, story.repository)
    token.call("DELETE", f"/repos/{story.repository}/issues/comments/{shown['id']}")
    assert story.shown_reports() == []
    story.say("raj", "/gate approve")
    assert "raj has yet" not in story.report()


def test_a_redelivered_command_acts_once(story: ReleaseStory) -> None:
    """Armed, cancelled, and then the first delivery comes again: it stays cancelled."""
    asked = story.say("raj", f"/gate release {story.tag}")
    story.say("raj", f"/gate cancel {story.tag}")
    story.redeliver("issue_comment", "created", str(asked["id"]))
    assert "**Cancelled.**" in story.report()
    assert story.replies() == []
