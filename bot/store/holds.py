"""What people told the gate of one pull request, and what GitHub refused: holds, reassignments, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.core.model import Hold, Reassignment
from bot.store.database import Connection
from bot.store.text import repository_key, storable


def place_hold(connection: Connection, repository: str, number: int, hold: Hold, now: datetime) -> None:
    """Keep a hold; a second one by the same person replaces the reason of the first."""
    connection.execute(
        """
        INSERT INTO holds (repository, number, holder, reason, held_at) VALUES (%s, %s, lower(%s), %s, %s)
        ON CONFLICT (repository, number, holder) DO UPDATE SET reason = excluded.reason
        """,
        [repository_key(repository), number, storable(hold.holder), storable(hold.reason), now],
    )


def lift_holds(connection: Connection, repository: str, number: int, holder: str | None = None) -> bool:
    """Lift the hold of one person, or every hold (None); whether there was one."""
    lifted = connection.execute(
        """
        DELETE FROM holds WHERE repository = %(repository)s AND number = %(number)s
            AND (%(holder)s::text IS NULL OR holder = lower(%(holder)s))
        """,
        {
            "repository": repository_key(repository),
            "number": number,
            "holder": None if holder is None else storable(holder),
        },
    )
    return lifted.rowcount > 0


def holds_on(connection: Connection, repository: str, number: int) -> tuple[Hold, ...]:
    """The holds on a pull request, oldest first. Logins are in lower case."""
    rows = connection.execute(
        "SELECT holder, reason FROM holds WHERE repository = %s AND number = %s ORDER BY held_at, holder",
        [repository_key(repository), number],
    )
    return tuple(Hold(*row) for row in rows)


def reassign(connection: Connection, repository: str, number: int, change: Reassignment, now: datetime) -> None:
    """Keep a reassignment; a later one of the same person replaces it."""
    connection.execute(
        """
        INSERT INTO reassignments (repository, number, old_login, new_login, by_login, reassigned_at)
        VALUES (%s, %s, lower(%s), lower(%s), %s, %s)
        ON CONFLICT (repository, number, old_login)
        DO UPDATE SET new_login = excluded.new_login, by_login = excluded.by_login,
                      reassigned_at = excluded.reassigned_at
        """,
        [
            repository_key(repository),
            number,
            storable(change.old),
            storable(change.new),
            storable(change.by),
            now,
        ],
    )


def reassignments_on(connection: Connection, repository: str, number: int) -> tuple[Reassignment, ...]:
    """The reassignments on a pull request, oldest first. Logins are in lower case."""
    rows = connection.execute(
        """
        SELECT old_login, new_login, by_login FROM reassignments
        WHERE repository = %s AND number = %s ORDER BY reassigned_at, id
        """,
        [repository_key(repository), number],
    )
    return tuple(Reassignment(*row) for row in rows)


def note_refusals(
    connection: Connection, repository: str, number: int, head_sha: str, refused: Mapping[str, str]
) -> None:
    """Keep which logins GitHub refused to ask for a review at this head SHA, and its reason for each."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO refused_requests (repository, number, head_sha, login, reason)
            VALUES (%s, %s, %s, lower(%s), %s)
            ON CONFLICT (repository, number, head_sha, login) DO UPDATE
                SET reason = excluded.reason, refused_at = excluded.refused_at
            """,
            [
                (repository_key(repository), number, storable(head_sha), storable(login), storable(reason))
                for login, reason in sorted(refused.items())
            ],
        )


def forget_refusals(
    connection: Connection, repository: str, number: int, logins: Iterable[str] | None = None
) -> None:
    """Ask again whom GitHub refused: these logins, or all (`/gate recheck`)."""
    connection.execute(
        """
        DELETE FROM refused_requests WHERE repository = %(repository)s AND number = %(number)s
            AND (%(logins)s::text[] IS NULL OR login = ANY(%(logins)s))
        """,
        {
            "repository": repository_key(repository),
            "number": number,
            "logins": None if logins is None else [storable(login).lower() for login in logins],
        },
    )


def forget_refusals_in(connection: Connection, repository: str) -> None:
    """Ask again whom GitHub refused anywhere in a repository: somebody got access to it."""
    connection.execute("DELETE FROM refused_requests WHERE repository = %s", [repository_key(repository)])


def refusals_at(connection: Connection, repository: str, number: int, head_sha: str) -> dict[str, str]:
    """GitHub's reasons by login (lower case) for what it refused at this head SHA within the last hour."""
    rows = connection.execute(
        """
        SELECT login, reason FROM refused_requests
        WHERE repository = %s AND number = %s AND head_sha = %s AND refused_at > now() - interval '1 hour'
        """,
        [repository_key(repository), number, storable(head_sha)],
    )
    return dict(rows.fetchall())


def refusals_in(connection: Connection, repository: str) -> dict[tuple[int, str], list[str]]:
    """Whom GitHub refused to ask within the last hour, by number and head SHA; in lower case, in order."""
    rows = connection.execute(
        """
        SELECT number, head_sha, array_agg(login) FROM refused_requests
        WHERE repository = %s AND refused_at > now() - interval '1 hour' GROUP BY number, head_sha
        """,
        [repository_key(repository)],
    )
    return {(number, head_sha): sorted(logins) for number, head_sha, logins in rows}


def note_asked(connection: Connection, repository: str, number: int, logins: Iterable[str]) -> None:
    """Keep whom somebody has asked for a review of this pull request."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO asked_reviewers (repository, number, login) VALUES (%s, %s, lower(%s))
            ON CONFLICT DO NOTHING
            """,
            [(repository_key(repository), number, storable(login)) for login in sorted(logins)],
        )


def asked_reviewers_of(connection: Connection, repository: str, number: int) -> tuple[str, ...]:
    """Who was ever asked for a review of this pull request, in lower case and in order."""
    rows = connection.execute(
        "SELECT login FROM asked_reviewers WHERE repository = %s AND number = %s ORDER BY login",
        [repository_key(repository), number],
    )
    return tuple(row[0] for row in rows)
