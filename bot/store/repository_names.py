"""Names and GitHub's IDs of repositories brought into agreement: what belongs to an ID follows it to its name.

Events tell of a new name, but events are lost and come late. GitHub's list of an installation's repositories is
what counts; only by it is anything moved or erased because two IDs claim one name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.store.database import Connection
from bot.store.installations import erase_repository, move_repository, remember_installation
from bot.store.text import repository_key

_LOCK = 7_261_834_905


@dataclass(frozen=True, slots=True)
class ListedRepository:
    """A repository as GitHub lists it: its ID, which is never given again, and its name of today."""

    repository_id: int
    repository: str


def serve_exactly(
    connection: Connection, installation_id: int, listed: Sequence[ListedRepository]
) -> frozenset[str]:
    """`installation_id` serves the `listed` repositories now, and no others; those that it did not serve before.

    What is known of an ID under an older name moves to the new one. What is known under a name whose ID is another
    one now is erased: that repository is gone, or it is listed under its own new name and has moved there.
    """
    names = {one.repository_id: repository_key(one.repository) for one in listed}
    # Two lists at once could each move what the other has moved.
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    before = _served_by(connection, installation_id)
    moved = _take_away(connection, names)
    for repository_id, name in _known(connection, list(names.values())):
        if names.get(repository_id) != name:
            erase_repository(connection, name)
    for repository_id in moved:
        move_repository(connection, _nowhere(repository_id), names[repository_id])
        connection.execute("DELETE FROM former_names WHERE former_name = %s", [_nowhere(repository_id)])
    learn_ids(connection, listed)
    remember_installation(connection, installation_id, names.values())
    connection.execute(
        "DELETE FROM installations WHERE installation_id = %s AND NOT repository = ANY(%s)",
        [installation_id, list(names.values())],
    )
    return frozenset(name for name, _ in _served_by(connection, installation_id) - before)


def learn_ids(connection: Connection, repositories: Sequence[ListedRepository]) -> bool:
    """Remember IDs that events told; whether they agree with what is known, which stays as it is.

    If not, an event was lost or came late, and only GitHub's list can tell: see `serve_exactly`.
    """
    told = sorted((repository_key(one.repository), one.repository_id) for one in repositories)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO repository_ids (repository, repository_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", told
        )
    return set(told) <= {(name, number) for number, name in _known(connection, [name for name, _ in told])}


def served_as(connection: Connection, repository: str) -> tuple[str, int] | None:
    """Name of today of what is or was called `repository`, and the installation that serves it; None: nobody."""
    return connection.execute(
        """
        SELECT repository, installation_id FROM installations
        WHERE NOT suspended AND repository = coalesce(
            (SELECT repository FROM installations WHERE repository = %(name)s),
            (SELECT current_name FROM former_names WHERE former_name = %(name)s))
        """,
        {"name": repository_key(repository)},
    ).fetchone()


def _served_by(connection: Connection, installation_id: int) -> set[tuple[str, int]]:
    """Names and IDs: another repository under a name is another one."""
    rows = connection.execute(
        """
        SELECT repository, repository_id FROM installations JOIN repository_ids USING (repository)
        WHERE installation_id = %s AND NOT suspended
        """,
        [installation_id],
    )
    return set(rows.fetchall())


def _take_away(connection: Connection, names: dict[int, str]) -> list[int]:
    """Move what is under an older name to where no repository can be: two may have swapped their names."""
    rows = connection.execute(
        "SELECT repository_id, repository FROM repository_ids WHERE repository_id = ANY(%s)", [list(names)]
    ).fetchall()
    moved = sorted((number, before) for number, before in rows if before != names[number])
    for number, before in moved:
        move_repository(connection, before, _nowhere(number))
    return [number for number, _ in moved]


def _nowhere(repository_id: int) -> str:
    """A name without an owner, which GitHub gives to no repository."""
    return f"#{repository_id}"


def _known(connection: Connection, names: Sequence[str]) -> list[tuple[int, str]]:
    return connection.execute(
        "SELECT repository_id, repository FROM repository_ids WHERE repository = ANY(%s)", [list(names)]
    ).fetchall()
