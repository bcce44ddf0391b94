"""A 502 may hide a write that was done: the next attempt reads back, and repeats nothing that happened."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from sandbox import Fault
from tests.support.service import wait_until
from tests.support.world import World

BACKEND = {"backend/app/oauth.py": "SCOPES = ()\n"}
DBT = {"dbt/models/a.sql": "select 1\n"}
HAPPENED = pytest.mark.parametrize("happened", [True, False], ids=["happened", "did not happen"])


def lose(world: World, mutation: str, *, happened: bool) -> Fault:
    """The next document with this in it is answered with 502, done or not."""
    return world.github.faults.add(
        Fault(method="POST", path="/graphql", operation=mutation, status=502, after=happened)
    )


def documents_done(world: World) -> list[tuple[str, ...]]:
    """The documents of our App that GitHub did, by their mutations."""
    records = world.github.requests.records(token_kind="installation")
    return [record.mutations for record in records if record.mutations]


def reads_done(world: World) -> int:
    """How often a pull request was read."""
    records = world.github.requests.records(token_kind="installation")
    return sum(record.operation == "ReadPullRequest" for record in records)


def settle_later(world: World, repository: str) -> None:
    """Wait until the attempt that failed was repeated."""
    world.settle()
    world.later(repository)


@HAPPENED
def test_502_on_a_write_of_gates_and_review_requests(world: World, happened: bool) -> None:
    """One gate, one gate of the track, and everybody asked once: what was done is not sent again."""
    repository = world.repository()
    world.settle()
    world.github.requests.reset()
    lose(world, "createCheckRun", happened=happened)
    pull = world.open("omar", repository, BACKEND)
    settle_later(world, repository)
    assert world.requested(repository, pull.number) == {"sofia", "maya"}
    for name in ("gate", "gate/backend"):
        gate = world.shown(repository, pull.head_sha, name)
        assert (gate.state, gate.runs) == ("in_progress", 1)
    (done,) = documents_done(world)
    assert sorted(done) == ["createCheckRun", "createCheckRun", "requestReviews", "requestReviews"]


@HAPPENED
def test_502_on_the_answer_to_a_command(world: World, happened: bool) -> None:
    """One reply and one rocket, whether the lost write was done or not."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.settle()
    lose(world, "addComment", happened=happened)
    comment = world.as_user("raj").comment(pull, "/gate status")
    settle_later(world, repository)
    assert len(world.comments(repository, pull.number)) == 1
    assert world.reactions(repository, comment) == ["eyes", "rocket"]


@HAPPENED
def test_502_on_the_answers_to_two_commands_in_two_comments(world: World, happened: bool) -> None:
    """A second comment comes while the first one's answer is lost: each is replied to once."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.settle()
    lose(world, "addComment", happened=happened)
    world.as_user("raj").comment(pull, "/gate status")
    world.settle()
    world.as_user("raj").comment(pull, "/gate staus")
    settle_later(world, repository)
    text = "\n".join(world.comments(repository, pull.number))
    assert text.count("Did you mean") == 1
    assert text.count("trackgate reply") == 2


@HAPPENED
def test_502_on_taking_the_hold_label_off(world: World, happened: bool) -> None:
    """The hold is lifted and the command obeyed; it is not told that nothing was held."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("raj").label(pull, "gate/hold")
    assert world.shown(repository, pull.head_sha).state == "failure"
    lose(world, "removeLabelsFromLabelable", happened=happened)
    comment = world.as_user("raj").comment(pull, "/gate unhold")
    settle_later(world, repository)
    assert world.shown(repository, pull.head_sha).state == "in_progress"
    assert world.reactions(repository, comment) == ["eyes", "rocket"]
    assert world.comments(repository, pull.number) == []


@HAPPENED
def test_502_on_a_document_that_several_pull_requests_share(world: World, happened: bool) -> None:
    """Six opened at once; the document of those that waited for the first one's answer is lost: each gate once."""
    repository = world.repository()
    world.github.webhooks.pause()
    pulls = [world.open("omar", repository, {f"backend/app/m{number}.py": "x = 1\n"}) for number in range(6)]
    world.github.requests.reset()
    others_were_read = partial(wait_until, lambda: reads_done(world) >= 3, what="three reads")
    world.github.faults.interpose(others_were_read, operation="createCheckRun")
    world.github.faults.delay(2.0, operation="createCheckRun", times=1)
    shared = lose(world, "e4: ", happened=happened)
    world.github.webhooks.resume()
    settle_later(world, repository)
    assert shared.times == 0, "no document was shared"
    for pull in pulls:
        gates: list[Any] = [world.shown(repository, pull.head_sha, name) for name in ("gate", "gate/backend")]
        assert [(gate.state, gate.runs) for gate in gates] == [("in_progress", 1)] * 2
        assert world.requested(repository, pull.number) == {"sofia", "maya"}
    assert sum(len(document) for document in documents_done(world)) == 6 * 4
