"""Rightly signed deliveries of hostile shape: none is an error of ours, wherever the odd value stands."""

from __future__ import annotations

import copy
import random
import string
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask.testing import FlaskClient

from bot.foundation import WebServices
from bot.store.deliveries import Outcome, find_delivery
from tests.support.service import INSTALLATION, REPOSITORY, delivery_request, pull_request_payload

PATH = "/webhooks/github"
LONG = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=20_000))  # noqa: S311
"""Random, since PostgreSQL compresses before it measures: repeated letters fit an index entry."""

SUBSTITUTES = [None, 2**31, 2**63, "\x00\ud800", LONG, "é" * 600, {"a": 1}]

COMMON: dict[str, Any] = {
    "repository": {"id": 1, "full_name": REPOSITORY},
    "installation": {"id": INSTALLATION},
    "sender": {"login": "sofia", "type": "User"},
}
COMMENT = {"id": 1, "node_id": "IC_1", "body": "/gate hold x\n/gate foo", "user": COMMON["sender"]}
CHECK = {"head_sha": "a" * 40, "app": {"id": 3}, "pull_requests": [{"number": 1, "base": {"repo": {"id": 1}}}]}
RENAME = {"repository": {"name": {"from": "old"}}, "owner": {"from": {"user": {"login": "x"}}}}
MERGE_GROUP = {"head_sha": "b" * 40, "base_ref": "refs/heads/main"}

DELIVERIES: dict[str, dict[str, Any]] = {
    "pull_request": pull_request_payload(),
    "pull_request_review": {"action": "submitted", "pull_request": {"number": 1}, **COMMON},
    "check_run": {"action": "completed", "check_run": CHECK, **COMMON},
    "status": {"sha": "a" * 40, **COMMON},
    "issue_comment": {
        "action": "created",
        "comment": COMMENT,
        "issue": {"number": 1, "pull_request": {}},
        **COMMON,
    },
    "merge_group": {"action": "checks_requested", "merge_group": MERGE_GROUP, **COMMON},
    "push": {"ref": "refs/heads/main", "commits": [{"added": [".github/trackgate.yml"]}], **COMMON},
    "installation": {"action": "created", "repositories": [COMMON["repository"]], **COMMON},
    "installation_repositories": {
        "action": "added",
        "repositories_added": [COMMON["repository"]],
        "repositories_removed": [{"full_name": "meta/b"}],
        **COMMON,
    },
    "repository": {"action": "renamed", "changes": RENAME, **COMMON},
    "member": {"action": "added", **COMMON},
}


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside `value`."""
    if at:
        yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*at, key))


def substituted(payload: dict[str, Any], at: tuple[Any, ...], new: Any) -> dict[str, Any]:
    """A copy of `payload` with another value at one place."""
    made = copy.deepcopy(payload)
    here: Any = made
    for step in at[:-1]:
        here = here[step]
    here[at[-1]] = new
    return made


@pytest.mark.parametrize("event", DELIVERIES)
def test_no_value_at_any_place_is_an_error(client: FlaskClient, services: WebServices, event: str) -> None:
    """Each value of a delivery in turn is replaced by each odd one: 202 or 200, and nothing is kept as failed."""
    assert client.post(PATH, **delivery_request(DELIVERIES[event], event)).status_code == 202
    refused = {}
    for at in places(DELIVERIES[event]):
        for new in SUBSTITUTES:
            answer = client.post(PATH, **delivery_request(substituted(DELIVERIES[event], at, new), event))
            if answer.status_code not in (200, 202):
                refused[at, repr(new)[:20]] = answer.status_code
    assert refused == {}
    with services.database.transaction() as connection:
        failed = connection.execute("SELECT count(*) FROM deliveries WHERE outcome = 'failed'").fetchone()
    assert failed == (0,)


def test_a_repository_that_is_none_is_not_looked_at(client: FlaskClient) -> None:
    """A name that GitHub would not give asks for nothing, and the answer says why."""
    payload = pull_request_payload()
    payload["repository"]["full_name"] = LONG
    answer = client.post(PATH, **delivery_request(payload))
    assert (answer.status_code, answer.json["reason"]) == (200, "pull_request names no repository")


@pytest.mark.parametrize("code", ["54000", "23514", "22003"], ids=["too large", "constraint", "out of range"])
def test_what_the_database_refuses_is_no_outage(client: FlaskClient, services: WebServices, code: str) -> None:
    """Should a value get as far as the database and be refused: 500, and the delivery is kept as failed."""
    with services.database.transaction() as connection:
        connection.execute(f"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END; $$;
            CREATE TRIGGER refuse BEFORE INSERT ON pull_requests FOR EACH ROW EXECUTE FUNCTION refuse();
        """)
    request = delivery_request(pull_request_payload())
    assert client.post(PATH, **request).status_code == 500
    with services.database.transaction() as connection:
        kept = find_delivery(connection, UUID(request["headers"]["X-GitHub-Delivery"]))
    assert kept is not None
    assert kept.outcome is Outcome.FAILED


def test_a_value_too_large_for_an_index_is_no_outage(services: WebServices) -> None:
    """PostgreSQL's own refusal of an index entry comes out as what it is, not as a database that is away."""
    statement = "INSERT INTO installations (repository, installation_id) VALUES (%s, 1)"
    with pytest.raises(psycopg.errors.ProgramLimitExceeded), services.database.transaction() as connection:
        connection.execute(statement, [LONG])
