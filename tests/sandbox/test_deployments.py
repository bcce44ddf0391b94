"""Deployments to protected environments: what the App is told, and what it may answer."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import App, Client, Deployment
from tests.sandbox.conftest import ROOT, Stage

PERMISSIONS = {"actions": "read", "deployments": "write", "pull_requests": "read"}


@pytest.fixture
def guard(stage: Stage, key_pem: str) -> App:
    """An App that may protect environments, installed beside the other."""
    app = stage.github.register_app(
        "guard", permissions=PERMISSIONS, events=["deployment_protection_rule"], private_key_pem=key_pem
    )
    stage.github.install(app, stage.repository)
    return app


@pytest.fixture
def told(stage: Stage) -> list[dict[str, Any]]:
    """The payloads of `deployment_protection_rule`."""
    seen: list[dict[str, Any]] = []

    def see(sent: Any) -> None:
        if sent.event == "deployment_protection_rule":
            seen.append({"action": sent.action, **sent.payload})

    stage.github.observe_webhooks(see)
    return seen


def answer(client: Client, deployment: Deployment, **fields: Any) -> int:
    """The status of an answer to the deployment's callback address."""
    path = f"{ROOT}/actions/runs/{deployment.run_id}/deployment_protection_rule"
    return client.send("POST", path, {"environment_name": "production", **fields})[0]


def test_a_protected_environment_asks_its_app(stage: Stage, guard: App, told: list[dict[str, Any]]) -> None:
    """One event with the callback address, the ref and SHA of the run and its pull requests; nobody else hears."""
    pull = stage.open()
    stage.github.protect_environment(stage.repository, "production", guard)
    deployment = stage.github.request_deployment(
        stage.repository, "Production", "feature", event="workflow_dispatch"
    )
    assert len(told) == 1
    payload = told[0]
    assert (payload["action"], payload["environment"], payload["event"]) == (
        "requested",
        "production",
        "workflow_dispatch",
    )
    expected = f"{stage.github.url}{ROOT}/actions/runs/{deployment.run_id}/deployment_protection_rule"
    assert payload["deployment_callback_url"] == expected
    assert (payload["deployment"]["ref"], payload["deployment"]["sha"]) == ("feature", pull.head_sha)
    assert [one["number"] for one in payload["pull_requests"]] == [pull.number]
    assert payload["installation"]["id"] != stage.installation.id
    assert (deployment.state, stage.github.deployments("meta/integration")) == ("waiting", [deployment])


def test_the_app_approves_and_rejects(stage: Stage, guard: App) -> None:
    """A comment alone leaves it waiting; the verdict with a comment ends it, and a test can read both."""
    client = stage.github.as_app(guard, stage.repository)
    first, second = (
        stage.github.request_deployment(stage.repository, "production", "main", app=guard) for _ in range(2)
    )
    assert answer(client, first, comment="Looking at it") == 204
    assert first.state == "waiting"
    assert answer(client, first, environment_name="PRODUCTION", state="approved", comment="Released as v1") == 204
    assert answer(client, second, state="rejected", comment="x" * 1024) == 204
    assert (first.state, first.comments) == ("approved", ["Looking at it", "Released as v1"])
    assert [deployment.state for deployment in stage.github.deployments(stage.repository)] == [
        "approved",
        "rejected",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "success"},
        {"state": "approved", "environment_name": "staging"},
        {"state": "approved", "comment": "x" * 1025},
        {"state": "approved", "environment_name": None},
        {},
    ],
)
def test_what_an_answer_cannot_be(stage: Stage, guard: App, fields: dict[str, Any]) -> None:
    """Another state, another environment, too long a comment, or nothing at all: 422, and still waiting."""
    deployment = stage.github.request_deployment(stage.repository, "production", "main", app=guard)
    assert answer(stage.github.as_app(guard, stage.repository), deployment, **fields) == 422
    assert (deployment.state, deployment.gates[0].reports) == ("waiting", [])


def test_a_deployment_is_decided_once(stage: Stage, guard: App) -> None:
    """After the verdict nothing is taken any more, and after thirty days neither."""
    client = stage.github.as_app(guard, stage.repository)
    first, second = (
        stage.github.request_deployment(stage.repository, "production", "main", app=guard) for _ in range(2)
    )
    assert [answer(client, first, state=state) for state in ("rejected", "approved")] == [204, 422]
    assert first.state == "rejected"
    stage.github.clock.advance(30 * 86_400 + 1)
    assert answer(stage.github.as_app(guard, stage.repository), second, state="approved") == 422


def test_ten_reports_are_taken(stage: Stage, guard: App) -> None:
    """The eleventh is refused, whatever it says."""
    client = stage.github.as_app(guard, stage.repository)
    deployment = stage.github.request_deployment(stage.repository, "production", "main", app=guard)
    assert [answer(client, deployment, comment=f"{number}") for number in range(10)] == [204] * 10
    assert answer(client, deployment, state="approved") == 422
    assert deployment.state == "waiting"


def test_only_the_app_itself_answers(stage: Stage, guard: App) -> None:
    """No person, no App without `deployments: write`, no App that was not asked; an unknown run is not found."""
    deployment = stage.github.request_deployment(stage.repository, "production", "main", app=guard)
    narrow = stage.client(stage.github.token_for(guard, stage.repository, {"deployments": "read"}))
    other = stage.client(stage.github.token_for(stage.app, stage.repository, {"deployments": "write"}))
    assert answer(stage.person("sofia"), deployment, state="approved") == 403
    assert answer(stage.bot(), deployment, state="approved") == 403
    assert answer(narrow, deployment, state="approved") == 403
    assert answer(other, deployment, state="approved") == 422
    own = stage.github.as_app(guard, stage.repository)
    path = f"{ROOT}/actions/runs/{deployment.run_id + 1}/deployment_protection_rule"
    assert own.send("POST", path, {"environment_name": "production", "state": "approved"})[0] == 404
    assert deployment.state == "waiting"


def test_two_apps_must_both_approve(stage: Stage, guard: App, key_pem: str) -> None:
    """One word is not enough; one no is."""
    second = stage.github.register_app(
        "second", permissions=PERMISSIONS, events=["deployment_protection_rule"], private_key_pem=key_pem
    )
    stage.github.install(second, stage.repository)
    stage.github.protect_environment(stage.repository, "production", guard, second)
    clients = [stage.github.as_app(app, stage.repository) for app in (guard, second)]
    deployment = stage.github.request_deployment(stage.repository, "production", "main")
    states = []
    for client in clients:
        assert answer(client, deployment, state="approved") == 204
        states.append(deployment.state)
    assert states == ["waiting", "approved"]
    refused = stage.github.request_deployment(stage.repository, "production", "main")
    assert answer(clients[0], refused, state="rejected") == 204
    assert (refused.state, answer(clients[1], refused, state="approved")) == ("rejected", 422)


def test_a_payload_can_carry_any_address(stage: Stage, guard: App, told: list[dict[str, Any]]) -> None:
    """For what a hostile sender would write; the real address still works."""
    hostile = "http://169.254.169.254/latest/meta-data"
    deployment = stage.github.request_deployment(
        stage.repository, "production", "v1.0.0", "f" * 40, guard, callback_url=hostile
    )
    assert told[0]["deployment_callback_url"] == hostile
    assert (told[0]["deployment"]["ref"], told[0]["deployment"]["sha"]) == ("v1.0.0", "f" * 40)
    with pytest.raises(LookupError):
        stage.github.request_deployment(stage.repository, "production", "v9.9.9")
    assert answer(stage.github.as_app(guard, stage.repository), deployment, state="rejected") == 204


def test_rules_are_enabled_and_disabled(stage: Stage, guard: App) -> None:
    """By an administrator, once for each App, at most six; everybody who reads sees them."""
    stage.github.protect_environment(stage.repository, "pro/duction")
    sofia, path = stage.person("sofia"), f"{ROOT}/environments/pro%2Fduction"
    rules = f"{path}/deployment_protection_rules"
    made = sofia.call("POST", rules, {"integration_id": guard.id})
    listed = stage.github.as_app(guard, stage.repository).call("GET", rules)
    assert (listed["total_count"], listed["custom_deployment_protection_rules"]) == (1, [made])
    assert made["app"]["slug"] == "guard"
    assert sofia.call("GET", path)["name"] == "pro/duction"
    assert sofia.call("GET", f"{ROOT}/environments")["total_count"] == 1
    assert sofia.send("POST", rules, {"integration_id": guard.id})[0] == 422
    assert sofia.send("POST", rules, {"integration_id": 1})[0] == 422
    assert stage.person("maya").send("POST", rules, {"integration_id": stage.app.id})[0] == 403
    assert sofia.send("DELETE", f"{rules}/{made['id']}")[0] == 204
    assert sofia.send("DELETE", f"{rules}/{made['id']}")[0] == 404
    assert sofia.call("GET", rules)["total_count"] == 0
    assert sofia.send("GET", f"{ROOT}/environments/none")[0] == 404
    unprotected = stage.github.request_deployment(stage.repository, "pro/duction", "main")
    assert (unprotected.state, unprotected.gates) == ("approved", [])


@pytest.mark.parametrize("lost", [False, True])
def test_faults_hit_the_answer_too(stage: Stage, guard: App, lost: bool) -> None:
    """A lost answer leaves the verdict; a refused request leaves nothing."""
    deployment = stage.github.request_deployment(stage.repository, "production", "main", app=guard)
    path = "deployment_protection_rule$"
    if lost:
        stage.github.faults.drop_answer(path=path)
    else:
        stage.github.faults.fail(502, path=path)
    client = stage.github.as_app(guard, stage.repository)
    assert answer(client, deployment, state="approved") == 502
    assert deployment.state == ("approved" if lost else "waiting")
    assert answer(client, deployment, state="approved") == (422 if lost else 204)
