"""Deliveries of webhooks, kept as they came: the body's bytes are what GitHub signed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from isal import isal_zlib

from bot.store.database import Connection
from bot.store.rows import rows_of
from bot.store.text import repository_key, storable

LEAST_COMPRESSED = 512
"""Bytes; a shorter body would hardly get smaller."""


class Outcome(StrEnum):
    """What became of a delivery. `failed` ones are accepted again under the same GUID."""

    QUEUED = "queued"
    NOTHING = "nothing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class KeptBody:
    """A body as its row holds it: its bytes, perhaps compressed."""

    content: bytes
    is_compressed: bool

    @classmethod
    def of(cls, body: bytes) -> KeptBody:
        """`body` made small, outside of any transaction: other threads can work meanwhile."""
        if len(body) >= LEAST_COMPRESSED:
            smaller = isal_zlib.compress(body, 0)  # zlib's format, in a seventh of its time
            if len(smaller) < len(body):
                return cls(smaller, is_compressed=True)
        return cls(body, is_compressed=False)

    @property
    def body(self) -> bytes:
        """The bytes as they came."""
        return zlib.decompress(self.content) if self.is_compressed else self.content


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """One delivery as it was stored. `received_at` is our clock, in UTC."""

    guid: UUID
    event: str
    action: str | None
    installation_id: int | None
    repository: str | None
    received_at: datetime
    kept: KeptBody
    outcome: Outcome
    reason: str

    @property
    def body(self) -> bytes:
        """The bytes that GitHub signed."""
        return self.kept.body


def store_deliveries(connection: Connection, deliveries: Sequence[StoredDelivery]) -> set[UUID]:
    """Keep each of these, whose GUIDs differ; gives the GUIDs that are to be processed now.

    Not among them is a GUID that was there already, unless its processing failed then: a redelivery keeps its
    GUID (GitHub, "Redelivering webhooks"). Of two at once, in any processes, the second waits for the first.
    """
    # All transactions go by one order: two with the same GUIDs then never wait for each other.
    rows = sorted(deliveries, key=lambda delivery: delivery.guid.int)
    found = connection.execute(
        """
        INSERT INTO deliveries AS stored
            (guid, event, action, installation_id, repository, received_at, is_compressed, outcome, reason, body)
        SELECT * FROM ROWS FROM (
            json_to_recordset(%s) AS (guid uuid, event text, action text, installation_id bigint, repository text,
                                      received_at timestamptz, is_compressed boolean, outcome text, reason text),
            unnest(%b::bytea[])
        )
        ON CONFLICT (guid) DO UPDATE
            SET received_at = excluded.received_at, body = excluded.body, is_compressed = excluded.is_compressed,
                outcome = excluded.outcome, reason = excluded.reason
            WHERE stored.outcome = 'failed'
        RETURNING guid
        """,
        [rows_of([_columns(row) for row in rows]), [row.kept.content for row in rows]],
    )
    return {guid for (guid,) in found}


def _columns(row: StoredDelivery) -> dict[str, object]:
    return {
        "guid": row.guid,
        "event": storable(row.event),
        "action": None if row.action is None else storable(row.action),
        "installation_id": row.installation_id,
        "repository": None if row.repository is None else repository_key(row.repository),
        "received_at": row.received_at,
        "is_compressed": row.kept.is_compressed,
        "outcome": row.outcome.value,
        "reason": storable(row.reason),
    }


def find_delivery(connection: Connection, guid: UUID) -> StoredDelivery | None:
    """The delivery with this GUID, or None."""
    rows = connection.execute(
        """
        SELECT guid, event, action, installation_id, repository, received_at, body, is_compressed, outcome, reason
        FROM deliveries WHERE guid = %s
        """,
        [guid],
    )
    for found, event, action, installation_id, repository, received_at, body, packed, outcome, reason in rows:
        kept = KeptBody(body, packed)
        return StoredDelivery(
            found, event, action, installation_id, repository, received_at, kept, Outcome(outcome), reason
        )
    return None


def recent_payloads(
    connection: Connection, repository: str, events: Sequence[str], since: datetime, limit: int = 200
) -> list[bytes]:
    """The bodies of a repository's deliveries of some events, the newest first: only they tell who did it."""
    rows = connection.execute(
        """
        SELECT body, is_compressed FROM deliveries
        WHERE event = ANY(%s) AND received_at >= %s AND lower(repository) = %s
        ORDER BY received_at DESC LIMIT %s
        """,
        [list(events), since, repository_key(repository), limit],
    )
    return [KeptBody(bytes(content), is_compressed).body for content, is_compressed in rows]


def note_failed(connection: Connection, guid: UUID, reason: str) -> None:
    """What a delivery asked for could not be done after all: the same GUID is accepted again from now on."""
    connection.execute(
        "UPDATE deliveries SET outcome = 'failed', reason = %s WHERE guid = %s", [storable(reason), guid]
    )


def time_received(connection: Connection, guid: UUID) -> datetime | None:
    """When the delivery came, by our clock; None when it is not kept (any more)."""
    row = connection.execute("SELECT received_at FROM deliveries WHERE guid = %s", [guid]).fetchone()
    return None if row is None else row[0]
