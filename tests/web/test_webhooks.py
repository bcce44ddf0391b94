"""`POST /webhooks/github`: each answer, and what is stored when it is given."""

import io
import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bot.foundation import WebServices
from bot.github_api.signatures import sign
from bot.logs import add_log_context
from bot.metrics import DELIVERIES
from bot.store.database import Database
from bot.store.deliveries import Outcome, find_delivery
from bot.store.pull_requests import pull_requests_with_head
from bot.store.queue import queue_state
from bot.web.application import create_app
from tests.support.service import (
    REPOSITORY,
    SECRET,
    delivery_headers,
    delivery_request,
    pull_request_payload,
)

PATH = "/webhooks/github"


def count(services: WebServices, table: str) -> int:
    """How many rows a table has."""
    with services.database.transaction() as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # type: ignore[index]  # noqa: S608


def test_opened_pull_request_is_stored_and_queued(client: FlaskClient, services: WebServices) -> None:
    """202: the delivery, the pull request's head and one job are in the database."""
    guid = uuid4()
    answer = client.post(PATH, **delivery_request(pull_request_payload(), guid=str(guid)))
    assert (answer.status_code, answer.json["outcome"]) == (202, "queued")
    with services.database.transaction() as connection:
        stored = find_delivery(connection, guid)
        assert stored is not None
        assert (stored.event, stored.action, stored.repository) == ("pull_request", "opened", REPOSITORY)
        assert json.loads(stored.body)["number"] == 12
        assert [known.number for known in pull_requests_with_head(connection, REPOSITORY, "a" * 40)] == [12]
        assert queue_state(connection).waiting == 1


def test_duplicate_guid_has_nothing_to_do(client: FlaskClient, services: WebServices) -> None:
    """200 for a delivery that came before, and no second job."""
    request = delivery_request(pull_request_payload(), guid="72d3162e-cc78-11e3-81ab-4c9367dc0958")
    assert client.post(PATH, **request).status_code == 202
    with services.database.transaction() as connection:
        connection.execute("DELETE FROM procrastinate_jobs")
    again = client.post(PATH, **request)
    assert (again.status_code, again.json["reason"]) == (200, "duplicate")
    assert count(services, "procrastinate_jobs") == 0


def test_failed_delivery_is_accepted_again(client: FlaskClient, services: WebServices) -> None:
    """A GUID whose processing failed is processed when GitHub delivers it again."""
    guid = str(uuid4())
    with services.database.transaction() as connection:
        connection.execute("ALTER TABLE pull_requests ADD CONSTRAINT refuse CHECK (number <> 12)")
    assert client.post(PATH, **delivery_request(pull_request_payload(), guid=guid)).status_code == 500
    with services.database.transaction() as connection:
        kept = find_delivery(connection, UUID(guid))
        connection.execute("ALTER TABLE pull_requests DROP CONSTRAINT refuse")
    assert kept is not None
    assert (kept.outcome, b"pull_request" in kept.body) == (Outcome.FAILED, True)
    assert client.post(PATH, **delivery_request(pull_request_payload(), guid=guid)).status_code == 202
    assert count(services, "procrastinate_jobs") == 1


@pytest.mark.parametrize(
    ("event", "payload"), [("ping", {"zen": "x", "hook_id": 1}), ("watch", {"action": "started"})]
)
def test_nothing_to_do(client: FlaskClient, services: WebServices, event: str, payload: dict[str, Any]) -> None:
    """200 for `ping` and for events that cannot change a gate; nothing is queued."""
    assert client.post(PATH, **delivery_request(payload, event)).status_code == 200
    assert count(services, "procrastinate_jobs") == 0


def test_signature_is_checked_before_the_body_is_parsed(client: FlaskClient, services: WebServices) -> None:
    """401 without a signature or with a wrong one, even where the body is not JSON; nothing is stored."""
    body = b"{not json"
    headers = delivery_headers(body)
    assert (
        client.post(PATH, data=body, headers=headers | {"X-Hub-Signature-256": "sha256=" + "0" * 64}).status_code
        == 401
    )
    assert client.post(PATH, data=body, headers=headers | {"X-Hub-Signature-256": "sha256=é"}).status_code == 401
    headers.pop("X-Hub-Signature-256")
    assert client.post(PATH, data=body, headers=headers).status_code == 401
    sha1_only = headers | {"X-Hub-Signature": sign(SECRET.encode(), body)}
    assert client.post(PATH, data=body, headers=sha1_only).status_code == 401
    assert count(services, "deliveries") == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{not json",
        b"[1]",
        b'"text"',
        b"null",
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
    ids=["empty", "broken", "list", "text", "null", "not UTF-8", "too deep", "huge number"],
)
def test_what_is_not_a_json_object(client: FlaskClient, services: WebServices, body: bytes) -> None:
    """400 for a rightly signed body that is not a JSON object."""
    assert client.post(PATH, data=body, headers=delivery_headers(body)).status_code == 400
    assert count(services, "deliveries") == 0


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-GitHub-Event", None),
        ("X-GitHub-Event", "x" * 101),
        ("X-GitHub-Delivery", None),
        ("X-GitHub-Delivery", "1; DROP TABLE"),
        ("X-GitHub-Delivery", "{72d3162e-cc78-11e3-81ab-4c9367dc0958}"),
    ],
)
def test_missing_header(client: FlaskClient, header: str, value: str | None) -> None:
    """400 when a required header is missing or makes no sense."""
    body = b"{}"
    headers = {name: text for name, text in (delivery_headers(body) | {header: value}).items() if text is not None}
    answer = client.post(PATH, data=body, headers=headers)
    assert (answer.status_code, header in answer.json["reason"]) == (400, True)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=utf-8", 200),
        ("APPLICATION/JSON", 200),
        ("application/x-www-form-urlencoded", 415),
        ("text/plain", 415),
        ("", 415),
    ],
)
def test_content_type(client: FlaskClient, content_type: str, status: int) -> None:
    """JSON with or without a character set is taken; a form, or no type, is 415."""
    body = b"{}"
    headers = delivery_headers(body, "ping") | {"Content-Type": content_type}
    assert client.post(PATH, data=body, headers=headers).status_code == status


def test_too_large(client: FlaskClient) -> None:
    """413 for more than 25 MB, said by its length alone; 25 MB themselves are taken."""
    largest = b'{"a":"' + b"x" * (25 * 1024 * 1024 - 8) + b'"}'
    assert client.post(PATH, data=largest, headers=delivery_headers(largest, "ping")).status_code == 200
    larger = largest + b" "
    assert client.post(PATH, data=larger, headers=delivery_headers(larger, "ping")).status_code == 413


def test_text_that_the_database_refuses_is_not_lost(client: FlaskClient, services: WebServices) -> None:
    """NUL and lone surrogates in a payload neither fail the delivery nor change the stored body."""
    payload = pull_request_payload(title="a\x00b\ud800")
    payload["action"] = "opened"
    request = delivery_request(payload)
    assert client.post(PATH, **request).status_code == 202
    with services.database.transaction() as connection:
        stored = find_delivery(connection, UUID(request["headers"]["X-GitHub-Delivery"]))
    assert stored is not None
    assert stored.body == request["data"]


def test_job_and_delivery_are_stored_together_or_not_at_all(client: FlaskClient, services: WebServices) -> None:
    """503 when the job cannot be queued, and then neither the delivery nor the pull request is stored."""
    with services.database.transaction() as connection:
        connection.execute("ALTER TABLE procrastinate_jobs RENAME TO hidden_jobs")
    request = delivery_request(pull_request_payload())
    assert client.post(PATH, **request).status_code == 503
    assert (count(services, "deliveries"), count(services, "pull_requests")) == (0, 0)
    with services.database.transaction() as connection:
        connection.execute("ALTER TABLE hidden_jobs RENAME TO procrastinate_jobs")
    assert client.post(PATH, **request).status_code == 202
    assert (count(services, "deliveries"), count(services, "procrastinate_jobs")) == (1, 1)


def test_only_post(client: FlaskClient) -> None:
    """Looking at the webhook's address with a browser is 405, not an error of ours."""
    assert client.get(PATH).status_code == 405


def counted(outcome: str) -> float:
    """How many deliveries had this outcome so far, of whatever event."""
    (metric,) = DELIVERIES.collect()
    samples = (one for one in metric.samples if one.name.endswith("_total"))
    return sum(one.value for one in samples if one.labels["outcome"] == outcome)


@pytest.mark.parametrize("status", [401, 500, 503])
def test_what_is_not_acknowledged_can_be_found(
    services: WebServices, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """It is counted by the status that GitHub heard, and its line in the log names the delivery."""
    guid = str(uuid4())
    request = delivery_request(pull_request_payload(), guid=guid)
    if status == 401:
        request["headers"]["X-Hub-Signature-256"] = "sha256=00"
    elif status == 503:
        services = replace(services, database=Database("host=/nowhere", wait_seconds=0.5))
    else:
        monkeypatch.setattr("bot.intake.interpret", None)
    client, before = create_app(services).test_client(), counted(f"refused_{status}")
    with capture_logs(processors=[add_log_context]) as lines:
        assert client.post(PATH, **request).status_code == status
    assert counted(f"refused_{status}") == before + 1
    assert [(line["delivery"], line["event_name"]) for line in lines][-1] == (guid, "pull_request")


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 63, "sha1=" + "0" * 40, "0" * 64])
def test_what_is_not_signed_is_refused_before_its_body_is_waited_for(client: FlaskClient, signature: str) -> None:
    """Whoever has no signature holds no thread, and no memory, with a body that is slow or large."""

    class Endless(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            pytest.fail("the body is read")

    environ = {
        **EnvironBuilder(PATH, method="POST", content_type="application/json").get_environ(),
        "CONTENT_LENGTH": "25000000",
        "wsgi.input": Endless(),
        "HTTP_X_GITHUB_EVENT": "pull_request",
        "HTTP_X_GITHUB_DELIVERY": str(uuid4()),
        "HTTP_X_HUB_SIGNATURE_256": signature,
    }
    _content, status, _headers = run_wsgi_app(client.application, environ)
    assert status.startswith("401")
