"""Who made, moved or deleted a tag, as far as GitHub's deliveries told; of a sweep's finds nobody may have."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.core.tags import TagIncident
from bot.payload import Payload, login_at, text_at
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
        name = _tag_of(payload)
        sender = login_at(payload, "sender", "login")
        if name is not None and name in names and sender is not None:
            found.setdefault(name, sender)
    return found


def _tag_of(payload: Payload) -> str | None:
    """The tag that an event is about; a push names it in full, and a bare name may be a branch's."""
    ref = text_at(payload, "ref") or ""
    if ref.startswith("refs/tags/"):
        return ref.removeprefix("refs/tags/")
    return ref if text_at(payload, "ref_type") == "tag" else None
