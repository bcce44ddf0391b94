"""Webhooks: signed, in order, logged, never repeated by themselves."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from typing import Any
from urllib.parse import parse_qs

import pytest

from sandbox import Client
from sandbox.webhooks.delivery import signature
from tests.sandbox.conftest import PERMISSIONS, Stage
from tests.sandbox.test_auth import app_jwt
from tests.support.scripted_http import Received, Reply


def events(requests: list[Received]) -> list[tuple[str, str | None]]:
    """The (event, action) of what arrived."""
    return [(one.headers["x-github-event"], one.json.get("action")) for one in requests]


def test_the_signature_is_githubs() -> None:
    """GitHub's own test vector."""
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signature("It's a Secret to Everybody", b"Hello, World!") == expected


def test_a_delivery_is_signed_and_labelled(stage: Stage) -> None:
    """Every header is there, and the signatures fit the body and the secret."""
    server = stage.listen()
    stage.open()
    stage.github.wait_for_deliveries()
    last = server.requests[-1]
    digest = hmac.new(b"a secret", last.body, hashlib.sha256).hexdigest()
    old = hmac.new(b"a secret", last.body, hashlib.sha1).hexdigest()
    assert last.path == "/hook"
    assert last.headers["x-hub-signature-256"] == f"sha256={digest}"
    assert last.headers["x-hub-signature"] == f"sha1={old}"
    assert last.headers["x-github-hook-installation-target-type"] == "integration"
    assert last.headers["x-github-hook-installation-target-id"] == str(stage.app.id)
    assert last.headers["x-github-hook-id"] == str(stage.app.hook_id)
    assert last.headers["user-agent"].startswith("GitHub-Hookshot/")
    assert last.headers["content-type"] == "application/json"
    assert last.json["installation"]["id"] == stage.installation.id
    assert len({one.headers["x-github-delivery"] for one in server.requests}) == len(server.requests)


def test_deliveries_arrive_in_the_order_of_the_events(stage: Stage) -> None:
    """Labelled before reviewed before closed, also when the first answer comes after the last event."""
    all_done = threading.Event()

    def answer(_: Received) -> Reply:
        all_done.wait(10)
        return Reply(202)

    pull = stage.open()
    server = stage.listen(answer)
    stage.person("alice").label(pull, "one")
    stage.person("maya").review(pull, "APPROVE")
    stage.person("alice").close(pull)
    all_done.set()
    stage.github.wait_for_deliveries()
    assert events(server.requests) == [
        ("pull_request", "labeled"),
        ("pull_request_review", "submitted"),
        ("pull_request", "closed"),
    ]


def test_a_failed_delivery_is_logged_and_not_repeated(stage: Stage) -> None:
    """A 500 is one delivery with that status; the next event is delivered all the same."""
    pull = stage.open()
    server = stage.listen(lambda _: Reply(500, {"why": "broken"}))
    stage.person("alice").label(pull, "one")
    stage.person("alice").label(pull, "two")
    stage.github.wait_for_deliveries()
    assert len(server.requests) == 2
    assert [delivery.status_code for delivery in stage.github.deliveries(stage.app)] == [500, 500]


def test_nobody_listening_is_a_failed_delivery(stage: Stage) -> None:
    """A connection that is refused has status code 0 and a text."""
    pull = stage.open()
    server = stage.listen(lambda _: Reply(None))
    stage.person("alice").label(pull, "one")
    stage.github.wait_for_deliveries()
    (delivery,) = stage.github.deliveries(stage.app)
    assert (delivery.status_code, delivery.succeeded, len(server.requests)) == (0, False, 1)


def as_app(stage: Stage) -> Client:
    """The App with its JWT."""
    return stage.client(app_jwt(stage))


def test_the_log_is_served_and_redelivers(stage: Stage) -> None:
    """The list pages by cursor and filters by status; a new attempt has the old GUID and a new ID."""
    answers = iter([500])
    pull = stage.open()
    server = stage.listen(lambda _: Reply(next(answers, 202)))
    for name in ("one", "two", "three"):
        stage.person("alice").label(pull, name)
    stage.github.wait_for_deliveries()
    client = as_app(stage)
    path = "/app/hook/deliveries"
    _, first, headers = client.send("GET", path, query={"per_page": 2})
    assert len(first) == 2
    assert f"cursor={first[-1]['id']}" in headers["Link"]
    (failed,) = client.call("GET", path, query={"status": "failure"})
    assert (failed["status_code"], failed["event"], failed["action"]) == (500, "pull_request", "labeled")
    shown = client.call("GET", f"{path}/{failed['id']}")
    assert shown["request"]["payload"]["label"]["name"] == "one"
    assert client.send("POST", f"{path}/{failed['id']}/attempts")[0] == 202
    stage.github.wait_for_deliveries()
    again = client.call("GET", path)[0]
    assert (again["guid"], again["redelivery"], again["status"]) == (failed["guid"], True, "OK")
    assert again["id"] != failed["id"]
    assert server.requests[-1].body == server.requests[0].body
    assert stage.bot().send("GET", path)[0] == 401


def test_only_what_an_app_subscribes_to(stage: Stage, key_pem: str) -> None:
    """Another App gets its own events only; checks:write brings check events without a subscription."""
    quiet = stage.github.register_app("quiet", permissions={"checks": "write"}, private_key_pem=key_pem)
    stage.github.install(quiet, stage.repository)
    server = stage.listen()
    stage.github.set_webhook(quiet, f"{server.url}/quiet")
    stage.open()
    stage.github.wait_for_deliveries()
    got = {one.headers["x-github-event"] for one in server.requests if one.path == "/quiet"}
    assert got == {"check_suite"}


def test_an_event_without_its_permission_is_refused(stage: Stage, key_pem: str) -> None:
    """GitHub does not let an App subscribe to what it may not read."""
    with pytest.raises(ValueError, match="issue_comment needs the permission issues"):
        stage.github.register_app("x", permissions={}, events=["issue_comment"], private_key_pem=key_pem)
    less = {name: level for name, level in PERMISSIONS.items() if name != "merge_queues"}
    with pytest.raises(ValueError, match="merge_queues"):
        stage.github.register_app("x", permissions=less, events=["merge_group"], private_key_pem=key_pem)


def test_form_deliveries(stage: Stage) -> None:
    """With content type `form` the payload is a form field, and the signature covers the form."""
    as_app(stage).call("PATCH", "/app/hook/config", {"content_type": "form"})
    pull = stage.open()
    server = stage.listen()
    stage.person("alice").label(pull, "ü&=one")
    stage.github.wait_for_deliveries()
    (got,) = server.requests
    payload = json.loads(parse_qs(got.body.decode())["payload"][0])
    assert payload["label"]["name"] == "ü&=one"
    assert got.headers["content-type"] == "application/x-www-form-urlencoded"
    assert got.headers["x-hub-signature-256"] == signature("a secret", got.body)


def test_deliveries_can_be_held_back_and_lost(stage: Stage) -> None:
    """While paused nothing arrives; then what was held back comes, or is dropped."""
    pull = stage.open()
    stage.github.wait_for_deliveries()
    server = stage.listen()
    alice = stage.person("alice")
    stage.github.webhooks.pause()
    alice.label(pull, "one")
    stage.github.wait_for_deliveries()
    assert server.requests == []
    stage.github.webhooks.resume()
    stage.github.wait_for_deliveries()
    assert len(server.requests) == 1
    stage.github.webhooks.pause()
    alice.label(pull, "two")
    stage.github.webhooks.resume(drop=True)
    alice.label(pull, "three")
    stage.github.wait_for_deliveries()
    assert [one.json["label"]["name"] for one in server.requests] == ["one", "three"]


def test_waiting_gives_up_after_its_timeout(stage: Stage) -> None:
    """A receiver that does not answer makes `wait_for_deliveries` raise."""
    release = threading.Event()

    def answer(_: Received) -> Reply:
        release.wait(10)
        return Reply(202)

    pull = stage.open()
    stage.listen(answer)
    stage.person("alice").label(pull, "one")
    with pytest.raises(TimeoutError):
        stage.github.wait_for_deliveries(timeout=0.1)
    release.set()
    stage.github.wait_for_deliveries()


def test_a_ping_follows_a_new_webhook(stage: Stage) -> None:
    """It carries the hook and no repository, and hides the secret."""
    server = stage.listen()
    stage.github.set_webhook(stage.app, f"{server.url}/hook", ping=True)
    stage.github.wait_for_deliveries()
    (got,) = server.requests
    payload: dict[str, Any] = got.json
    assert got.headers["x-github-event"] == "ping"
    assert (payload["hook_id"], payload["hook"]["config"]["secret"]) == (stage.app.hook_id, "********")
