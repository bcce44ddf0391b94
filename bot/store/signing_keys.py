"""The keys that sign release records: one that was made here, and the public half of every one ever used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.store.database import Connection

_LOCK = 7_261_834_903  # beside that of the migrations; any constant will do


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key. `private_key` is None for one that is kept elsewhere: only its public half is remembered."""

    key_id: str
    public_key: str
    private_key: bytes | None = field(repr=False)


def key_kept_here(connection: Connection, made: Callable[[], StoredKey], now: datetime) -> StoredKey:
    """The key of this database; `made` makes it when there is none yet. Two processes at once end with one key."""
    found = _newest(connection)
    if found is None:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        found = _newest(connection)  # somebody may have been quicker
    if found is None:
        found = made()
        _insert(connection, found, now)
    return found


def remember_key(connection: Connection, key: StoredKey, now: datetime) -> None:
    """Publish a key that is kept elsewhere from now on; nothing happens when it is known."""
    _insert(connection, key, now)


def public_keys(connection: Connection) -> tuple[tuple[str, str], ...]:
    """(ID, PEM text) of every key that was ever used, the newest first."""
    rows = connection.execute("SELECT key_id, public_key FROM signing_keys ORDER BY made_at DESC, key_id")
    return tuple((key_id, public_key) for key_id, public_key in rows)


def _newest(connection: Connection) -> StoredKey | None:
    row = connection.execute(
        """
        SELECT key_id, public_key, private_key FROM signing_keys
        WHERE length(private_key) > 0 ORDER BY made_at DESC, key_id LIMIT 1
        """
    ).fetchone()
    return None if row is None else StoredKey(row[0], row[1], row[2])


def _insert(connection: Connection, key: StoredKey, now: datetime) -> None:
    connection.execute(
        """
        INSERT INTO signing_keys (key_id, private_key, public_key, made_at) VALUES (%s, %s, %s, %s)
        ON CONFLICT (key_id) DO NOTHING
        """,
        [key.key_id, key.private_key or b"", key.public_key, now],
    )
