"""Overrides of required checks: asked for by one person, confirmed by another, until they expire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.model import Override
from bot.store.database import Connection
from bot.store.text import repository_key, storable


class Asking(StrEnum):
    """What became of asking for an override."""

    ASKED = "asked"
    """It waits for a second person now."""
    CONFIRMED = "confirmed"
    """This was the second person: it counts from now on."""
    REPEATED = "repeated"
    """The same person asked before: it waits as it did."""
    STANDS = "stands"
    """Two others have confirmed it already, and it has not expired."""


def ask_or_confirm(
    connection: Connection,
    repository: str,
    *,
    track: str,
    commit_sha: str,
    login: str,
    reason: str,
    now: datetime,
    lasts: timedelta,
) -> tuple[Asking, Override]:
    """Keep that `login` wants this check overridden on this commit; the override as it stands after that.

    Rights are the caller's to judge. The first person's reason is kept. A request waits as long as a confirmed
    override lasts; what expired is as if it had never been. Of two people at once one asks and the other confirms.
    """
    key = repository_key(repository)
    asked = Override(track, commit_sha, storable(login).lower(), storable(reason), None, now + lasts)
    inserted = connection.execute(
        """
        INSERT INTO overrides AS known (repository, track, commit_sha, by_login, reason, asked_at, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (repository, commit_sha, track) DO UPDATE
            SET by_login = excluded.by_login, reason = excluded.reason, asked_at = excluded.asked_at,
                expires_at = excluded.expires_at, confirmed_by = NULL, confirmed_at = NULL
            WHERE known.expires_at <= excluded.asked_at
        """,
        [key, track, commit_sha, asked.by, asked.reason, now, asked.expires_at],
    )
    if inserted.rowcount == 1:
        return Asking.ASKED, asked
    confirmed = connection.execute(
        """
        UPDATE overrides SET confirmed_by = %s, confirmed_at = %s, expires_at = %s
        WHERE repository = %s AND track = %s AND commit_sha = %s AND confirmed_by IS NULL AND by_login <> %s
        """,
        [asked.by, now, asked.expires_at, key, track, commit_sha, asked.by],
    )
    (standing,) = (one for one in overrides_at(connection, key, [commit_sha]) if one.track == track)
    if confirmed.rowcount == 1:
        return Asking.CONFIRMED, standing
    return (Asking.REPEATED if standing.confirmed_by is None else Asking.STANDS), standing


def overrides_at(connection: Connection, repository: str, commit_shas: Iterable[str]) -> tuple[Override, ...]:
    """The overrides for these commits, asked or confirmed, expired ones too; by commit and track."""
    rows = connection.execute(
        """
        SELECT track, commit_sha, by_login, reason, confirmed_by, expires_at FROM overrides
        WHERE repository = %s AND commit_sha = ANY(%s) ORDER BY commit_sha, track
        """,
        [repository_key(repository), list(commit_shas)],
    )
    return tuple(Override(*row) for row in rows)


def standing_overrides(connection: Connection, repository: str, now: datetime) -> tuple[Override, ...]:
    """All of a repository that two people have confirmed and that have not expired; by commit and track."""
    rows = connection.execute(
        """
        SELECT track, commit_sha, by_login, reason, confirmed_by, expires_at FROM overrides
        WHERE repository = %s AND confirmed_by IS NOT NULL AND expires_at > %s ORDER BY commit_sha, track
        """,
        [repository_key(repository), now],
    )
    return tuple(Override(*row) for row in rows)
