"""Schema changes: twice, at once, and over what is there already."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from bot.store.migrate import SchemaTooNewError, migrate, pending

MIGRATIONS = Path(__file__).parents[2] / "bot" / "store" / "migrations"
OWN = tuple(sorted(file.name for file in MIGRATIONS.glob("*.sql")))


def test_twice(empty_database_url: str) -> None:
    """The first run applies everything, the second nothing."""
    with psycopg.connect(empty_database_url) as connection:
        assert "0001_start.sql" in pending(connection)
    assert migrate(empty_database_url) == ("procrastinate/schema.sql", *OWN)
    assert migrate(empty_database_url) == ()
    with psycopg.connect(empty_database_url) as connection:
        assert pending(connection) == ()


def test_at_once(empty_database_url: str) -> None:
    """Of four processes at once one applies everything and the others nothing, and none fails."""
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(migrate, [empty_database_url] * 4))
    assert sorted(map(len, results)) == [0, 0, 0, 1 + len(OWN)]


def test_later_migrations_of_the_queue_are_applied(empty_database_url: str) -> None:
    """A database that has the queue's schema of an earlier version gets what came since, and works."""
    migrate(empty_database_url)
    name = "procrastinate/03.04.00_50_post_add_retry_failed_job_procedure.sql"
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("DELETE FROM schema_migrations WHERE name = %s", [name]).rowcount == 1
    assert migrate(empty_database_url) == (name,)


def test_failed_migration_leaves_nothing_half_done(empty_database_url: str) -> None:
    """When a file fails, what came before stays and it can be run again."""
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE TABLE github_app (in_the_way int)")
    with pytest.raises(psycopg.errors.DuplicateTable):
        migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        assert pending(connection) == OWN
        assert connection.execute("SELECT to_regclass('deliveries')").fetchone() == (None,)
        connection.execute("DROP TABLE github_app")
    assert migrate(empty_database_url) == OWN


def test_newer_database_is_left_alone(database_url: str) -> None:
    """An older program does not touch a database that a newer one has migrated."""
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO schema_migrations (name) VALUES ('9999_future.sql')")
    with pytest.raises(SchemaTooNewError, match=r"9999_future\.sql"):
        migrate(database_url)
