"""What is kept of an override: the override itself, and an entry of the decision log for each step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from bot.core.model import Override
from bot.overriding import keep_override
from bot.store.database import Connection
from bot.store.log import Kind, Verified, entries, verify
from bot.store.overrides import overrides_at
from tests.support.builders import HEAD, NOW

REPOSITORY = "meta/integration"
LATER = NOW + timedelta(hours=2)
ENDS = LATER + timedelta(hours=24)
ASKED = Override("dbt", HEAD, "raj", "warehouse is down", None, NOW + timedelta(hours=24))
CONFIRMED = replace(ASKED, confirmed_by="priya", expires_at=ENDS)


def test_the_log_says_who_why_and_until_when(connection: Connection) -> None:
    """Asking and confirming are one entry each, with the delivery that caused it; the chain stays whole."""
    first, second = uuid4(), uuid4()
    assert keep_override(connection, REPOSITORY, 12, replace(ASKED, by="Raj"), NOW, first) == ASKED
    assert keep_override(connection, REPOSITORY, 12, CONFIRMED, LATER, second) == CONFIRMED
    assert overrides_at(connection, REPOSITORY, [HEAD]) == (CONFIRMED,)
    confirmed, asked = entries(connection, REPOSITORY, kinds=[Kind.OVERRIDE], subject="#12")
    assert (asked.state, asked.delivery_guid, asked.recorded_at) == ("asked", first, NOW)
    assert asked.title == (
        "track / dbt: raj asked to override it (warehouse is down); "
        "a second person is needed until 2026-02-20 15:10 UTC"
    )
    assert (confirmed.state, confirmed.delivery_guid, confirmed.recorded_at) == ("confirmed", second, LATER)
    assert confirmed.title == (
        "track / dbt: overridden by raj and priya until 2026-02-20 17:10 UTC: warehouse is down"
    )
    assert (confirmed.number, confirmed.head_sha) == (12, HEAD)
    assert confirmed.content == {
        "track": "dbt",
        "commit": HEAD,
        "asked_by": "raj",
        "reason": "warehouse is down",
        "confirmed_by": "priya",
        "expires_at": "2026-02-20T17:10:00+00:00",
    }
    assert isinstance(verify(connection), Verified)


def test_what_changes_nothing_is_not_logged(connection: Connection) -> None:
    """The same person again, or a third one, finds the override as it stands."""
    keep_override(connection, REPOSITORY, 12, ASKED, NOW, None)
    again = replace(ASKED, expires_at=ENDS)
    assert keep_override(connection, REPOSITORY, 12, again, LATER, None) == ASKED
    keep_override(connection, REPOSITORY, 12, CONFIRMED, LATER, None)
    third = replace(CONFIRMED, confirmed_by="mira", expires_at=ENDS + timedelta(hours=1))
    assert keep_override(connection, REPOSITORY, 12, third, LATER + timedelta(hours=1), None) == CONFIRMED
    assert len(entries(connection, REPOSITORY, kinds=[Kind.OVERRIDE])) == 2
