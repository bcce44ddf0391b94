"""The last valid policy of each repository by its default branch: what must outlast a broken file goes by it."""

from __future__ import annotations

from bot.core.policy import InvalidPolicy, LoadedPolicy, load_policy
from bot.store.database import Connection
from bot.store.text import repository_key, storable


def keep_valid_policy(connection: Connection, repository: str, loaded: LoadedPolicy) -> None:
    """This one is in force, and valid."""
    connection.execute(
        """
        INSERT INTO valid_policies AS kept (repository, source, digest, content) VALUES (%s, %s, %s, %s)
        ON CONFLICT (repository) DO UPDATE
            SET source = excluded.source, digest = excluded.digest, content = excluded.content
            WHERE (kept.source, kept.digest) <> (excluded.source, excluded.digest)
        """,
        [repository_key(repository), storable(loaded.source), loaded.digest, loaded.content],
    )


def last_valid_policy(connection: Connection, repository: str) -> LoadedPolicy | None:
    """The one that was kept last; None when there never was one, or this version no longer takes it for valid."""
    row = connection.execute(
        "SELECT content, source FROM valid_policies WHERE repository = %s", [repository_key(repository)]
    ).fetchone()
    if row is None:
        return None
    try:
        return load_policy(bytes(row[0]), row[1])
    except InvalidPolicy:
        return None
