"""The sandbox speaks as GitHub does: a broad story over HTTP, and every word of it held against GitHub's own."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from graphql import GraphQLSchema
from werkzeug.exceptions import HTTPException

from sandbox.app import application
from tests.contract import (
    sandbox_apps,
    sandbox_code,
    sandbox_deployments,
    sandbox_graphql,
    sandbox_pulls,
    sandbox_releases,
)
from tests.contract.exemptions import EXEMPTIONS, exemption_of, real
from tests.contract.graphql_everything import all_fields, fields_with_values
from tests.contract.graphql_subset import subset_problems
from tests.contract.openapi import OpenApi
from tests.contract.recorder import SANDBOX_DIRECTORY, Recorder, graphql_problems, rest_problems
from tests.contract.sandbox_stage import running_stage
from tests.contract.webhooks import Webhooks

pytestmark = pytest.mark.contract

ACTIONS = {
    "check_run": {"created", "completed"},
    "check_suite": {"requested", "completed"},
    "create": {None},
    "delete": {None},
    "deployment_protection_rule": {"requested"},
    "installation": {"created", "deleted", "suspend", "unsuspend"},
    "installation_repositories": {"added", "removed"},
    "issue_comment": {"created", "edited", "deleted"},
    "issues": {
        "opened",
        "edited",
        "closed",
        "reopened",
        "labeled",
        "unlabeled",
        "milestoned",
        "demilestoned",
    },
    "member": {"added", "edited", "removed"},
    "merge_group": {"checks_requested", "destroyed"},
    "ping": {None},
    "pull_request": {
        "opened",
        "edited",
        "closed",
        "reopened",
        "synchronize",
        "converted_to_draft",
        "ready_for_review",
        "labeled",
        "unlabeled",
        "milestoned",
        "demilestoned",
        "review_requested",
        "review_request_removed",
        "enqueued",
        "dequeued",
    },
    "pull_request_review": {"submitted", "edited", "dismissed"},
    "push": {None},
    "release": {"created", "published", "released", "prereleased", "edited", "unpublished", "deleted"},
    "repository": {"renamed", "deleted", "transferred"},
    "repository_ruleset": {"created", "edited", "deleted"},
    "status": {None},
}
STATUSES = {200, 201, 202, 204, 301, 304, 307, 400, 401, 403, 404, 405, 409, 415, 422}

# Null is what these are on GitHub, too, for the accounts, milestones and Apps that the sandbox can make; and
# nobody was imported from elsewhere, so there is no mannequin.
WITHOUT_VALUE = {
    "CheckSuite.creator",
    "Milestone.dueOn",
    "Organization.name",
    "User.name",
    *(f"Mannequin.{name}" for name in ("databaseId", "id", "login", "url")),
}


@dataclass(frozen=True)
class Story:
    """What was said, and the data of the GraphQL answers that name every type."""

    said: Recorder
    answers: list[Any]


@pytest.fixture(scope="module")
def story(contract_documents: None, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The whole story, told once."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    with running_stage(tmp_path_factory.mktemp("story"), pem) as stage:
        stage.listen()
        sandbox_code.tell(stage)
        sandbox_releases.tell(stage)
        pull = sandbox_pulls.tell(stage)
        sandbox_apps.tell(stage, pull)
        sandbox_deployments.tell(stage, pull)
        answers = sandbox_graphql.tell(stage, pull)
        sandbox_apps.installations(stage)
    return Story(stage.recorder, answers)


def test_every_rest_exchange_conforms(story: Story, openapi: OpenApi) -> None:
    """Requests and answers, refusals among them, are as the OpenAPI document says."""
    found = real(problem for exchange in story.said.rest for problem in rest_problems(openapi, exchange))
    assert not found, _lines(found)
    assert {exchange.status for exchange in story.said.rest} == STATUSES


def test_every_graphql_answer_conforms(story: Story, graphql_schema: GraphQLSchema) -> None:
    """Every document is one that GitHub runs and answers so, or one that both refuse."""
    found = real(p for exchange in story.said.graphql for p in graphql_problems(graphql_schema, exchange))
    assert not found, _lines(found)
    assert sum("errors" in exchange.response for exchange in story.said.graphql) >= 7


def test_the_schema_is_a_subset(graphql_schema: GraphQLSchema) -> None:
    """Whatever the sandbox understands, GitHub understands in the same way."""
    assert subset_problems(sandbox_graphql.small_schema(), graphql_schema) == []


def test_every_webhook_conforms(story: Story, webhooks: Webhooks) -> None:
    """Every payload is as GitHub's schemas say."""
    found = real(p for sent in story.said.webhooks for p in webhooks.check_webhook(sent.event, sent.payload))
    assert not found, _lines(found)


def test_every_exemption_is_needed(story: Story, openapi: OpenApi, webhooks: Webhooks) -> None:
    """The day GitHub corrects a publication, its exemption has to go."""
    found = [problem for exchange in story.said.rest for problem in rest_problems(openapi, exchange)]
    found += [p for sent in story.said.webhooks for p in webhooks.check_webhook(sent.event, sent.payload)]
    assert {exemption_of(problem) for problem in found} - {None} == set(EXEMPTIONS)


def test_every_rest_route_was_told(story: Story) -> None:
    """Each address that the sandbox serves has answered somebody with success."""
    routes = application().url_map.bind("127.0.0.1")
    told = set()
    for exchange in story.said.rest:
        if exchange.status < 400:
            try:
                rule, _ = routes.match(unquote(exchange.path), exchange.method, return_rule=True)
            except HTTPException:
                continue
            told.add(f"{exchange.method} {rule.rule}")
    served = {
        f"{method} {rule.rule}"
        for rule in application().url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule != "/graphql" and not rule.endpoint.startswith("git_http.")
    }
    assert len(served) > 80
    assert served <= told, _lines(served - told)


def test_every_graphql_field_was_told(story: Story) -> None:
    """Each field of the sandbox's schema has answered with a value at least once."""
    told = {field for answer in story.answers for field in fields_with_values(answer)}
    assert all_fields(sandbox_graphql.small_schema()) - told == WITHOUT_VALUE


def test_every_event_and_action_was_told(story: Story) -> None:
    """Each kind of webhook that the sandbox knows to send was sent."""
    told: dict[str, set[str | None]] = {}
    for sent in story.said.webhooks:
        told.setdefault(sent.event, set()).add(sent.action)
    assert told == ACTIONS


def test_every_place_that_sends_a_webhook_was_reached(story: Story) -> None:
    """No line of the sandbox's source fires an event that the story does not tell."""
    places = {
        (str(path), node.lineno, node.end_lineno or node.lineno)
        for path in Path(SANDBOX_DIRECTORY).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and _fires(node)
    }
    silent = {
        f"{Path(file).relative_to(SANDBOX_DIRECTORY)}:{first}"
        for file, first, last in places
        if not any((file, line) in story.said.callers for line in range(first, last + 1))
    }
    assert len(places) > 30
    assert not silent, _lines(silent)


def _lines(found: Iterable[str]) -> str:
    return "\n".join(["", *sorted(found)])


def _fires(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name.lstrip("_").startswith("fire")
