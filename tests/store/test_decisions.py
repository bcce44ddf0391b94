"""The decision log: whole, append-only, and only what is new."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from bot.core.merge_gate import decide
from bot.core.model import ChangeType, Hold, State
from bot.store.database import Connection
from bot.store.decisions import gate_summaries, latest_decision, latest_facts, record_decision
from bot.store.pull_requests import KnownPullRequest, remember_pull_request
from tests.support.builders import NOW, SEEN, approved, changed, green, policy, pull_request_facts

FACTS = pull_request_facts(
    changed("dbt/new.sql", ChangeType.RENAMED, "backend/old.sql"),
    "README.md",
    reviews=approved("sofia", "maya"),
    check_runs=green("backend", "dbt"),
    holds=(Hold("raj", "wait"),),
    refused_requests={"lina": "not a collaborator"},
)
DECISION = decide(FACTS, policy(), NOW)


def test_what_is_read_is_what_was_recorded(connection: Connection) -> None:
    """Decision and facts come back equal, with their delivery and time."""
    guid = uuid4()
    assert record_decision(connection, DECISION, FACTS, digest="d1", decided_at=NOW, delivery_guid=guid)
    logged = latest_decision(connection, "META/Integration", 12)
    assert logged is not None
    assert (logged.decision, logged.digest, logged.delivery_guid, logged.decided_at) == (DECISION, "d1", guid, NOW)
    assert latest_facts(connection, "meta/integration", 12) == FACTS


def test_only_what_differs_from_the_newest(connection: Connection) -> None:
    """The same digest at the same head adds nothing; another head or digest, or going back, does."""
    moved = replace(DECISION, head_sha="b" * 40)
    steps = [
        (DECISION, "d1", True),
        (DECISION, "d1", False),
        (moved, "d1", True),
        (moved, "d2", True),
        (DECISION, "d1", True),
    ]
    for decision, digest, is_new in steps:
        assert record_decision(connection, decision, FACTS, digest=digest, decided_at=NOW) is is_new


def test_append_only(connection: Connection) -> None:
    """The database itself refuses to change or delete an entry."""
    record_decision(connection, DECISION, FACTS, digest="d1", decided_at=NOW)
    connection.commit()
    for statement in ("UPDATE decisions SET state = 'success'", "DELETE FROM decisions"):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute(statement.encode())
        connection.rollback()
    assert latest_decision(connection, "meta/integration", 12) is not None


def test_unknown_pull_request(connection: Connection) -> None:
    """Nothing is known of a pull request that was never judged."""
    assert latest_decision(connection, "meta/integration", 12) is None
    assert latest_facts(connection, "meta/integration", 12) is None


def test_entry_of_another_version_is_no_entry(connection: Connection) -> None:
    """An entry whose shape this version does not know is not believed: the next evaluation writes a new one."""
    record_decision(connection, DECISION, FACTS, digest="d1", decided_at=NOW)
    connection.execute("ALTER TABLE decisions DISABLE TRIGGER decisions_append_only")
    connection.execute("UPDATE decisions SET decision = decision - 'state', facts = facts - 'number'")
    assert latest_decision(connection, "meta/integration", 12) is None
    assert latest_facts(connection, "meta/integration", 12) is None
    assert record_decision(connection, DECISION, FACTS, digest="d1", decided_at=NOW) is True


def test_summaries_show_the_newest_of_open_ones(connection: Connection) -> None:
    """Open pull requests with their newest decision; one without a decision is listed too; closed ones are not."""
    for number, is_open in ((12, True), (13, True), (14, False)):
        known = KnownPullRequest(
            "meta/integration", number, 7, "a" * 40, "main", is_open, False, "T", "nina", SEEN
        )
        remember_pull_request(connection, known)
    record_decision(connection, DECISION, FACTS, digest="d1", decided_at=NOW)
    later = replace(DECISION, title="Newer", state=State.FAILURE)
    record_decision(connection, later, FACTS, digest="d2", decided_at=NOW + timedelta(minutes=1))
    found = [(one.number, one.state, one.gate_title) for one in gate_summaries(connection)]
    assert found == [(12, State.FAILURE, "Newer"), (13, None, None)]
