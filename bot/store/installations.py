"""Which installation of the App serves which repository, and who the App itself is."""

from __future__ import annotations

from collections.abc import Iterable

from bot.store.database import Connection
from bot.store.text import repository_key, storable

OF_A_REPOSITORY = (
    "pull_requests",
    "merge_groups",
    "holds",
    "reassignments",
    "refused_requests",
    "asked_reviewers",
    "commands",
    "releases",
    "report_comments",
    "sign_offs",
    "overrides",
    "tag_baselines",
    "tag_incidents",
    "deployments",
    "glimpses",
    "repository_sweeps",
    "valid_policies",
    "watched_checks",
    "repository_ids",
)
"""Tables whose rows follow a repository to its new name, and end with it. Deliveries and decisions stay: they say
what was true then."""


def remember_installation(connection: Connection, installation_id: int, repositories: Iterable[str]) -> None:
    """`installation_id` serves these repositories now, whatever did before."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO installations (repository, installation_id) VALUES (%s, %s)
            ON CONFLICT (repository) DO UPDATE
                SET installation_id = excluded.installation_id, suspended = false
                WHERE installations.installation_id <> excluded.installation_id OR installations.suspended
            """,
            [(name, installation_id) for name in sorted({repository_key(name) for name in repositories})],
        )


def forget_repositories(connection: Connection, installation_id: int, repositories: Iterable[str]) -> None:
    """`installation_id` no longer serves these repositories; another installation that does is left alone."""
    keys = [repository_key(name) for name in repositories]
    connection.execute(
        "DELETE FROM installations WHERE installation_id = %s AND repository = ANY(%s)",
        [installation_id, keys],
    )


def suspend_installation(connection: Connection, installation_id: int, *, suspended: bool = True) -> None:
    """The installation was suspended or deleted (True), or came back (False)."""
    connection.execute(
        "UPDATE installations SET suspended = %s WHERE installation_id = %s", [suspended, installation_id]
    )


def suspend_all_installations(connection: Connection, *, except_for: Iterable[int]) -> None:
    """No installation but these serves anything now."""
    connection.execute(
        "UPDATE installations SET suspended = true WHERE NOT suspended AND NOT installation_id = ANY(%s)",
        [list(except_for)],
    )


def installation_of(connection: Connection, repository: str) -> int | None:
    """The installation that serves `repository` now; None when none does or it is suspended."""
    row = connection.execute(
        "SELECT installation_id FROM installations WHERE repository = %s AND NOT suspended",
        [repository_key(repository)],
    ).fetchone()
    return None if row is None else row[0]


def is_known(connection: Connection, repository: str) -> bool:
    """Whether an installation serves `repository` or, now suspended or deleted, did."""
    row = connection.execute(
        "SELECT 1 FROM installations WHERE repository = %s", [repository_key(repository)]
    ).fetchone()
    return row is not None


def served_repositories(connection: Connection, installation_id: int | None = None) -> list[tuple[str, int]]:
    """(repository, installation ID) of all that are served now, or of one installation."""
    return connection.execute(
        """
        SELECT repository, installation_id FROM installations
        WHERE NOT suspended AND (%(id)s::bigint IS NULL OR installation_id = %(id)s) ORDER BY repository
        """,
        {"id": installation_id},
    ).fetchall()


def rest_repository(connection: Connection, repository: str) -> None:
    """The repository was archived: nobody can change it, and all that is known of it waits for its return."""
    key = repository_key(repository)
    connection.execute("DELETE FROM installations WHERE repository = %s", [key])
    connection.execute("UPDATE pull_requests SET is_open = false WHERE repository = %s", [key])


def erase_repository(connection: Connection, repository: str, repository_id: int | None = None) -> bool:
    """The repository was deleted: another one that is made under its name inherits nothing.

    GitHub counts that one's pull requests from 1 again, so a hold on the old number 1 would close the wrong gate.
    With its ID, what another one of that name has is left alone; whether anything was erased.
    """
    key = repository_key(repository)
    row = connection.execute("SELECT repository_id FROM repository_ids WHERE repository = %s", [key]).fetchone()
    if row is not None and repository_id is not None and row[0] != repository_id:
        return False
    for table in ("installations", *OF_A_REPOSITORY):
        # The names are the constants above, never input.
        connection.execute(f"DELETE FROM {table} WHERE repository = %s", [key])  # noqa: S608
    connection.execute("DELETE FROM former_names WHERE current_name = %s", [key])
    return True


def move_repository(connection: Connection, old: str, new: str) -> None:
    """What is known of `old` is of `new` from now on.

    What is known of `new` already (a repository that was made under a name given up) makes way.
    """
    before, after = repository_key(old), repository_key(new)
    if before == after:
        return
    for table in ("installations", *OF_A_REPOSITORY):
        # The names are the constants above, never input.
        if connection.execute(f"SELECT 1 FROM {table} WHERE repository = %s LIMIT 1", [before]).fetchone():  # noqa: S608
            connection.execute(f"DELETE FROM {table} WHERE repository = %s", [after])  # noqa: S608
            connection.execute(f"UPDATE {table} SET repository = %s WHERE repository = %s", [after, before])  # noqa: S608
    connection.execute("DELETE FROM former_names WHERE former_name = %s", [after])
    connection.execute("UPDATE former_names SET current_name = %s WHERE current_name = %s", [after, before])
    connection.execute(
        """
        INSERT INTO former_names (former_name, current_name) VALUES (%s, %s)
        ON CONFLICT (former_name) DO UPDATE SET current_name = excluded.current_name
        """,
        [before, after],
    )


def remember_app(connection: Connection, app_id: int, slug: str) -> None:
    """Who we are, as GitHub said (`GET /app`); an earlier identity is replaced."""
    connection.execute("DELETE FROM github_app WHERE app_id <> %s", [app_id])
    connection.execute(
        """
        INSERT INTO github_app (app_id, slug) VALUES (%s, %s)
        ON CONFLICT (app_id) DO UPDATE SET slug = excluded.slug
        """,
        [app_id, storable(slug)],
    )


def own_app(connection: Connection) -> tuple[int, str] | None:
    """(App ID, slug) of the App itself, or None until GitHub was asked once."""
    return connection.execute("SELECT app_id, slug FROM github_app").fetchone()
