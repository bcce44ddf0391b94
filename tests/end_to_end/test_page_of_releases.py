"""From a release's check run to its page, by the link that GitHub shows."""

from __future__ import annotations

from tests.support.release_story import ReleaseStory
from tests.support.world import World
from tests.web.test_pages import Page


def test_the_link_of_the_release_check_leads_to_its_page(world: World) -> None:
    """The page shows the decision that the check run shows, and the index leads to the same page."""
    story = ReleaseStory(world, world.repository())
    story.say("raj", f"/gate release {story.tag}")
    gate = world.shown(story.repository, story.head, "gate/release")
    answer = world.http.request("GET", gate.details_url)
    assert answer.status == 200
    text = " ".join(Page(answer.data.decode()).text.split())
    assert gate.title.startswith(f"{story.tag}: ")
    decided = gate.title.removeprefix(f"{story.tag}: ").rstrip("…")  # a check run's title is short
    for part in (decided, f"{story.tag} armed", f"at {story.head}", "tracks", "sign-offs"):
        assert part in text
    index = Page(world.http.request("GET", world.service_url).data.decode())
    assert gate.details_url in {f"{world.service_url}{link}" for link in index.links}
