"""Hostile names and texts on the way to a release: nothing comes alive, and no secret is kept or shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from demo.evidence import DIRECTORY, evidence
from tests.support.release_story import ReleaseStory
from tests.support.world import World

SECRET = "EAA" + "Bwz" * 30 + "ZD"
"""Shaped like an access token of Meta; made up here."""


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """A repository of its own."""
    return ReleaseStory(world, world.repository())


def raw_comments(story: ReleaseStory) -> str:
    """All that the App said on the desk, to the letter."""
    return "\n".join(story.world.comments(story.repository, story.desk.number))


@pytest.mark.parametrize(
    "tag",
    [
        "v1-@meta/everyone",
        "v1-<img/src=x>",
        "v1`@raj`",
        "v1|x|y",
        "v1-](http://x.example)",
        "v1-$(id)",
        "v1-'||1=1--",
        "v1--><b>",
        "v1&#64;raj",
        "v\u202e1.0",
        "v1.0/../../x",
        "v1.0.lock",
        "v1//x",
    ],
)
def test_hostile_tag_names(story: ReleaseStory, tag: str) -> None:
    """Armed under its own name as code, or refused; never a mention, markup or another path."""
    said = story.say("raj", f"/gate release {tag}")
    assert story.reactions(said)[0] == "eyes"
    for line in raw_comments(story).splitlines():
        if line.startswith("<!-- trackgate release"):
            continue
        outside = "".join(part for place, part in enumerate(line.split("`")) if place % 2 == 0)
        for alive in ("@meta", "@raj", "<img", "<b>", "](http", "\u202e"):
            assert alive not in outside.replace("\u2060", "·")
    assert story.tags() == {}
    assert story.incidents() == []


@pytest.mark.parametrize("tag", ["v9-@meta", "v9-<img>", "v9`@raj`", "v9|x|y"])
def test_a_hostile_tag_in_an_incident(story: ReleaseStory, tag: str) -> None:
    """Pushed by somebody: undone all the same, and told of without a mention or markup."""
    story.world.as_user("sofia").create_tag(story.repository, tag, story.head)
    story.world.settle()
    assert story.tags() == {}
    (incident,) = story.incidents()
    for line in incident["body"].splitlines():
        outside = "".join(part for place, part in enumerate(line.split("`")) if place % 2 == 0)
        assert "@meta" not in outside
        assert "<img" not in outside


def test_evidence_with_mentions_and_markup(story: ReleaseStory) -> None:
    """Values that would mention people or be HTML are shown as text."""
    hostile = '"@meta/everyone <img src=x onerror=alert(1)> [x](http://x.example) | x"'
    story.commit_evidence(operator=hostile, scenarios={"rate-limit-429": hostile})
    earlier = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=9)
    story.commit_evidence(tag=hostile, performed_at=earlier)
    story.say("raj", f"/gate release {story.tag}")
    shown = raw_comments(story)
    for alive in ("@meta", "<img", "](http"):
        assert alive not in shown
    gate = story.world.gate(story.repository, story.head, "gate/release")
    assert gate is not None
    assert "<img" not in gate.summary
    assert "@meta" not in gate.summary


def test_a_secret_in_the_evidence_of_a_release(story: ReleaseStory) -> None:
    """The gate is closed with file and line; the secret is in no comment, check, row or log."""
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    path = f"{DIRECTORY}/{now.strftime('%Y%m%dT%H%M%SZ')}.md"
    text = evidence(story.head, story.tag, now) + f"\nToken used: {SECRET}\n"
    story.confirm()
    story.commit("priya", path, text)
    story.say("raj", f"/gate release {story.tag}")
    assert story.tags() == {}
    assert "access token" in story.report().lower()
    gate = story.world.gate(story.repository, story.head, "gate/release")
    assert gate is not None
    assert gate.state == "failure"
    kept = story.world.everything_kept() + raw_comments(story) + gate.title + gate.summary
    assert path in kept
    assert SECRET not in kept
    assert SECRET[:24] not in kept
