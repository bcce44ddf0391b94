"""Check runs, check suites and commit statuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import ROOT, Stage


def heard(stage: Stage, *events: str) -> list[str]:
    """`event.action` of these events from now on, for the App trackgate."""
    seen: list[str] = []

    def note(sent: Any) -> None:
        if sent.event in events and sent.payload["installation"]["id"] == stage.installation.id:
            seen.append(f"{sent.event}.{sent.action}" if sent.action else sent.event)

    stage.github.observe_webhooks(note)
    return seen


def test_only_apps_make_check_runs(stage: Stage) -> None:
    """A person's token gets 403 with GitHub's sentence."""
    pull = stage.open()
    status, answer, _ = stage.person("sofia").send(
        "POST", f"{ROOT}/check-runs", {"name": "x", "head_sha": pull.head_sha}
    )
    assert (status, answer["message"]) == (403, "You must authenticate via a GitHub App.")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"head_sha": "0" * 40},
        {"status": "done"},
        {"conclusion": "fine"},
        {"status": "completed"},
        {"output": {"title": "t", "summary": "x" * 65_536}},
        {"output": {"title": "t", "summary": "s", "text": "x" * 65_536}},
        {"output": {"title": "t", "summary": "s", "annotations": [{}] * 51}},
        {"actions": [{"label": "l", "description": "d", "identifier": "i"}] * 4},
        {"actions": [{"label": "l" * 21, "description": "d", "identifier": "i"}]},
    ],
)
def test_what_a_check_run_cannot_be(stage: Stage, fields: dict[str, Any]) -> None:
    """Unknown commits and words, missing conclusions and oversize texts are refused, and nothing is made."""
    pull = stage.open()
    body = {"name": "gate", "head_sha": pull.head_sha, **fields}
    assert stage.bot().send("POST", f"{ROOT}/check-runs", body)[0] == 422
    assert stage.github.check_runs(stage.repository, pull.head_sha) == []


def test_the_longest_text_is_taken(stage: Stage) -> None:
    """65,535 characters are not too many."""
    pull = stage.open()
    output = {"title": "t", "summary": "x" * 65_535, "text": "y" * 65_535}
    body = {"name": "gate", "head_sha": pull.head_sha, "output": output}
    assert stage.bot().send("POST", f"{ROOT}/check-runs", body)[0] == 201


def test_a_conclusion_completes(stage: Stage) -> None:
    """Setting a conclusion sets the status; only the App that made a run changes it."""
    pull = stage.open()
    run = stage.github.start_check(stage.repository, pull.head_sha, "gate", app=stage.app)
    path = f"{ROOT}/check-runs/{run['id']}"
    actions = stage.github.as_app(stage.github.actions_app(), stage.repository)
    assert actions.send("PATCH", path, {"conclusion": "success"})[0] == 403
    done = stage.bot().call("PATCH", path, {"conclusion": "success"})
    assert (done["status"], done["conclusion"]) == ("completed", "success")
    assert done["completed_at"] is not None


def test_reopening_a_completed_run_does_nothing_unless_switched_on(stage: Stage) -> None:
    """GitHub is unreliable there, so by default the sandbox lets nobody rely on it."""
    pull = stage.open()
    run = stage.github.complete_check(stage.repository, pull.head_sha, "gate", app=stage.app)
    path = f"{ROOT}/check-runs/{run['id']}"
    assert stage.bot().call("PATCH", path, {"status": "in_progress"})["status"] == "completed"
    stage.github.behaviour.completed_check_run_reopens = True
    reopened = stage.bot().call("PATCH", path, {"status": "in_progress"})
    assert (reopened["status"], reopened["conclusion"]) == ("in_progress", None)


def test_a_suite_is_complete_when_its_newest_runs_are(stage: Stage) -> None:
    """Created and completed runs are announced, and the suite once all of its runs are done."""
    pull = stage.open()
    seen = heard(stage, "check_run", "check_suite")
    actions = stage.github.as_app(stage.github.actions_app(), stage.repository)
    first = stage.github.start_check(stage.repository, pull.head_sha, "one")
    second = stage.github.start_check(stage.repository, pull.head_sha, "two")
    actions.call("PATCH", f"{ROOT}/check-runs/{first['id']}", {"conclusion": "success"})
    actions.call("PATCH", f"{ROOT}/check-runs/{second['id']}", {"conclusion": "failure"})
    assert seen == [
        "check_run.created",
        "check_run.created",
        "check_run.completed",
        "check_run.completed",
        "check_suite.completed",
    ]
    suites = stage.bot().call("GET", f"{ROOT}/commits/{pull.head_sha}/check-suites", query={"app_id": 15368})
    assert [suite["conclusion"] for suite in suites["check_suites"]] == ["failure"]


def test_the_newest_of_a_name_counts(stage: Stage) -> None:
    """Lists show the latest run of each name; with `filter=all` every one."""
    pull = stage.open()
    stage.github.complete_check(stage.repository, pull.head_sha, "track / backend", conclusion="failure")
    stage.github.complete_check(stage.repository, pull.head_sha, "track / backend")
    path = f"{ROOT}/commits/{pull.head_sha}/check-runs"
    latest = stage.bot().call("GET", path)["check_runs"]
    every = stage.bot().call("GET", path, query={"filter": "all"})["check_runs"]
    assert [run["conclusion"] for run in latest] == ["success"]
    assert [run["conclusion"] for run in every] == ["failure", "success"]
    assert stage.bot().call("GET", path, query={"app_id": stage.app.id})["total_count"] == 0


def test_an_app_hears_of_its_own_runs_and_can_be_spared(stage: Stage) -> None:
    """Events of one's own doing arrive, with the bot as sender, unless the switch is off."""
    pull = stage.open()
    senders: list[str] = []
    stage.github.observe_webhooks(lambda sent: senders.append(sent.payload["sender"]["type"]))
    stage.github.start_check(stage.repository, pull.head_sha, "gate", app=stage.app)
    assert "Bot" in senders
    stage.github.behaviour.apps_receive_own_events = False
    seen = heard(stage, "check_run")
    stage.github.start_check(stage.repository, pull.head_sha, "gate/docs", app=stage.app)
    assert seen == []


def test_runs_on_a_forks_head_name_no_pull_request(stage: Stage) -> None:
    """`pull_requests` is empty and `head_branch` null, in the event and in the answer."""
    lina = stage.person("lina")
    fork = lina.fork(stage.repository)
    pull = lina.open_pull_request(stage.repository, branch="fix", files={"x": "1"}, head_repository=fork)
    payloads: list[Any] = []
    stage.github.observe_webhooks(
        lambda sent: payloads.append(sent.payload) if sent.event == "check_run" else None
    )
    run = stage.github.complete_check(stage.repository, pull.head_sha, "track / qa")
    assert run["pull_requests"] == []
    assert payloads
    for payload in payloads:
        assert payload["check_run"]["pull_requests"] == []
        assert payload["check_run"]["check_suite"]["head_branch"] is None


def test_runs_on_an_own_branch_name_the_pull_request(stage: Stage) -> None:
    """Without a fork the run knows its pull request and branch."""
    pull = stage.open()
    run = stage.github.complete_check(stage.repository, pull.head_sha, "track / backend")
    assert [one["number"] for one in run["pull_requests"]] == [pull.number]


def test_a_push_makes_an_empty_suite(stage: Stage) -> None:
    """Each App with checks:write gets a suite for a pushed head, and is asked to fill it; not for forks."""
    seen = heard(stage, "check_suite")
    pull = stage.open()
    path = f"{ROOT}/commits/{pull.head_sha}/check-suites"
    assert seen == ["check_suite.requested"]
    own = stage.bot().call("GET", path, query={"app_id": stage.app.id})["check_suites"]
    assert [(suite["status"], suite["latest_check_runs_count"]) for suite in own] == [("queued", 0)]


def test_statuses(stage: Stage) -> None:
    """The newest of a context counts, in any case; failure beats pending beats success; size is limited."""
    pull = stage.open()
    repository, sha = stage.repository, pull.head_sha
    path = f"{ROOT}/commits/{sha}/status"
    assert stage.bot().call("GET", path)["state"] == "pending"
    stage.github.status(repository, sha, "CI", state="failure")
    stage.github.status(repository, sha, "ci", state="success")
    assert stage.bot().call("GET", path)["state"] == "success"
    stage.github.status(repository, sha, "other", state="pending")
    assert stage.bot().call("GET", path)["state"] == "pending"
    long = {"state": "success", "description": "x" * 141}
    status, answer, _ = stage.person("alice").send("POST", f"{ROOT}/statuses/{sha}", long)
    assert status == 422
    assert answer["errors"][0] == {
        "resource": "Status",
        "code": "custom",
        "field": "description",
        "message": "description is too long (maximum is 140 characters)",
    }
    assert stage.person("alice").send("POST", f"{ROOT}/statuses/{sha}", {"state": "fine"})[0] == 422


def test_the_rollup_lists_runs_and_statuses(stage: Stage) -> None:
    """GraphQL's summary has both kinds, each with who made it."""
    pull = stage.open()
    stage.github.complete_check(stage.repository, pull.head_sha, "track / backend", conclusion="skipped")
    stage.github.status(stage.repository, pull.head_sha, "ci", state="pending")
    query = """{repository(owner: "meta", name: "integration") {pullRequest(number: 1) {
      commits(last: 1) {nodes {commit {statusCheckRollup {state contexts(first: 10) {nodes {
        __typename
        ... on CheckRun {name conclusion checkSuite {app {databaseId}}}
        ... on StatusContext {context state creator {login}}}}}}}}}}}"""
    found = stage.bot().graphql(query)["repository"]["pullRequest"]["commits"]["nodes"][0]["commit"]
    rollup = found["statusCheckRollup"]
    assert rollup["state"] == "PENDING"
    assert rollup["contexts"]["nodes"] == [
        {
            "__typename": "CheckRun",
            "name": "track / backend",
            "conclusion": "SKIPPED",
            "checkSuite": {"app": {"databaseId": 15368}},
        },
        {
            "__typename": "StatusContext",
            "context": "ci",
            "state": "PENDING",
            "creator": {"login": "github-actions"},
        },
    ]
