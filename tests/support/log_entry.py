"""An entry of the decision log, with everything in it that an entry can have."""

from __future__ import annotations

from uuid import uuid4

from bot.core.model import State
from bot.store.log import Entry, Kind
from tests.support.builders import NOW

ENTRY = Entry(
    Kind.RELEASE_GATE,
    "Meta/Integration",
    "v3.1.0",
    State.SUCCESS,
    "Open \u2713 \x00",
    NOW,
    digest="d1",
    policy_digest="p1",
    head_sha="c" * 40,
    number=12,
    delivery_guid=uuid4(),
    content={"b": [1, None, True, "\ud800"], "a": "é"},
    facts={"tag": "v3.1.0", "size": 10**30},
)
