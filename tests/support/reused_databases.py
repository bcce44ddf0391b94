"""Databases that one test after the other can have to itself: making one takes 0.2 seconds, emptying it 0.01.

One whose schema or settings a test has changed is not used again.
"""

from __future__ import annotations

import itertools
import os
import time
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from psycopg.types.json import Json

Admin = psycopg.Connection[TupleRow]

_TABLES = """
    SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 1, 2
"""
_SCHEMA = """
    SELECT md5(string_agg(told, E'\\n' ORDER BY told)) FROM (
        SELECT format('%s %s %s %s', oid, relname, relkind, relacl) FROM pg_class WHERE relkind <> 't'
        UNION ALL SELECT format('%s %s %s', attrelid, attname, atttypid) FROM pg_attribute
        UNION ALL SELECT format('%s %s', oid, tgenabled) FROM pg_trigger
        UNION ALL SELECT format('%s %s', oid, md5(prosrc)) FROM pg_proc
        UNION ALL SELECT format('%s', oid) FROM pg_constraint
        UNION ALL SELECT format('%s %s', oid, nspacl) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%temp%'
        UNION ALL SELECT setting::text FROM pg_db_role_setting, unnest(setconfig) AS setting
            WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) AS everything (told)
"""
_SEQUENCES = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"
_REFILL = """
    INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::{0}, %s)
"""
_OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


@dataclass(slots=True)
class ReusedDatabases:
    """One process's databases, each a copy of `template`, on the server of the address `server`."""

    server: str
    template: str
    _free: list[str] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _schema: str = ""
    _filled: dict[tuple[str, str], object] = field(default_factory=dict)

    def take(self) -> str:
        """The name of a database that nobody else has."""
        if self._free:
            return self._free.pop()
        name = f"reused_{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(self.server, autocommit=True) as admin:
            admin.execute(_sql("CREATE DATABASE {} TEMPLATE {}", name, self.template))
        if not self._schema:
            with self._within(name) as admin:
                self._learn(admin)
        return name

    def give_back(self, name: str) -> None:
        """Make it as new for the next one, or away with it."""
        try:
            with self._within(name) as admin:
                is_as_new = self._empty(admin, name)
        except psycopg.Error:
            is_as_new = False
        if is_as_new:
            self._free.append(name)
        else:
            self._drop(name)

    def close(self) -> None:
        """Drop what nobody has."""
        while self._free:
            self._drop(self._free.pop())

    def _drop(self, name: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as admin:
            admin.execute(_sql("DROP DATABASE {} WITH (FORCE)", name))

    def _within(self, name: str) -> Admin:
        return psycopg.connect(address(self.server, name), autocommit=True)

    def _learn(self, admin: Admin) -> None:
        """What a new one is like: its schema, and what the migrations put into its tables."""
        self._schema = _schema_of(admin)
        for schema, table in admin.execute(_TABLES).fetchall():
            rows = admin.execute(_sql("SELECT json_agg(t) FROM {} AS t", (schema, table))).fetchone()
            self._filled[schema, table] = rows and rows[0]

    def _empty(self, admin: Admin, name: str) -> bool:
        """Whether it is as new again."""
        end_others(admin, name)
        if _schema_of(admin) != self._schema:
            return False
        with admin.transaction():
            admin.execute("SET LOCAL session_replication_role = replica")  # without triggers, and in any order
            for table, rows in self._filled.items():
                admin.execute(_sql("DELETE FROM {}", table))
                if rows:
                    admin.execute(_sql(_REFILL, table), [Json(rows)])
            admin.execute(_SEQUENCES)
        return True


def address(server: str, name: str) -> str:
    """The address of the database `name` on the same server."""
    return server.replace("/trackgate?", f"/{name}?", 1)


def end_others(admin: Admin, name: str) -> None:
    """End all other connections to a database, and wait until they are gone."""
    deadline = time.monotonic() + 10
    while others := [pid for (pid,) in admin.execute(_OTHERS, [name])]:
        assert time.monotonic() < deadline, "connections to a test's database do not end"
        for pid in others:
            admin.execute("SELECT pg_terminate_backend(%s, 1000)", [pid])


def _schema_of(admin: Admin) -> str:
    row = admin.execute(_SCHEMA).fetchone()
    assert row is not None
    return str(row[0])


def _sql(statement: str, *names: str | tuple[str, str]) -> sql.Composed:
    parts = [sql.Identifier(*([name] if isinstance(name, str) else name)) for name in names]
    return sql.SQL(statement).format(*parts)  # type: ignore[arg-type]
