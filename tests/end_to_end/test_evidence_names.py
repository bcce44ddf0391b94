"""A secret that is an evidence file's name is found like one in its text, and repeated nowhere."""

from __future__ import annotations

from bot.core.finding import SECRET_NAME
from tests.end_to_end.test_evidence import annotations
from tests.support.evidence_texts import FOLDER, STORY
from tests.support.release_story import ReleaseStory
from tests.support.world import World

TOKEN = "ghp_" + "a1B2" * 9
SHOWN = f"{FOLDER}/{SECRET_NAME}.md"


def test_a_secret_as_a_name_closes_the_gate_of_its_pull_request(world: World) -> None:
    """The requirement tells of it without the name, and there is no annotation, which would have to name it."""
    repository = world.repository()
    pull = world.open("priya", repository, {f"{FOLDER}/{TOKEN}.md": STORY})
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "failure"
    assert gate.title.startswith(f"Blocked: {SHOWN}: line 1: expected no secret in its name")
    assert TOKEN not in gate.title + gate.summary
    page = world.http.request("GET", gate.details_url.replace("localhost", "127.0.0.1"))
    assert (page.status, TOKEN in page.data.decode()) == (200, False)
    assert annotations(world, repository, pull.head_sha) == []


def test_a_secret_as_a_name_in_a_release(world: World) -> None:
    """The report says that there is such a file, and not how it is called."""
    story = ReleaseStory(world, world.repository())
    story.commit("priya", f"{FOLDER}/{TOKEN}.md", STORY)
    story.say("raj", "/gate release")
    assert SECRET_NAME in story.report(None)
    assert TOKEN not in story.report(None)
