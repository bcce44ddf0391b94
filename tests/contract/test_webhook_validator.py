"""The webhook validator accepts GitHub's valid examples and catches faults in them."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest

from tests.contract.documents import path_of
from tests.contract.examples import VALID_EXAMPLES, Example, all_examples
from tests.contract.webhooks import Webhooks

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def examples(valid_payloads: list[Example]) -> dict[str, Example]:
    """The valid examples by name."""
    return {example.name: example for example in valid_payloads}


@pytest.fixture
def opened(examples: dict[str, Example]) -> dict[str, Any]:
    """A valid `pull_request.opened` payload, to spoil."""
    return copy.deepcopy(
        next(item.payload for name, item in examples.items() if name.startswith("pull_request.opened-"))
    )


def test_the_valid_examples_are_counted(examples: dict[str, Example]) -> None:
    """Of the 329 published examples 276 conform, and no two have one name."""
    published = Counter(example.name for example in all_examples(path_of("examples")))
    assert sum(published.values()) == len(published) == 329
    assert len(examples) == VALID_EXAMPLES


def test_a_missing_member_is_found(webhooks: Webhooks, opened: dict[str, Any]) -> None:
    """Required members are required at every depth."""
    del opened["pull_request"]["head"]["sha"]
    [problem] = webhooks.check_webhook("pull_request", opened)
    assert problem.startswith("pull_request.opened /pull_request/head")
    assert '"sha" is a required property' in problem


@pytest.mark.parametrize(
    ("member", "value"),
    [("number", "1"), ("draft", "no"), ("updated_at", "today"), ("html_url", "not an address"), ("user", None)],
)
def test_a_wrong_value_is_found(webhooks: Webhooks, opened: dict[str, Any], member: str, value: object) -> None:
    """Types and formats of members are checked."""
    opened["pull_request"][member] = value
    assert any(f"/pull_request/{member}" in line for line in webhooks.check_webhook("pull_request", opened))


def test_an_invented_member_is_found(webhooks: Webhooks, opened: dict[str, Any]) -> None:
    """The strict publication refuses members that it does not name."""
    opened["pull_request"]["gate"] = "open"
    assert any("gate" in line for line in webhooks.check_webhook("pull_request", opened))


@pytest.mark.parametrize(
    ("event", "change"),
    [
        ("pull_request", {"action": "approved"}),
        ("pull_requests", {}),
        ("issue_comment", {}),
        ("push", {}),
        ("pull_request", {"action": ["opened"]}),
    ],
)
def test_a_wrong_event_or_action_is_found(
    webhooks: Webhooks, opened: dict[str, Any], event: str, change: dict[str, Any]
) -> None:
    """A payload fits the event and the action that it names, and no other."""
    assert webhooks.check_webhook("pull_request", opened) == []
    assert webhooks.check_webhook(event, {**opened, **change}) != []


def test_an_event_of_the_current_publication_is_judged_by_it(webhooks: Webhooks) -> None:
    """`repository_ruleset` is missing from the strict publication and judged by the current one."""
    assert webhooks.source("repository_ruleset", "created") == "current"
    problems = webhooks.check_webhook("repository_ruleset", {"action": "created"})
    assert any('"repository_ruleset" is a required property' in problem for problem in problems)


def test_every_event_of_the_merge_gate_has_a_strict_schema(webhooks: Webhooks) -> None:
    """What the merge gate listens to is judged strictly."""
    for event, actions in {
        "pull_request": "opened reopened synchronize edited ready_for_review converted_to_draft labeled "
        "unlabeled review_requested review_request_removed closed",
        "pull_request_review": "submitted edited dismissed",
        "issue_comment": "created edited deleted",
        "check_run": "created completed rerequested requested_action",
        "check_suite": "completed requested rerequested",
        "merge_group": "checks_requested destroyed",
        "installation": "created deleted suspend unsuspend new_permissions_accepted",
        "installation_repositories": "added removed",
        "repository": "renamed transferred archived deleted",
    }.items():
        for action in actions.split():
            assert webhooks.source(event, action) == "strict", f"{event}.{action}"
    for event in ("push", "status", "create", "delete", "ping"):
        assert webhooks.source(event, None) == "strict", event
