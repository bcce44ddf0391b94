"""Each place where a publication of GitHub's is not believed: another one of GitHub's says otherwise."""

from __future__ import annotations

import copy
import json

import pytest

from tests.contract.documents import path_of
from tests.contract.examples import Example, all_examples
from tests.contract.exemptions import BOT_EMAIL, EXEMPTIONS, NEWER_EVENT, NO_MILESTONE, exemption_of, real
from tests.contract.openapi import OpenApi
from tests.contract.webhooks import Webhooks

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def examples(contract_documents: None) -> list[Example]:
    """All payloads that GitHub publishes."""
    return list(all_examples(path_of("examples")))


def test_the_list_of_installations_cannot_be_satisfied(openapi: OpenApi) -> None:
    """GitHub's own example of an installation is good alone and bad in the list: no account is both kinds."""
    example = openapi.example("base-installation")
    headers = {"Content-Type": "application/json"}
    alone = openapi.check_exchange("GET", "/app/installations/1", {}, None, 200, headers, example)
    listed = openapi.check_exchange("GET", "/app/installations", {}, None, 200, headers, [example])
    assert alone == []
    assert [problem.split(":")[0] for problem in listed] == ["GET /app/installations → 200"] * len(listed)
    assert any("/account" in problem for problem in listed)


def test_a_bot_has_brackets_in_its_address(examples: list[Example]) -> None:
    """GitHub publishes payloads with such addresses; others are still judged."""
    assert any("[bot]@" in json.dumps(one.payload) for one in examples)
    assert exemption_of('answer /author/email: "a[bot]@example.com" is not a "email"') == BOT_EMAIL
    assert real(['answer /author/email: "no address" is not a "email"']) != []


def test_a_lost_fork_is_null(examples: list[Example], webhooks: Webhooks) -> None:
    """The webhook schemas, strict as they are, take a pull request without a head repository."""
    payload = next(
        copy.deepcopy(one.payload)
        for one in examples
        if one.event == "pull_request" and not webhooks.check_webhook(one.event, one.payload)
    )
    payload["pull_request"]["head"]["repo"] = None
    assert webhooks.check_webhook("pull_request", payload) == []
    payload["pull_request"]["head"]["sha"] = None
    assert webhooks.check_webhook("pull_request", payload) != []


def test_merge_group_is_an_event(examples: list[Example], webhooks: Webhooks) -> None:
    """A hook can have an event that GitHub describes, also where the list in `ping` has not heard of it."""
    payload = next(
        copy.deepcopy(one.payload) for one in examples if one.event == "ping" and "app_id" in one.payload["hook"]
    )
    payload["hook"]["events"] = ["push"]
    assert webhooks.check_webhook("ping", payload) == []
    payload["hook"]["events"] = ["push", "merge_group"]
    (problem,) = webhooks.check_webhook("ping", payload)
    assert exemption_of(problem) == NEWER_EVENT
    assert webhooks.source("merge_group", "checks_requested") is not None
    payload["hook"]["events"] = ["push", "no_event"]
    assert real(webhooks.check_webhook("ping", payload)) != []


@pytest.mark.parametrize(
    ("event", "action"), [("repository_ruleset", "created"), ("deployment_protection_rule", "requested")]
)
def test_newer_events_are_events(examples: list[Example], webhooks: Webhooks, event: str, action: str) -> None:
    """An installation can have an event that GitHub describes, also where the older list has not heard of it."""
    payload = next(
        copy.deepcopy(one.payload)
        for one in examples
        if one.event == "installation" and not webhooks.check_webhook(one.event, one.payload)
    )
    payload["installation"]["events"] = ["push", event]
    (problem,) = webhooks.check_webhook("installation", payload)
    assert exemption_of(problem) == NEWER_EVENT
    assert webhooks.source(event, action) is not None
    payload["installation"]["events"] = ["push", "no_event"]
    assert real(webhooks.check_webhook("installation", payload)) != []


def test_what_is_demilestoned_has_no_milestone(examples: list[Example]) -> None:
    """GitHub's own payloads of the same action on issues show the issue without it."""
    issues = [one.payload["issue"] for one in examples if one.name.startswith("issues.demilestoned")]
    assert issues
    assert all(issue["milestone"] is None for issue in issues)
    milestoned = 'pull_request.milestoned /pull_request/milestone: null is not of type "object"'
    assert exemption_of(milestoned.replace("milestoned", "demilestoned")) == NO_MILESTONE
    assert real([milestoned]) == [milestoned]


def test_exemptions_do_not_overlap() -> None:
    """Each pattern is its own: none hides what another one is for."""
    assert len(set(EXEMPTIONS)) == len(EXEMPTIONS) == 4
