"""A storm: made by a seed, told in exactly so many webhooks, sent in any order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from sandbox.storm import Storm, StormPlan, StormTrack, let_loose, make_storm
from tests.sandbox.conftest import COLLABORATORS, FILES, Stage
from tests.support.scripted_http import Received, Reply

TRACKS = (
    StormTrack("backend", "backend/a.py", "track / backend", ("sofia", "maya")),
    StormTrack("docs", "docs/a.md", "track / docs", ("maya", "priya")),
)
PLAN = StormPlan("meta/integration", "trackgate", TRACKS, ("alice",), pull_requests=6, events=70, seed=3)


def made(stage: Stage, plan: StormPlan = PLAN) -> Storm:
    """A storm for the stage's App."""
    stage.github.set_webhook(stage.app, "http://127.0.0.1:9/hook")
    return make_storm(stage.github, plan)


def test_a_storm_has_the_pull_requests_and_webhooks_of_its_plan(stage: Stage) -> None:
    """Six pull requests with commits, checks and reviews; 70 webhooks, none of them sent yet."""
    storm = made(stage)
    assert (len(storm.pulls), len(storm.deliveries)) == (6, 70)
    assert all(pull.reviews and stage.github.check_runs("meta/integration", pull.head_sha) for pull in storm.pulls)
    assert Counter(one.event for one in storm.deliveries)["pull_request"] >= 6
    assert stage.github.deliveries() == []


def test_the_same_seed_makes_the_same_storm(stage: Stage) -> None:
    """Events and GUIDs depend on the plan alone; with another seed all of them differ."""
    first, other = made(stage), made(stage, replace(PLAN, seed=4))
    stage.github.import_repository("meta/again", files=FILES, collaborators=COLLABORATORS)
    stage.github.install(stage.app, "meta/again")
    again = made(stage, replace(PLAN, repository="meta/again"))
    told = [[(one.guid, one.event, one.action) for one in storm.deliveries] for storm in (first, again, other)]
    assert told[0] == told[1]
    assert {guid for guid, _, _ in told[0]}.isdisjoint(guid for guid, _, _ in told[2])
    assert [one.guid for one in first.ordered("shuffled")] == [one.guid for one in first.ordered("shuffled", 3)]
    assert first.ordered("reversed") == first.ordered("happened")[::-1]


def test_a_storm_is_sent_over_many_connections(stage: Stage) -> None:
    """Every webhook arrives once, is answered and logged; those that were refused are named."""
    storm = made(stage)
    refused = storm.deliveries[0].guid

    def answer(received: Received) -> Reply:
        return Reply(503 if received.headers["x-github-delivery"] == refused else 202)

    server = stage.listen(answer)
    fired = let_loose(stage.github, storm, connections=8)
    arrived = Counter(one.headers["x-github-delivery"] for one in server.requests)
    assert set(arrived.values()) == {1}
    assert set(arrived) == {one.guid for one in storm.deliveries}
    assert (fired["statuses"], fired["failed"]) == ({"202": 69, "503": 1}, [refused])
    logged = [one.id for one in stage.github.deliveries()]
    assert logged == sorted((one.id for one in storm.deliveries), reverse=True)


def test_a_plan_with_too_few_webhooks_is_refused(stage: Stage) -> None:
    """What has to be told of each pull request is told."""
    with pytest.raises(ValueError, match="8 webhooks"):
        made(stage, replace(PLAN, events=40))
    assert stage.github.webhooks.held() == 0
