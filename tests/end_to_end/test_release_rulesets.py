"""Rulesets on GitHub: whoever weakens what protects release tags, one issue tells of it; what is right, none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.core.policy import load_policy
from bot.core.rulesets import release_ruleset
from tests.support.release_story import ReleaseStory
from tests.support.world import World


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """A repository of its own."""
    return ReleaseStory(world, world.repository())


@pytest.fixture
def ruleset(story: ReleaseStory) -> dict[str, Any]:
    """The ruleset as it should be, made by an owner."""
    policy = load_policy(story.world.shipped_policy().encode(), "policy.yml").policy
    made = story.administrator().create_ruleset(story.repository, release_ruleset(policy, story.world.app.id))
    story.world.settle()
    return made


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "disabled": ({"enforcement": "disabled"}, "it is disabled"),
    "in evaluate mode": ({"enforcement": "evaluate"}, "it is in evaluate mode"),
    "matching nothing": (
        {"conditions": {"ref_name": {"include": ["refs/tags/x*"], "exclude": []}}},
        "no release tag matches it",
    ),
    "App not in its bypass list": ({"bypass_actors": []}, "this App is not in its bypass list"),
}


def test_ruleset_present(story: ReleaseStory, ruleset: dict[str, Any]) -> None:
    """As it should be: making it is nothing to tell of, and the gate tags past it."""
    assert story.incidents() == []
    head = story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    story.is_finished(head)


@pytest.mark.parametrize("change", CHANGES)
def test_ruleset_weakened(story: ReleaseStory, ruleset: dict[str, Any], change: str) -> None:
    """One issue that says what is wrong, by whom, and what to do; put right again, no further one."""
    fields, reason = CHANGES[change]
    admin = story.administrator()
    before = {name: ruleset[name] for name in fields}
    admin.edit_ruleset(story.repository, ruleset["id"], **fields)
    story.world.settle()
    (incident,) = story.incidents()
    assert incident["title"] == "Release tags are not protected as they should be"
    assert reason in incident["body"]
    assert "Last changed by olga." in incident["body"]
    assert "**Next:** repository administrators:" in incident["body"]
    admin.edit_ruleset(story.repository, ruleset["id"], **before)
    story.world.settle()
    assert len(story.incidents()) == 1


def test_ruleset_missing(story: ReleaseStory, ruleset: dict[str, Any]) -> None:
    """Deleted: one issue, however often the delivery comes."""
    story.administrator().delete_ruleset(story.repository, ruleset["id"])
    story.world.settle()
    (incident,) = story.incidents()
    assert "no ruleset restricts who makes, moves or deletes release tags" in incident["body"]
    story.redeliver("repository_ruleset", "deleted")
    assert len(story.incidents()) == 1


@pytest.mark.parametrize("lost", [False, True], ids=["refused", "answer lost"])
def test_the_issue_fails_once(story: ReleaseStory, ruleset: dict[str, Any], lost: bool) -> None:
    """A 502 on its making: tried again, and there is one."""
    faults = story.world.github.faults
    fail: Callable[..., Any] = faults.drop_answer if lost else faults.fail
    fault = fail(method="POST", path=r"/issues$")
    story.administrator().delete_ruleset(story.repository, ruleset["id"])
    story.world.settle()
    assert fault.times == 0
    story.later()
    assert len(story.incidents()) == 1


def test_a_ruleset_about_branches_is_nobodys_business(story: ReleaseStory, ruleset: dict[str, Any]) -> None:
    """Something else was changed: what protects release tags is as it was."""
    other = {
        "name": "branches",
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["refs/heads/x"], "exclude": []}},
        "rules": [{"type": "deletion"}],
    }
    story.administrator().create_ruleset(story.repository, other)
    story.world.settle()
    assert story.incidents() == []
