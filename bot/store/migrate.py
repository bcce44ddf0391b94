"""Schema changes: our numbered SQL files and Procrastinate's own schema, each applied once.

One advisory lock, one transaction for each file: safe to run twice, and by two processes at once. A file that
was applied is never edited; a change is a new file.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import LiteralString

import psycopg
from procrastinate.schema import SchemaManager

from bot.store.database import Connection
from bot.store.outages import CONNECT_SECONDS, reason_of, why_read_only

# Any constant will do, as long as all versions of Trackgate use the same.
_LOCK = 7_261_834_902
# Our first migration was written beside this schema of Procrastinate; its later migrations come on top.
_TABLE = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        name       text PRIMARY KEY,
        applied_at timestamptz NOT NULL DEFAULT now()
    )"""


class SchemaTooNewError(Exception):
    """The database was migrated by a later version of Trackgate than this one."""


@dataclass(frozen=True)
class _Step:
    name: str
    sql: LiteralString


def migrate(url: str) -> tuple[str, ...]:
    """Bring the database at `url` to this version's schema; the names of what was applied now, in order.

    Raises psycopg.Error when the database refuses and SchemaTooNewError when it is ahead of this program.
    """
    with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        connection.execute(_TABLE)
        applied = {row[0] for row in connection.execute("SELECT name FROM schema_migrations")}
        own = _own_steps()
        newer = {name for name in applied if name.endswith(".sql") and "/" not in name} - {s.name for s in own}
        if newer:
            raise SchemaTooNewError(f"the database knows {max(newer)}, which this version of Trackgate does not")
        steps = [step for step in (*_queue_steps(connection, applied), *own) if step.name not in applied]
        for step in steps:
            with connection.transaction():
                if step.sql:
                    connection.execute(step.sql)
                connection.execute("INSERT INTO schema_migrations (name) VALUES (%s)", [step.name])
    return tuple(step.name for step in steps if step.sql)


def pending(connection: Connection) -> tuple[str, ...]:
    """The names of our own migrations that the database still lacks; all of them when it is empty."""
    names = [step.name for step in _own_steps()]
    row = connection.execute("SELECT to_regclass('schema_migrations') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return tuple(names)
    applied = {row[0] for row in connection.execute("SELECT name FROM schema_migrations")}
    return tuple(name for name in names if name not in applied)


def why_unusable(url: str) -> str | None:
    """Try to connect; why the database cannot be worked with, as words that follow "the database", or None."""
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
            missing, read_only = pending(connection), why_read_only(connection)
    except psycopg.Error as error:
        return reason_of(error)
    return f"lacks {missing[0]}: run `trackgate migrate`" if missing else read_only


def _own_steps() -> list[_Step]:
    return [_Step(file.name, _read(file)) for file in _sql_files("bot.store", "migrations")]


def _queue_steps(connection: Connection, applied: set[str]) -> list[_Step]:
    """Procrastinate's schema on an empty database; on one that has it, the migrations that are new since.

    Its `schema.sql` is always the newest whole, so a fresh database notes all its migrations as done.
    """
    migrations = [
        _Step(f"procrastinate/{file.name}", _read(file))
        for file in _sql_files("procrastinate", "sql", "migrations")
    ]
    row = connection.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL").fetchone()
    if row is not None and row[0]:
        return [step for step in migrations if step.name not in applied]
    whole = _Step("procrastinate/schema.sql", SchemaManager.get_schema())
    return [whole, *(_Step(step.name, "") for step in migrations)]


def _read(file: Traversable) -> LiteralString:
    # The files are part of the program, so they are as safe as a query written here.
    return file.read_text("utf-8")


def _sql_files(package: str, *folders: str) -> list[Traversable]:
    folder = resources.files(package).joinpath(*folders)
    return sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
