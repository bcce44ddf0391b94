"""Who made, moved or deleted a tag, as far as GitHub's deliveries told; of a sweep's finds nobody may have."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.core.tags import TagIncident
from bot.payload import login_at, text_at
from bot.store.database import Connection
from bot.store.deliveries import recent_payloads

LOOK_BACK = timedelta(days=1)
TAG_EVENTS = ("push", "create", "delete")


def actors_of(
    connection: Connection, repository: str, incidents: Iterable[TagIncident], now: datetime
) -> dict[str, str]:
    """The login of whoever last did something to each tag, by the tag's name; those not known are left out."""
    names = {incident.name for incident in incidents}
    found: dict[str, str] = {}
    for body in recent_payloads(connection, repository, TAG_EVENTS, now - LOOK_BACK):
        payload = json.loads(body)  # it was parsed before it was stored
        name = (text_at(payload, "ref") or "").removeprefix("refs/tags/")
        sender = login_at(payload, "sender", "login")
        if name in names and sender is not None:
            found.setdefault(name, sender)
    return found
