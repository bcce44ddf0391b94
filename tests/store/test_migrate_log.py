"""From a database of the first version to this one: what stood there stays, and the chain begins after it."""

from __future__ import annotations

from importlib import resources
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from bot.core.merge_gate import decide
from bot.core.model import Decision, PullRequestFacts
from bot.store import log
from bot.store.commands import Handler, waiting_commands, waiting_release_commands
from bot.store.decisions import gate_summaries, latest_decision, latest_facts, record_decision
from bot.store.log import Broken, Verified, verify
from bot.store.migrate import migrate, pending
from tests.support.builders import NOW, policy, pull_request_facts

FACTS = pull_request_facts("README.md")
DECISION = decide(FACTS, policy(), NOW)


@pytest.fixture
def first_version_url(empty_database_url: str) -> str:
    """A database as the first version left it: an open pull request, its decision, and a command that waits."""
    with psycopg.connect(empty_database_url) as connection:
        connection.execute((resources.files("bot.store") / "migrations" / "0001_start.sql").read_bytes())
        connection.execute("CREATE TABLE schema_migrations (name text PRIMARY KEY, applied_at timestamptz)")
        connection.execute("INSERT INTO schema_migrations (name) VALUES ('0001_start.sql')")
        connection.execute(
            """
            INSERT INTO commands (delivery_guid, line_number, comment_node_id, comment_id, repository, number,
                                  sender, word, verb, argument, received_at)
            VALUES (gen_random_uuid(), 0, 'IC_1', 1, 'meta/integration', 12, 'raj', 'hold', 'hold', 'x', now())
            """
        )
        connection.execute(
            """
            INSERT INTO pull_requests (repository, number, installation_id, head_sha, base_branch, is_open,
                                       is_draft, title, author, head_seen_at, updated_at)
            VALUES ('meta/integration', 12, 7, 'a', 'main', true, false, 'T', 'nina', now(), now())
            """
        )
        connection.execute(
            """
            INSERT INTO decisions (repository, number, head_sha, state, title, digest, policy_digest, decision,
                                   facts, decided_at)
            VALUES ('meta/integration', 12, %s, 'failure', 'Old', 'd1', 'p', %s, %s, %s)
            """,
            [DECISION.head_sha, *(Jsonb(one) for one in _as_json()), NOW],
        )
    return empty_database_url


def _as_json() -> tuple[Any, Any]:
    """Decision and facts as they were kept."""
    return (
        TypeAdapter(Decision).dump_python(DECISION, mode="json"),
        TypeAdapter(PullRequestFacts).dump_python(FACTS, mode="json"),
    )


def test_what_was_logged_before_stays(first_version_url: str) -> None:
    """The old decision is still the newest of its pull request, and shown; its command still waits there."""
    assert "0002_releases.sql" in migrate(first_version_url)
    with psycopg.connect(first_version_url) as connection:
        assert pending(connection) == ()
        logged = latest_decision(connection, "meta/integration", 12)
        assert logged is not None
        assert (logged.decision, logged.digest) == (DECISION, "d1")
        assert latest_facts(connection, "meta/integration", 12) == FACTS
        assert [one.gate_title for one in gate_summaries(connection)] == ["Old"]
        (command,) = waiting_commands(connection, "meta/integration", 12)
        assert (command.handled_by, command.commented_at) == (Handler.PULL_REQUEST, None)
        assert waiting_release_commands(connection, "meta/integration") == []


def test_the_chain_begins_after_what_was_logged_before(first_version_url: str) -> None:
    """Old entries have no hash and are counted apart; the first new one follows the beginning."""
    migrate(first_version_url)
    with psycopg.connect(first_version_url) as connection:
        assert verify(connection) == Verified(0, log.GENESIS, before=1)
        assert not record_decision(connection, DECISION, FACTS, digest="d1", decided_at=NOW)
        assert record_decision(connection, DECISION, FACTS, digest="d2", decided_at=NOW)
        assert verify(connection) == Verified(1, log.head(connection), before=1)
        old, new = reversed(log.entries(connection, "meta/integration"))
        assert (old.kind, old.hash, new.kind, new.subject) == ("merge_gate", None, "merge_gate", "#12")


def test_old_entries_are_kept_from_changes_too(first_version_url: str) -> None:
    """They can be neither changed nor emptied; and a new one cannot be passed off as an old one."""
    migrate(first_version_url)
    with psycopg.connect(first_version_url) as connection:
        record_decision(connection, DECISION, FACTS, digest="d2", decided_at=NOW)
        connection.commit()
        for statement in (b"UPDATE decisions SET title = ''", b"TRUNCATE decisions"):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                connection.execute(statement)
            connection.rollback()
        record_decision(connection, DECISION, FACTS, digest="d3", decided_at=NOW)
        connection.execute("ALTER TABLE decisions DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE decisions DROP CONSTRAINT decisions_chained")
        connection.execute("UPDATE decisions SET hash = NULL, previous_hash = NULL WHERE digest = 'd2'")
        assert isinstance(verify(connection), Broken)
