"""Deliveries of webhooks, kept as they came: the body's bytes are what GitHub signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bot.store.database import Connection
from bot.store.text import repository_key, storable


class Outcome(StrEnum):
    """What became of a delivery. `failed` ones are accepted again under the same GUID."""

    QUEUED = "queued"
    NOTHING = "nothing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """One delivery as it was stored. `received_at` is our clock, in UTC."""

    guid: UUID
    event: str
    action: str | None
    installation_id: int | None
    repository: str | None
    received_at: datetime
    body: bytes
    outcome: Outcome
    reason: str


def store_delivery(connection: Connection, delivery: StoredDelivery) -> bool:
    """Keep `delivery`; False when its GUID is there already, unless its processing failed then.

    A redelivery keeps its GUID (GitHub, "Redelivering webhooks").
    Of two at once, the second waits for the first.
    """
    row = connection.execute(
        """
        INSERT INTO deliveries AS stored
            (guid, event, action, installation_id, repository, received_at, body, outcome, reason)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (guid) DO UPDATE
            SET received_at = excluded.received_at, body = excluded.body, outcome = excluded.outcome,
                reason = excluded.reason
            WHERE stored.outcome = 'failed'
        RETURNING 1
        """,
        [
            delivery.guid,
            storable(delivery.event),
            None if delivery.action is None else storable(delivery.action),
            delivery.installation_id,
            None if delivery.repository is None else repository_key(delivery.repository),
            delivery.received_at,
            delivery.body,
            delivery.outcome.value,
            storable(delivery.reason),
        ],
    ).fetchone()
    return row is not None


def find_delivery(connection: Connection, guid: UUID) -> StoredDelivery | None:
    """The delivery with this GUID, or None."""
    rows = connection.execute(
        """
        SELECT guid, event, action, installation_id, repository, received_at, body, outcome, reason
        FROM deliveries WHERE guid = %s
        """,
        [guid],
    )
    for guid, event, action, installation_id, repository, received_at, body, outcome, reason in rows:
        return StoredDelivery(
            guid, event, action, installation_id, repository, received_at, body, Outcome(outcome), reason
        )
    return None


def recent_payloads(
    connection: Connection, repository: str, events: Sequence[str], since: datetime, limit: int = 200
) -> list[bytes]:
    """The bodies of a repository's deliveries of some events, the newest first: only they tell who did it."""
    rows = connection.execute(
        """
        SELECT body FROM deliveries
        WHERE event = ANY(%s) AND received_at >= %s AND lower(repository) = %s
        ORDER BY received_at DESC LIMIT %s
        """,
        [list(events), since, repository_key(repository), limit],
    )
    return [bytes(row[0]) for row in rows]


def note_failed(connection: Connection, guid: UUID, reason: str) -> None:
    """What a delivery asked for could not be done after all: the same GUID is accepted again from now on."""
    connection.execute(
        "UPDATE deliveries SET outcome = 'failed', reason = %s WHERE guid = %s", [storable(reason), guid]
    )


def time_received(connection: Connection, guid: UUID) -> datetime | None:
    """When the delivery came, by our clock; None when it is not kept (any more)."""
    row = connection.execute("SELECT received_at FROM deliveries WHERE guid = %s", [guid]).fetchone()
    return None if row is None else row[0]
