"""The tag guard on GitHub: no release tag but through the gate, whoever makes, moves or deletes one."""

from __future__ import annotations

import pytest

from bot.store.queue import SWEEP_TAGS_JOB
from tests.support.release_story import ReleaseStory
from tests.support.world import World


@pytest.fixture
def story(world: World) -> ReleaseStory:
    """A repository of its own, in which nothing was released yet."""
    return ReleaseStory(world, world.repository())


@pytest.fixture
def released(story: ReleaseStory) -> tuple[ReleaseStory, str]:
    """One with a release, and the commit that was released."""
    head = story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    story.is_finished(head)
    return story, head


def with_policy(world: World, old: str, new: str) -> ReleaseStory:
    """A repository whose own policy differs from the shipped one."""
    assert old in world.shipped_policy()
    policy = world.shipped_policy().replace(old, new)
    return ReleaseStory(world, world.repository(files={".github/trackgate.yml": policy}))


def test_unauthorised_tag(story: ReleaseStory) -> None:
    """Deleted again, its GitHub release back to draft, and one issue with actor, SHA and the way to do it."""
    sofia, sha = story.world.as_user("sofia"), story.head
    sofia.create_release(story.repository, "v9.9.9", target_commitish=sha, name="Mine", body="Hand-made.")
    story.world.settle()
    assert story.tags() == {}
    (release,) = story.releases()
    assert (release["tag_name"], release["draft"], release["body"]) == ("v9.9.9", True, "Hand-made.")
    (incident,) = story.incidents()
    assert incident["title"] == "Release tag v9.9.9 appeared without an open release gate"
    for text in ("| who | sofia |", sha, "The tag was deleted again", "`/gate release v9.9.9`"):
        assert text in incident["body"]
    story.sweep_tags()
    assert len(story.incidents()) == 1


def test_unauthorised_annotated_tag_again_and_again(story: ReleaseStory) -> None:
    """Each time it is a new incident, undone again, with an issue of its own."""
    sofia, sha = story.world.as_user("sofia"), story.head
    for count in (1, 2):
        sofia.create_tag(story.repository, "v9.9.9", sha, message=f"Mine, for the {count}th time")
        story.world.settle()
        assert story.tags() == {}
        assert len(story.incidents()) == count


def test_other_tags_are_nobodys_business(story: ReleaseStory) -> None:
    """What the policy does not call a release tag stays."""
    story.world.as_user("sofia").create_tag(story.repository, "nightly", story.head)
    story.sweep_tags()
    assert set(story.tags()) == {"nightly"}
    assert story.incidents() == []


def test_only_reported(world: World) -> None:
    """on_unauthorised_tag: report. The tag stays, with one issue that says so, however often it is seen."""
    story = with_policy(world, "on_unauthorised_tag: delete", "on_unauthorised_tag: report")
    world.as_user("sofia").create_tag(story.repository, "v9.9.9", story.head)
    story.sweep_tags()
    story.sweep_tags()
    assert set(story.tags()) == {"v9.9.9"}
    (incident,) = story.incidents()
    assert "Nothing was changed." in incident["body"]


def test_moved_tag(released: tuple[ReleaseStory, str]) -> None:
    """A released tag that is moved is put back where the gate had made it; its release stands."""
    story, head = released
    before = story.tags()
    moved = story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    story.world.as_user("sofia").move_tag(story.repository, story.tag, moved)
    story.world.settle()
    assert story.tags() == before
    assert story.tagged_commit() == head
    assert [release["draft"] for release in story.releases()] == [False]
    (incident,) = story.incidents()
    assert incident["title"] == f"Release tag {story.tag} was moved"
    assert moved in incident["body"]
    assert "| who | sofia |" in incident["body"]


def test_deleted_release_tag(released: tuple[ReleaseStory, str]) -> None:
    """It comes back as it was, and its release, which GitHub made a draft, is published again with its record."""
    story, head = released
    story.world.as_user("sofia").delete_tag(story.repository, story.tag)
    story.world.settle()
    assert story.tagged_commit() == head
    (release,) = story.releases()
    assert not release["draft"]
    assert [asset["name"] for asset in release["assets"]] == ["trackgate-release-record.json"]
    (incident,) = story.incidents()
    assert incident["title"] == f"Release tag {story.tag} was deleted"


def test_baseline_tag_moved(world: World) -> None:
    """Older than the gate: reported when it moves or goes, and never touched."""
    story = ReleaseStory(world, world.repository(tags=("v1.0.0", "v2.0.0")))
    story.sweep_tags()
    assert story.incidents() == []
    moved = story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    sofia = world.as_user("sofia")
    sofia.move_tag(story.repository, "v1.0.0", moved)
    sofia.delete_tag(story.repository, "v2.0.0")
    world.settle()
    story.sweep_tags()
    assert story.tags() == {"v1.0.0": moved}
    first, second = story.incidents()
    assert {first["title"], second["title"]} == {
        "Release tag v1.0.0 was moved",
        "Release tag v2.0.0 was deleted",
    }
    assert all("therefore never touches it" in one["body"] for one in (first, second))


def test_four_tags_pushed_at_once_without_events(story: ReleaseStory) -> None:
    """GitHub tells of none of them: the sweep of all repositories finds all four, with an issue each."""
    sha, names = story.head, [f"v9.0.{number}" for number in range(4)]
    with story.world.counted() as counts:
        story.world.as_user("sofia").push_tags(story.repository, dict.fromkeys(names, sha))
    assert counts["total"] == 0
    assert set(story.tags()) == set(names)
    story.world.defer(SWEEP_TAGS_JOB)
    story.world.settle()
    assert story.tags() == {}
    assert len(story.incidents()) == 4
    assert all("not known: GitHub sent no event for it" in one["body"] for one in story.incidents())


@pytest.mark.parametrize("lost", [False, True], ids=["refused", "answer lost"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", r"/git/refs/tags/"), ("POST", r"/issues$"), ("PATCH", r"/releases/\d+$")],
    ids=["deletion", "issue", "draft"],
)
def test_each_write_of_the_guard_fails_once(story: ReleaseStory, method: str, path: str, lost: bool) -> None:
    """Tried again; the tag is gone, the release a draft, and there is one issue."""
    faults = story.world.github.faults
    fault = faults.drop_answer(method=method, path=path) if lost else faults.fail(502, method=method, path=path)
    story.world.as_user("sofia").create_release(story.repository, "v9.9.9", target_commitish=story.head)
    story.world.settle()
    assert fault.times == 0
    story.later()
    assert story.tags() == {}
    assert [release["draft"] for release in story.releases()] == [True]
    assert len(story.incidents()) == 1


def test_our_own_tag_while_tagging_is_slow(story: ReleaseStory) -> None:
    """The guard looks while the tag is there and its release is not: it waits, and finds nothing wrong."""
    head = story.prepare()
    faults = story.world.github.faults
    faults.interpose(story.defer_guard, method="POST", path=r"/releases$")
    faults.delay(1.0, method="POST", path=r"/releases$", times=1)
    story.say("raj", f"/gate release {story.tag}")
    story.is_finished(head)


def test_the_guard_looks_between_two_attempts(story: ReleaseStory) -> None:
    """The tag is there, its release failed and will be tried later: our tag is not undone meanwhile."""
    head = story.prepare()
    story.world.github.faults.fail(502, method="POST", path=r"/releases$")
    story.say("raj", f"/gate release {story.tag}")
    assert story.tagged_commit() == head
    assert story.releases() == []
    story.sweep_tags()
    assert story.tagged_commit() == head
    story.later()
    story.is_finished(head)


def test_what_could_not_be_undone_is_undone_once_it_can(story: ReleaseStory) -> None:
    """A ruleset stands in the App's way: one issue says so; once the way is free, the sweep deletes the tag."""
    admin = story.administrator()
    story.world.as_user("sofia").push_tags(
        story.repository, dict.fromkeys([f"v9.0.{number}" for number in range(4)], story.head)
    )
    ruleset = admin.create_ruleset(
        story.repository,
        {
            "name": "frozen",
            "target": "tag",
            "enforcement": "active",
            "bypass_actors": [],
            "conditions": {"ref_name": {"include": ["refs/tags/v9.0.0"], "exclude": []}},
            "rules": [{"type": "deletion"}],
        },
    )
    story.world.settle()
    story.sweep_tags()
    assert set(story.tags()) == {"v9.0.0"}
    reports = [one for one in story.incidents() if "could not be undone" in one["body"]]
    assert len(reports) == 1
    count = len(story.incidents())
    story.sweep_tags()
    assert len(story.incidents()) == count
    admin.delete_ruleset(story.repository, ruleset["id"])
    story.world.settle()
    story.sweep_tags()
    assert story.tags() == {}
