"""Sign-offs: which statement who confirmed for which commit, by which comment, and what ended it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.core.release_model import SignOff
from bot.store.database import Connection
from bot.store.text import repository_key, storable

COMMENT_DELETED = "the comment that said so was deleted"

KEPT_IN_SIGHT = 3
"""Standing confirmations of one person for one statement that are looked at, the newest first.

More than one, since an armed release of an older commit keeps its own when that person confirms a newer commit.
Each may cost a comparison on GitHub.
"""


def give(
    connection: Connection, repository: str, sign_off: SignOff, *, comment_id: int, comment_node_id: str
) -> None:
    """Keep a sign-off. Earlier ones of that person and statement stand beside it."""
    connection.execute(
        """
        INSERT INTO sign_offs (repository, statement, login, commit_sha, comment_id, comment_node_id, given_at)
        VALUES (%s, %s, lower(%s), %s, %s, %s, %s)
        """,
        [
            repository_key(repository),
            sign_off.statement,
            storable(sign_off.login),
            sign_off.commit_sha,
            comment_id,
            storable(comment_node_id),
            sign_off.given_at,
        ],
    )


def revoke(
    connection: Connection,
    repository: str,
    login: str,
    statements: Iterable[str],
    now: datetime,
    reason: str = "it was revoked",
) -> tuple[str, ...]:
    """End all that this person confirmed of these statements; those of which there was something to end."""
    rows = connection.execute(
        """
        UPDATE sign_offs SET ended_at = %s, ended_reason = %s
        WHERE repository = %s AND login = lower(%s) AND statement = ANY(%s) AND ended_at IS NULL
        RETURNING statement
        """,
        [now, storable(reason), repository_key(repository), storable(login), list(statements)],
    )
    return tuple(sorted({row[0] for row in rows}))


def end_by_comment(
    connection: Connection,
    repository: str,
    comment_id: int,
    now: datetime,
    reason: str = COMMENT_DELETED,
) -> tuple[str, ...]:
    """End the sign-offs that one comment gave; their statements, none when it gave none that still stood."""
    rows = connection.execute(
        """
        UPDATE sign_offs SET ended_at = %s, ended_reason = %s
        WHERE repository = %s AND comment_id = %s AND ended_at IS NULL RETURNING statement
        """,
        [now, storable(reason), repository_key(repository), comment_id],
    )
    return tuple(sorted({row[0] for row in rows}))


def sign_offs_of(connection: Connection, repository: str) -> tuple[SignOff, ...]:
    """For each statement and person the newest sign-offs that stand; if none does, the newest that ended.

    By statement and login, the newest first. At most `KEPT_IN_SIGHT` of each. Logins are in lower case.
    """
    rows = connection.execute(
        """
        SELECT statement, login, commit_sha, given_at, ended_reason FROM (
            SELECT *, row_number() OVER (
                PARTITION BY statement, login ORDER BY ended_at IS NOT NULL, given_at DESC, id DESC
            ) AS place FROM sign_offs WHERE repository = %s
        ) AS placed
        WHERE place = 1 OR (place <= %s AND ended_at IS NULL)
        ORDER BY statement, login, place
        """,
        [repository_key(repository), KEPT_IN_SIGHT],
    )
    return tuple(SignOff(*row) for row in rows)


def comments_of_sign_offs(connection: Connection, repository: str) -> dict[str, int]:
    """The comments that gave what still stands: node ID → comment ID. One that is gone on GitHub ends it."""
    rows = connection.execute(
        "SELECT DISTINCT comment_node_id, comment_id FROM sign_offs WHERE repository = %s AND ended_at IS NULL",
        [repository_key(repository)],
    )
    return dict(rows.fetchall())
