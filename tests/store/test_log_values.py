"""What the decision log holds: JSON values with one spelling each, which come back as they were hashed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.database import Connection
from bot.store.log import GENESIS, Entry, Kind, Verified, append, as_stored, canonical, entries, verify
from tests.support.builders import NOW
from tests.support.log_entry import ENTRY


def test_what_is_no_whole_json_is_refused(connection: Connection) -> None:
    """A fraction has more than one spelling, and a date none: both are the caller's to write as text."""
    for value in (0.5, float("nan"), NOW, {1: "one"}, {"a": {1, 2}}, b"x"):
        with pytest.raises(TypeError):
            append(connection, replace(ENTRY, content={"deep": [value]}))
    assert verify(connection) == Verified(0, GENESIS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_any_json_has_one_text(value: Any) -> None:
    """What is read from any other spelling of the same value has the same canonical text."""
    stored = as_stored(value)
    assert canonical(json.loads(json.dumps(stored, indent=3))) == canonical(stored)
    assert as_stored(stored) == stored


def test_odd_values_come_back_as_they_are_hashed(connection: Connection) -> None:
    """Text of every plane, odd keys, large numbers and times of any zone keep the chain whole."""
    odd = {"\x7f\x1f\u2028\U0001f600": ["\\", '"', "/", "\t\r\n", -0, 10**25, True, {}, []], "": None, "\ue000": 1}
    zone = timezone(timedelta(hours=-5))
    append(connection, replace(ENTRY, content=odd, facts=[odd], recorded_at=NOW.astimezone(zone)))
    moment = NOW.replace(microsecond=1)
    append(connection, replace(ENTRY, content="text", facts=7, recorded_at=moment, delivery_guid=UUID(int=0)))
    append(connection, Entry(Kind.COMMAND, "a/b", "", "", "", NOW))
    connection.execute("SET TIME ZONE 'America/Jamaica'")
    assert isinstance(verify(connection), Verified)
    assert entries(connection)[2].content == odd
