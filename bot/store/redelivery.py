"""When GitHub is asked for a missed delivery: not while nothing gets through, and not for ever.

The webhook works when the newest attempt that GitHub lists, of whatever event, is a success. Then each missed
event is asked for; while it does not work, only a probe is, now and then. A state of `missed_deliveries` leads
from `found` to `asking` and `asked`, and back to `found` when GitHub lists that this attempt failed, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bot.store.database import Connection
from bot.store.text import storable

MOST_ASKED = 3
"""Times for each event while the webhook works: what fails then fails for a reason of its own."""
REST = timedelta(minutes=5)
"""Between two times for one event."""
QUICK_PROBES = 4
"""So many with each look, as when all starts at once and the web process needs some seconds; then fewer."""
BETWEEN_PROBES = timedelta(minutes=4)
"""Somewhat less than the five minutes between two looks."""
Attempt = tuple[UUID, datetime]
"""A GUID, and when GitHub made the attempt."""

_NEVER_ASKED = """
    UPDATE missed_deliveries
    SET state = 'found', asked_at = NULL, asked_times = asked_times - (NOT is_probe)::integer
"""
_READY = """
    state = 'found' AND (SELECT newest_success > coalesce(newest_failure, '-infinity') FROM delivery_watch)
        AND (asked_at IS NULL OR is_probe OR asked_at <= %(rested)s)
"""


@dataclass(frozen=True, slots=True)
class Attempts:
    """What a part of GitHub's list tells, by GitHub's clock.

    `failed` and `newest_failure` have only what is settled, `failed` no event that a later attempt delivered.
    `redelivered`: all attempts but the first, whatever came of them.
    """

    failed: Sequence[Attempt]
    redelivered: Sequence[Attempt]
    newest_success: datetime | None
    newest_failure: datetime | None


def note_attempts(connection: Connection, listed: Attempts) -> None:
    """Learn whether the webhook works, and what became of what was asked for.

    What failed again is to be asked for once more, if that was not the last time. Where a crash left open whether
    it was asked for, a redelivery that is newer than what was known settles it.
    """
    failed, redelivered = _newest(listed.failed), _newest(listed.redelivered)
    connection.execute(
        """
        UPDATE missed_deliveries SET failed_at = listed.at,
            state = CASE WHEN state NOT IN ('asking', 'asked') THEN state
                         WHEN asked_times < %s THEN 'found' ELSE 'asked' END
        FROM unnest(%s::uuid[], %s::timestamptz[]) AS listed (guid, at)
        WHERE missed_deliveries.guid = listed.guid AND coalesce(failed_at, delivered_at) < listed.at
        """,
        [MOST_ASKED, list(failed), list(failed.values())],
    )
    connection.execute(
        """
        UPDATE missed_deliveries SET state = 'asked'
        FROM unnest(%s::uuid[], %s::timestamptz[]) AS listed (guid, at)
        WHERE state = 'asking' AND missed_deliveries.guid = listed.guid
            AND coalesce(failed_at, delivered_at) < listed.at
        """,
        [list(redelivered), list(redelivered.values())],
    )
    connection.execute(
        """
        UPDATE delivery_watch SET newest_success = greatest(newest_success, %(success)s),
            newest_failure = greatest(newest_failure, %(failure)s),
            probes = CASE WHEN greatest(newest_success, %(success)s)
                > coalesce(greatest(newest_failure, %(failure)s), '-infinity') THEN 0 ELSE probes END
        """,
        {"success": listed.newest_success, "failure": listed.newest_failure},
    )


def release_doubtful(connection: Connection, asked_before: datetime) -> None:
    """Of these GitHub's list knows no other attempt: they were never asked for, and are to be."""
    connection.execute(f"{_NEVER_ASKED} WHERE state = 'asking' AND asked_at < %s", [asked_before])


def next_missed(connection: Connection, now: datetime) -> tuple[UUID, int] | None:
    """The GUID and ID of the one to ask for next, marked as being asked for; None: none is ready."""
    return connection.execute(
        f"""
        UPDATE missed_deliveries
        SET state = 'asking', asked_at = %(now)s, asked_times = asked_times + 1, is_probe = false
        WHERE guid = (SELECT guid FROM missed_deliveries WHERE {_READY} ORDER BY urgency, delivered_at LIMIT 1)
        RETURNING guid, delivery_id
        """,  # noqa: S608 - a constant of this module
        {"now": now, "rested": now - REST},
    ).fetchone()


def next_probe(connection: Connection, now: datetime) -> tuple[UUID, int] | None:
    """The least urgent one, while nothing gets through, marked as being asked for; None: no time for one."""
    found = connection.execute(
        """
        UPDATE missed_deliveries SET state = 'asking', asked_at = %(now)s, is_probe = true WHERE guid = (
            SELECT guid FROM missed_deliveries CROSS JOIN delivery_watch
            WHERE state = 'found' AND (asked_at IS NULL OR asked_at <= %(rested)s)
                AND coalesce(newest_success <= newest_failure, newest_success IS NULL)
                AND (probes < %(quick)s OR probed_at <= %(probed_before)s)
            ORDER BY urgency DESC, asked_at NULLS FIRST, delivered_at LIMIT 1)
        RETURNING guid, delivery_id
        """,
        {"now": now, "rested": now - REST, "quick": QUICK_PROBES, "probed_before": now - BETWEEN_PROBES},
    ).fetchone()
    if found is not None:
        connection.execute("UPDATE delivery_watch SET probes = probes + 1, probed_at = %s", [now])
    return found


def note_asked_for(connection: Connection, guid: UUID) -> None:
    """GitHub will deliver it again."""
    connection.execute("UPDATE missed_deliveries SET state = 'asked' WHERE guid = %s", [guid])


def note_not_asked(connection: Connection, guid: UUID) -> None:
    """Nothing was asked, for certain: it is still to be."""
    connection.execute(f"{_NEVER_ASKED} WHERE guid = %s", [guid])


def note_refused(connection: Connection, guid: UUID, reason: str) -> None:
    """GitHub will not deliver it again."""
    connection.execute(
        "UPDATE missed_deliveries SET state = 'refused', reason = %s WHERE guid = %s", [storable(reason), guid]
    )


def is_any_ready(connection: Connection, now: datetime) -> bool:
    """Whether there are more to ask for now."""
    found = connection.execute(
        f"SELECT 1 FROM missed_deliveries WHERE {_READY} LIMIT 1",  # noqa: S608 - a constant of this module
        {"rested": now - REST},
    ).fetchone()
    return found is not None


def is_any_waiting(connection: Connection) -> bool:
    """Whether there are more to ask for, now or once the webhook works again."""
    return (
        connection.execute("SELECT 1 FROM missed_deliveries WHERE state = 'found' LIMIT 1").fetchone() is not None
    )


def _newest(attempts: Sequence[Attempt]) -> dict[UUID, datetime]:
    """The newest of each GUID."""
    return dict(sorted(attempts, key=lambda attempt: attempt[1]))
