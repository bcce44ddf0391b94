"""Custom deployment protection on GitHub: a protected environment takes only a released tag's commit."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store.queue import SWEEP_JOB
from tests.support.release_story import ReleaseStory
from tests.support.world import World

CALLBACK = "deployment_protection_rule"


@pytest.fixture(scope="module")
def released(world: World) -> tuple[ReleaseStory, str]:
    """A repository with a release, and the commit that was released."""
    story = ReleaseStory(world, world.repository())
    head = story.prepare()
    story.say("raj", f"/gate release {story.tag}")
    story.is_finished(head)
    return story, head


def deploy(story: ReleaseStory, ref: str, sha: str, environment: str = "production", **how: Any) -> Any:
    """A job of a workflow wants to deploy; what became of it once all is quiet."""
    github, app = story.world.github, story.world.app
    deployment = github.request_deployment(story.repository, environment, ref, sha, app, **how)
    story.world.settle()
    return deployment


def callbacks(story: ReleaseStory) -> int:
    """How often anybody called back."""
    return sum(CALLBACK in one.path for one in story.world.github.requests.records())


def test_deployment_of_a_released_tag(released: tuple[ReleaseStory, str]) -> None:
    """Approved, under the tag's short and its full name."""
    story, head = released
    for ref in (story.tag, f"refs/tags/{story.tag}"):
        deployment = deploy(story, ref, head)
        assert deployment.state == "approved"
        assert deployment.comments == [f"`{story.tag}` was released by the gate at {head}."]


def test_deployment_of_a_branch(released: tuple[ReleaseStory, str]) -> None:
    """Rejected, also when the branch is at the released commit: say which tag to deploy."""
    story, head = released
    deployment = deploy(story, "main", head)
    assert deployment.state == "rejected"
    assert deployment.comments == [f"{head} was released as `{story.tag}`; deploy that tag, not `main`."]
    other = story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    deployment = deploy(story, "main", other)
    assert deployment.state == "rejected"
    assert "`main` is no released tag. Comment `/gate release <tag>`" in deployment.comments[0]


def test_deployment_of_a_released_commit_under_another_tag(released: tuple[ReleaseStory, str]) -> None:
    """Of a released commit under another tag, and of another commit under a released tag: rejected."""
    story, head = released
    story.world.as_user("sofia").create_tag(story.repository, "nightly", head)
    deployment = deploy(story, "nightly", head)
    assert deployment.state == "rejected"
    assert "deploy that tag, not `nightly`" in deployment.comments[0]
    other = story.commit("sofia", "backend/app/sync.py", "def sync() -> None: ...\n")
    deployment = deploy(story, story.tag, other)
    assert deployment.state == "rejected"
    assert deployment.comments == [f"`{story.tag}` was released at {head}; this deployment is of {other}."]


def test_unprotected_environment(released: tuple[ReleaseStory, str]) -> None:
    """What the policy does not protect may be deployed from anywhere."""
    story, head = released
    deployment = deploy(story, "main", head, "preview")
    assert deployment.state == "approved"


@pytest.mark.parametrize("environment", ["Production", "PRODUCTION"])
def test_protected_environment_in_another_case(released: tuple[ReleaseStory, str], environment: str) -> None:
    """GitHub takes it for the same environment: it is as protected, and takes a released tag as before."""
    story, head = released
    assert deploy(story, "main", head, environment).state == "rejected"
    assert deploy(story, story.tag, head, environment).state == "approved"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/repos/{repository}/actions/runs/1/deployment_protection_rule",
        "https://{host}/repos/{repository}/actions/runs/1/deployment_protection_rule",
        "http://{host}@127.0.0.1:1/repos/{repository}/actions/runs/1/deployment_protection_rule",
        "http://user:pass@{host}/repos/{repository}/actions/runs/1/deployment_protection_rule",
        "http://{host}/repos/somebody/else/actions/runs/1/deployment_protection_rule",
        "http://{host}/repos/{repository}/actions/runs/1/deployment_protection_rule/../../../../../user",
    ],
)
def test_foreign_callback_host(released: tuple[ReleaseStory, str], address: str) -> None:
    """Not exactly the configured API's own address: nobody is called, and nothing else is asked for it."""
    story, head = released
    host = story.world.github.url.removeprefix("http://")
    url = address.format(host=host, repository=story.repository)
    with story.world.counted() as counts:
        deployment = deploy(story, story.tag, head, callback_url=url)
    assert deployment.state == "waiting"
    assert counts["total"] == 0


def test_redelivered(released: tuple[ReleaseStory, str]) -> None:
    """One delivery that comes again is answered once."""
    story, head = released
    story.world.github.requests.reset()
    deployment = deploy(story, story.tag, head)
    assert callbacks(story) == 1
    story.redeliver(CALLBACK, "requested", str(deployment.run_id))
    assert callbacks(story) == 1
    assert deployment.state == "approved"


@pytest.mark.parametrize("lost", [False, True], ids=["refused", "answer lost"])
def test_a_502_on_the_answer(released: tuple[ReleaseStory, str], lost: bool) -> None:
    """Tried again until GitHub has it, and not after that."""
    story, head = released
    faults = story.world.github.faults
    fault = faults.drop_answer(path=CALLBACK) if lost else faults.fail(502, path=CALLBACK)
    deployment = deploy(story, story.tag, head)
    assert fault.times == 0
    story.later()
    assert deployment.state == "approved"
    story.world.github.requests.reset()
    story.later()
    assert callbacks(story) == 0


@pytest.mark.parametrize("status", [404, 410], ids=["not found", "gone"])
def test_a_run_that_is_gone(released: tuple[ReleaseStory, str], status: int) -> None:
    """Nobody waits for the answer any more: it is given once, and no sweep asks again."""
    story, head = released
    faults = story.world.github.faults
    story.world.github.requests.reset()
    faults.fail(status, message="Not Found", path=CALLBACK, times=None)
    try:
        deploy(story, story.tag, head)
        story.later()
        story.world.defer(SWEEP_JOB)
        story.later()
        assert callbacks(story) == 1
    finally:
        faults.clear()


def test_deployment_while_the_tag_is_being_made(world: World) -> None:
    """The tag is there, its release is not yet: the deployment waits for the release, and is then approved."""
    story = ReleaseStory(world, world.repository())
    head = story.prepare()
    world.github.faults.fail(502, method="POST", path=r"/releases$")
    story.say("raj", f"/gate release {story.tag}")
    deployment = deploy(story, story.tag, head)
    assert deployment.state == "waiting"
    story.later()
    story.later()
    story.is_finished(head)
    assert deployment.state == "approved"


def test_hostile_names_in_a_deployment(released: tuple[ReleaseStory, str]) -> None:
    """A reference's name is code in the comment, whatever is in it."""
    story, head = released
    deployment = deploy(story, "`@meta/everyone`<img>", head)
    assert deployment.state == "rejected"
    assert "`` `@meta/everyone`<img> ``" in deployment.comments[0]
