"""Deliveries that GitHub could not hand over: found in its list, asked for, and counted. When: `redelivery`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bot.store.database import Connection
from bot.store.queue import Job
from bot.store.text import storable

RECOVER = "recover_deliveries"
RECOVERY_JOB = Job(RECOVER, RECOVER, {}, priority=-4)
"""Look through GitHub's list of deliveries, and ask again for what never arrived."""

LONGEST_KEPT = timedelta(days=8)
"""GitHub keeps deliveries for 3 days, GitHub Enterprise Server for 7: older ones can't be asked for."""


@dataclass(frozen=True, slots=True)
class Missed:
    """One event that may not have arrived. `urgency`: lower numbers are asked for first.

    `succeeded`: GitHub got a good answer for it, so that it is missed only if we gave it up ourselves, or if the
    database has lost it since.
    """

    guid: UUID
    delivery_id: int
    event: str
    action: str | None
    installation_id: int | None
    repository_id: int | None
    delivered_at: datetime
    urgency: int
    succeeded: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """How far GitHub's list was looked through, by GitHub's times.

    `seen_until`: nothing older needs another look. `next_page`: where a look that was cut short goes on; it
    leaves `next_seen_until` at its end.
    """

    seen_until: datetime
    next_page: str | None = None
    next_seen_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MissedSummary:
    """How many events never arrived by themselves, of the last days.

    `waiting` are still to be asked for, since `oldest_waiting` seconds. `arrived` came when they were asked for,
    `lost` did not within five minutes of the last time, and `refused` GitHub would not deliver again.
    """

    waiting: int
    asked: int
    arrived: int
    lost: int
    refused: int
    oldest_waiting: float


@dataclass(frozen=True, slots=True)
class NotArrived:
    """An event that was asked for in vain. `state`: 'lost' or 'refused'; `delivered_at`: GitHub's attempt."""

    guid: UUID
    event: str
    action: str | None
    delivered_at: datetime
    state: str
    reason: str


def read_watch(connection: Connection) -> Watch:
    """Where the last look ended. Before the first one: where our own memory begins.

    What GitHub could not deliver before this database was made was meant for nobody.
    """
    row = connection.execute(
        """
        SELECT coalesce(seen_until, (SELECT min(applied_at) FROM schema_migrations)), cursor, next_seen_until
        FROM (VALUES (1)) AS always LEFT JOIN delivery_watch ON true
        """
    ).fetchone()
    if row is None:
        raise AssertionError("a SELECT from one row gives one")
    return Watch(*row)


def keep_watch(connection: Connection, watch: Watch) -> None:
    """How far the look has come."""
    connection.execute(
        """
        INSERT INTO delivery_watch (seen_until, cursor, next_seen_until) VALUES (%s, %s, %s)
        ON CONFLICT (only_row) DO UPDATE SET seen_until = excluded.seen_until, cursor = excluded.cursor,
            next_seen_until = excluded.next_seen_until
        """,
        [watch.seen_until, watch.next_page, watch.next_seen_until],
    )


def oldest_in_doubt(connection: Connection, now: datetime) -> datetime | None:
    """When the oldest event came that only GitHub's list can clear up.

    One that was given up here, and is to be asked for; or one of which a crash left open whether it was asked for.
    """
    row = connection.execute(
        """
        SELECT least(
            (SELECT min(delivered_at) FROM missed_deliveries WHERE state = 'asking'),
            (SELECT min(received_at) FROM deliveries WHERE outcome = 'failed'
                AND received_at > %s AND NOT EXISTS
                    (SELECT FROM missed_deliveries WHERE missed_deliveries.guid = deliveries.guid)))
        """,
        [now - LONGEST_KEPT],
    ).fetchone()
    return None if row is None else row[0]


def keep_missed(connection: Connection, found: Sequence[Missed]) -> list[tuple[int | None, int | None]]:
    """Keep those of `found` that did not arrive and are not kept yet; (installation, repository ID) of each.

    What our own store holds has arrived, unless it was given up. What GitHub delivered since this database was
    made and the store does not hold was lost by the store: a backup was restored.
    """
    if not found:
        return []
    return connection.execute(
        """
        INSERT INTO missed_deliveries
            (guid, delivery_id, event, action, installation_id, repository_id, delivered_at, urgency, failed_at)
        SELECT guid, delivery_id, event, action, installation_id, repository_id, delivered_at, urgency,
            CASE WHEN NOT succeeded THEN delivered_at END
        FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
                    %s::timestamptz[], %s::smallint[], %s::boolean[])
            AS listed (guid, delivery_id, event, action, installation_id, repository_id, delivered_at, urgency,
                       succeeded)
        LEFT JOIN (SELECT guid, outcome FROM deliveries) AS stored USING (guid)
        WHERE stored.outcome = 'failed' OR (stored.outcome IS NULL
            AND (NOT succeeded OR delivered_at > (SELECT min(applied_at) FROM schema_migrations)))
        ORDER BY guid
        ON CONFLICT (guid) DO NOTHING
        RETURNING installation_id, repository_id
        """,
        [
            [one.guid for one in found],
            [one.delivery_id for one in found],
            [storable(one.event) for one in found],
            [None if one.action is None else storable(one.action) for one in found],
            [one.installation_id for one in found],
            [one.repository_id for one in found],
            [one.delivered_at for one in found],
            [one.urgency for one in found],
            [one.succeeded for one in found],
        ],
    ).fetchall()


def note_arrived(connection: Connection, now: datetime) -> None:
    """What has arrived meanwhile, because somebody else asked for it, need not be asked for."""
    connection.execute(
        """
        UPDATE missed_deliveries SET state = 'asked', asked_at = coalesce(asked_at, %s)
        WHERE state IN ('found', 'asking') AND EXISTS
            (SELECT FROM deliveries WHERE deliveries.guid = missed_deliveries.guid AND outcome <> 'failed')
        """,
        [now],
    )


def note_unlisted(connection: Connection, received_before: datetime, now: datetime) -> None:
    """What was given up here and is not in the whole list can't be asked for, and is not looked for again."""
    connection.execute(
        """
        INSERT INTO missed_deliveries
            (guid, delivery_id, event, action, installation_id, delivered_at, urgency, state, asked_at, reason)
        SELECT guid, 0, event, action, installation_id, received_at, 0, 'refused', %s, 'not in the list of GitHub'
        FROM deliveries WHERE outcome = 'failed' AND received_at < %s AND received_at > %s
        ON CONFLICT (guid) DO NOTHING
        """,
        [now, received_before, now - LONGEST_KEPT],
    )


def forget_old(connection: Connection, now: datetime) -> None:
    """GitHub keeps nothing that old, and so lists none of it again."""
    connection.execute("DELETE FROM missed_deliveries WHERE delivered_at < %s", [now - LONGEST_KEPT])


def repositories_by_id(connection: Connection, repository_ids: Iterable[int]) -> dict[int, tuple[str, int]]:
    """(repository, installation ID) of those with these IDs that are served now, by ID."""
    rows = connection.execute(
        """
        SELECT repository_id, repository, installation_id FROM installations JOIN repository_ids USING (repository)
        WHERE repository_id = ANY(%s) AND NOT suspended
        """,
        [list(repository_ids)],
    )
    return {number: (repository, installation_id) for number, repository, installation_id in rows}


def events_not_arrived(connection: Connection, hours: int | None = None) -> list[NotArrived]:
    """What was asked for in vain, the newest first: GitHub refused it, or it did not come within five minutes.

    `hours`: only what was asked for in the last so many.
    """
    rows = connection.execute(
        """
        SELECT guid, event, action, delivered_at, CASE state WHEN 'refused' THEN 'refused' ELSE 'lost' END, reason
        FROM missed_deliveries
        LEFT JOIN (SELECT guid FROM deliveries WHERE outcome <> 'failed') AS stored USING (guid)
        WHERE (state = 'refused' OR (state = 'asked' AND stored.guid IS NULL
                AND asked_at < now() - interval '5 minutes'))
            AND (%(hours)s::integer IS NULL OR asked_at > now() - %(hours)s * interval '1 hour')
        ORDER BY delivered_at DESC, guid
        """,
        {"hours": hours},
    )
    return [NotArrived(*row) for row in rows]


def missed_summary(connection: Connection) -> MissedSummary:
    """For the doctor and the metrics."""
    row = connection.execute(
        """
        SELECT count(*) FILTER (WHERE state IN ('found', 'asking')),
               count(*) FILTER (WHERE state = 'asked'),
               count(*) FILTER (WHERE state = 'asked' AND stored.guid IS NOT NULL),
               count(*) FILTER (WHERE state = 'asked' AND stored.guid IS NULL
                   AND asked_at < now() - interval '5 minutes'),
               count(*) FILTER (WHERE state = 'refused'),
               coalesce(extract(epoch FROM now() - min(delivered_at)
                   FILTER (WHERE state IN ('found', 'asking'))), 0)::float
        FROM missed_deliveries
        LEFT JOIN (SELECT guid FROM deliveries WHERE outcome <> 'failed') AS stored USING (guid)
        """
    ).fetchone()
    if row is None:
        raise AssertionError("a SELECT without GROUP BY gives one row")
    return MissedSummary(*row)
