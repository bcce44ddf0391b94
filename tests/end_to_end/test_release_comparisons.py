"""Sign-offs for many commits: as many as count are compared with the target, however old they are."""

from __future__ import annotations

from demo.source import TRACK_CHANGES
from tests.support.release_story import ReleaseStory
from tests.support.world import World

PEOPLE = ("raj", "mira", "sofia", "maya", "priya", "lina")
STATEMENTS = ("contract-freeze", "rollout-readiness")


def test_twelve_sign_offs_each_for_another_commit(world: World) -> None:
    """Six people confirm both statements, evidence alone comes between any two of them: all count."""
    policy = world.shipped_policy()
    for statement in STATEMENTS:
        assert f"{statement}: [raj, mira]" in policy
        policy = policy.replace(f"{statement}: [raj, mira]", f"{statement}: [{', '.join(PEOPLE)}]")
    story = ReleaseStory(world, world.repository(files={".github/trackgate.yml": policy}))
    story.commit_evidence()
    for statement in STATEMENTS:
        for login in PEOPLE:
            story.commit("priya", f"docs/project/evidence/{statement}-{login}.txt", "A note.\n")
            story.say(login, f"/gate approve {statement}")
    story.say("raj", f"/gate release {story.tag}")
    story.is_finished(story.head)


def test_an_older_sign_off_counts_where_a_newer_one_does_not(world: World) -> None:
    """Raj confirmed the target and, later, code that is no part of it: the one for the target counts."""
    story = ReleaseStory(world, world.repository())
    pull = world.open("omar", story.repository, TRACK_CHANGES["qa"], title="Work on qa")
    world.as_user("omar").set_milestone(pull, story.tag)
    story.commit_evidence()
    story.say("raj", "/gate approve")
    story.commit("priya", "docs/project/evidence/one.txt", "A note.\n")
    story.say("mira", "/gate approve")
    target = story.commit("priya", "docs/project/evidence/two.txt", "A note.\n")
    story.say("raj", f"/gate release {story.tag} at {target}")
    story.commit("sofia", "backend/app/oauth.py", "SCOPES = (1,)\n")
    story.say("raj", "/gate approve")
    assert "raj has yet to confirm" not in story.report()
    assert story.tags() == {}
    world.as_user("raj").close(pull)
    world.settle()
    story.is_finished(target)
