"""Tagging exactly once: whatever GitHub answers, loses or refuses, one tag, one release, one record come of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.release_story import ReleaseStory
from tests.support.release_writes import WRITES
from tests.support.world import World

RULESET = {
    "name": "release-tags",
    "target": "tag",
    "enforcement": "active",
    "bypass_actors": [],
    "conditions": {"ref_name": {"include": ["refs/tags/v*"], "exclude": []}},
    "rules": [{"type": "creation"}, {"type": "update"}, {"type": "deletion"}],
}
WORKFLOW = ".github/workflows/checks.yml"


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """A repository of its own, with evidence and sign-offs there."""
    story = ReleaseStory(world, world.repository())
    story.prepare()
    return story


@pytest.mark.parametrize("lost", [False, True], ids=["refused", "answer lost"])
@pytest.mark.parametrize("write", WRITES)
def test_each_write_fails_once(story: ReleaseStory, write: str, lost: bool) -> None:
    """A 502 instead of each write, and one after it was done: tried again, and nothing is there twice."""
    faults, head = story.world.github.faults, story.head
    if write == "comment":  # it is there before, to be edited
        story.say("raj", "/gate revoke")
        story.say("mira", f"/gate release {story.tag}")
    fault = faults.drop_answer(**WRITES[write]) if lost else faults.fail(502, **WRITES[write])
    story.say("raj", "/gate approve" if write == "comment" else f"/gate release {story.tag}")
    assert fault.times == 0, "the fault hit nothing"
    story.later()
    story.is_finished(head)


@pytest.mark.parametrize("lost", [False, True], ids=["refused", "answer lost"])
def test_the_first_comment_fails_once(world: World, lost: bool) -> None:
    """Its creation is lost or refused: one comment stands there in the end, and goes on to be edited."""
    story = ReleaseStory(world, world.repository())
    where = {"operation": "addComment"}
    fault = world.github.faults.drop_answer(**where) if lost else world.github.faults.fail(502, **where)
    story.say("raj", f"/gate release {story.tag}")
    assert fault.times == 0
    story.later()
    assert "**Armed**" in story.report()
    story.is_finished(story.prepare())


@pytest.mark.parametrize("status", [403, 404], ids=["locked", "just deleted"])
def test_where_nothing_can_be_said(story: ReleaseStory, status: int) -> None:
    """A conversation takes neither report nor reply: the release is made, and its check run says so."""
    fault = story.world.github.faults.fail(status, operation="addComment", times=None)
    try:
        story.say("raj", f"/gate release {story.tag}\n/gate help")
    finally:
        story.world.github.faults.clear()
    assert fault.times is None
    assert story.tagged_commit() == story.head
    assert story.shown_reports() == []
    shown = story.world.gate(story.repository, story.head, "gate/release")
    assert shown is not None
    assert shown.state == "success"


def test_tag_exists_with_the_right_commit_and_no_record(story: ReleaseStory) -> None:
    """Made by hand while nobody looked: it is no release, is undone, and made again by the gate."""
    head, webhooks = story.head, story.world.github.webhooks
    webhooks.pause()
    story.world.as_user("sofia").create_tag(story.repository, story.tag, head)
    webhooks.resume(drop=True)
    story.say("raj", f"/gate release {story.tag}")
    assert story.tags() == {story.tag: head}
    assert "was not made by the gate and has no record" in story.report()
    story.sweep_tags()
    assert story.tagged_commit() == head
    assert len(story.incidents()) == 1
    assert "**Released.**" in story.report()


def test_tag_exists_with_another_commit(story: ReleaseStory) -> None:
    """Refused with both SHAs; once it is undone, the release goes on by itself."""
    head, webhooks = story.head, story.world.github.webhooks
    first = story.world.get(f"/repos/{story.repository}/commits/{head}")["parents"][0]["sha"]
    webhooks.pause()
    story.world.as_user("sofia").create_tag(story.repository, story.tag, first)
    webhooks.resume(drop=True)
    story.say("raj", f"/gate release {story.tag}")
    assert f"{story.tag} exists already, at {first}, not at {head}" in story.report()
    story.sweep_tags()
    assert story.tagged_commit() == head


@pytest.mark.parametrize("is_right", [True, False], ids=["right commit", "wrong commit"])
def test_tag_appears_while_ours_is_being_made(story: ReleaseStory, is_right: bool) -> None:
    """Somebody's tag of that name just before our own: it is not taken for ours, and the guard undoes it."""
    head = story.head
    first = story.world.get(f"/repos/{story.repository}/commits/{head}")["parents"][0]["sha"]
    sofia = story.world.as_user("sofia")

    def meanwhile() -> None:
        sofia.create_tag(story.repository, story.tag, head if is_right else first)

    # The head is read again right before the reference is made.
    story.world.github.faults.interpose(meanwhile, method="GET", path=r"/git/ref/heads/main$")
    story.say("raj", f"/gate release {story.tag}")
    story.sweep_tags()
    assert story.tagged_commit() == head
    (release,) = story.releases()
    assert not release["draft"]
    assert "**Released.**" in story.report()
    (incident,) = story.incidents()
    assert "sofia" in incident["body"]


def test_tag_exists_with_a_record(story: ReleaseStory) -> None:
    """Released already: asked for at the same commit it is success; at another it is refused with both SHAs."""
    head = story.head
    story.say("raj", f"/gate release {story.tag}")
    story.is_finished(head)
    again = story.say("mira", f"/gate release {story.tag} at {head}")
    assert story.reactions(again) == ["eyes", "rocket"]
    assert story.replies()[-1] == f"`{story.tag}` was released already, at `{head}`."
    other = story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    refused = story.say("mira", f"/gate release {story.tag} at {other}")
    assert story.reactions(refused) == ["eyes", "confused"]
    assert head in story.replies()[-1]
    assert other in story.replies()[-1]
    story.is_finished(head)


def test_a_ruleset_refuses_the_app(story: ReleaseStory) -> None:
    """Not in its bypass list: the comment names what to do and who does it; done and rechecked, it is tagged."""
    head, admin = story.head, story.administrator()
    ruleset = admin.create_ruleset(story.repository, RULESET)
    story.world.settle()
    story.say("raj", f"/gate release {story.tag}")
    assert story.tags() == {}
    shown = story.report()
    assert "**Open, but GitHub said no:**" in shown
    assert (
        "**Next:** a repository administrator: add the Trackgate App to the bypass list of the tag ruleset"
        in shown
    )
    gate = story.world.gate(story.repository, head, "gate/release")
    assert gate is not None
    assert gate.state == "failure"
    actor = {"actor_id": story.world.app.id, "actor_type": "Integration", "bypass_mode": "always"}
    admin.edit_ruleset(story.repository, ruleset["id"], bypass_actors=[actor])
    story.say("raj", "/gate recheck")
    assert story.tagged_commit() == head
    assert "**Released.**" in story.report()


@pytest.mark.parametrize("cure", ["branch", "permission"])
def test_workflows_write_is_missing(story: ReleaseStory, cure: str) -> None:
    """Workflow files that no branch has any more: a clear next action; done and rechecked, it is tagged."""
    story.commit("raj", WORKFLOW, "name: old\n")
    story.say("raj", "/gate approve")
    story.say("mira", "/gate approve")
    story.commit_evidence(app="1029384799")
    target = story.head
    story.commit("raj", WORKFLOW, "name: new\n")
    story.say("raj", f"/gate release {story.tag} at {target}")
    assert story.tags() == {}
    assert "the permission workflows: write" in story.report()
    assert "an owner of the organisation" in story.report()
    if cure == "branch":
        story.world.as_user("raj").set_branch(story.repository, "release-3.1", target)
    else:
        story.grant(workflows="write")
    story.say("raj", "/gate recheck")
    assert story.tagged_commit() == target
    assert "**Released.**" in story.report()


def test_the_head_moves_while_the_tag_is_being_made(story: ReleaseStory) -> None:
    """A push after the judgement and before the tag: the old head is not tagged, the new one is judged anew."""
    sofia = story.world.as_user("sofia")
    heads: list[str] = []

    def push() -> None:
        heads.append(sofia.push(story.repository, "main", {"backend/app/sync.py": "def sync(): ...\n"}))

    story.world.github.faults.interpose(push, method="POST", path=r"/git/tags$")
    story.say("raj", f"/gate release {story.tag}")
    assert len(heads) == 1
    assert story.tags() == {}
    assert heads[0][:12] in story.report()
    assert "changed since: backend/app/sync.py" in story.report()


def test_only_evidence_comes_while_the_tag_is_being_made(story: ReleaseStory) -> None:
    """The head moves by evidence alone: the new head is judged, open still, and it is the one that is tagged."""
    story.world.github.faults.interpose(
        lambda: story.world.as_user("priya").push(
            story.repository, "main", {"docs/project/evidence/notes.txt": "More.\n"}
        ),
        method="POST",
        path=r"/git/tags$",
    )
    story.say("raj", f"/gate release {story.tag}")
    story.is_finished(story.head)


def test_two_leads_arm_the_same_tag_at_once(story: ReleaseStory) -> None:
    """Both want the head: one release; the second is told that it was there already."""
    head, webhooks = story.head, story.world.github.webhooks
    webhooks.pause()
    said = [
        story.world.as_user(login).comment(story.desk, f"/gate release {story.tag}") for login in ("raj", "mira")
    ]
    webhooks.resume()
    story.world.settle()
    story.is_finished(head)
    assert [story.reactions(one) for one in said] == [["eyes", "rocket"]] * 2


def test_two_leads_arm_the_same_tag_at_different_targets(story: ReleaseStory) -> None:
    """The first wins; the second is refused, and told what would have to happen first."""
    head, webhooks = story.head, story.world.github.webhooks
    other = story.world.get(f"/repos/{story.repository}/commits/{head}")["parents"][0]["sha"]
    webhooks.pause()
    story.world.as_user("raj").comment(story.desk, f"/gate release {story.tag} at {other}")
    second = story.world.as_user("mira").comment(story.desk, f"/gate release {story.tag} at {head}")
    webhooks.resume()
    story.world.settle()
    assert story.tags() == {}
    assert story.reactions(second) == ["eyes", "confused"]
    assert f"`{story.tag}` is armed already, by raj, for `{other}`." in story.replies()[-1]
    story.say("mira", f"/gate cancel {story.tag}")
    story.say("mira", f"/gate release {story.tag} at {head}")
    story.is_finished(head)


def test_webhooks_dropped(world: World) -> None:
    """Sign-offs and evidence whose events never came are seen by the next look; a lost command is repeated."""
    story: Any = ReleaseStory(world, world.repository())
    story.say("raj", f"/gate release {story.tag}")
    story.confirm()
    world.github.webhooks.pause()
    story.commit_evidence()
    world.github.webhooks.resume(drop=True)
    assert story.tags() == {}
    story.sweep()
    story.is_finished(story.head)
