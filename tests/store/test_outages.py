"""Why a database cannot be used: told in words of ours, by what real connections run into."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import psycopg
import pytest

from bot.store.database import Database, DatabaseUnreachableError
from bot.store.migrate import why_unusable
from bot.store.outages import reason_behind, reason_of, why_read_only, why_unreachable
from tests.support.service import free_port, wait_until


@contextmanager
def server_that_says(severity_and_code: str, text: str) -> Iterator[str]:
    """The address of a PostgreSQL that answers every connection with one fatal error, as the protocol has it."""
    fields = f"SFATAL\0C{severity_and_code}\0M{text}\0\0".encode()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        client.recv(4096)
                        client.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"postgresql://me:hunter22@127.0.0.1:{listener.getsockname()[1]}/x?sslmode=disable&gssencmode=disable"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        ("28P01", 'password authentication failed for user "me"', "refuses the login"),
        ("28000", 'no pg_hba.conf entry for host "127.0.0.1", no SSL encryption', "refuses the login"),
        ("28000", 'role "me" is not permitted to log in', "refuses the login"),
        ("3D000", 'database "x" does not exist', "does not exist on its server"),
        ("53300", "sorry, too many clients already", "has no connection left"),
        ("57P03", "the database system is starting up", "is starting or stopping"),
        ("XX000", "me hunter22 at db.example", "cannot be reached (OperationalError)"),
    ],
)
def test_what_a_server_answers(code: str, text: str, words: str) -> None:
    """Each refusal has its words, which repeat nothing of what the server said."""
    with server_that_says(code, text) as url:
        assert why_unreachable(url) == words


def test_real_server(empty_database_url: str) -> None:
    """A database that answers is fine; of one that is not there, and a login that is not, we say which."""
    assert why_unreachable(empty_database_url) is None
    name = psycopg.conninfo.conninfo_to_dict(empty_database_url)["dbname"]
    assert why_unreachable(empty_database_url.replace(f"/{name}?", "/nosuch?")) == "does not exist on its server"
    assert why_unreachable(empty_database_url.replace("//postgres@", "//nobody_here@")) == "refuses the login"


def test_nobody_listens() -> None:
    """A port or a socket that nobody listens on."""
    words = "cannot be reached: nobody listens at its host and port"
    assert why_unreachable(f"postgresql://me:hunter22@127.0.0.1:{free_port()}/x") == words
    assert why_unreachable("postgresql:///x?host=/nowhere") == words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (psycopg.errors.ConnectionTimeout("connection timeout expired"), "cannot be reached: no answer in time"),
        (
            psycopg.OperationalError("failed to resolve host 'db.example': [Errno -2]"),
            "cannot be reached: its host name is not known",
        ),
        (
            psycopg.OperationalError("server does not support SSL, but SSL was required"),
            "cannot be reached: no agreement about SSL",
        ),
        (
            psycopg.errors.InsufficientPrivilege("permission denied for schema x"),
            "gives this login too few rights",
        ),
        (psycopg.errors.DiskFull("could not write"), "has no room left on its disk"),
        (psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT"), "is read-only"),
        (psycopg.errors.UndefinedTable("relation"), "refuses a statement (SQLSTATE 42P01)"),
    ],
)
def test_reasons(error: psycopg.Error, words: str) -> None:
    """What cannot be had from a server on this machine: time, names, SSL, rights and space."""
    assert reason_of(error) == words


def test_what_is_behind_an_error() -> None:
    """What a library or a room of ours made of the database's error is told by that one; others by their kind."""
    wrapped = DatabaseUnreachableError("x")
    wrapped.__cause__ = psycopg.errors.DiskFull("could not write")
    assert reason_behind(wrapped) == "has no room left on its disk"
    assert reason_behind(DatabaseUnreachableError("x")) == "went away (DatabaseUnreachableError)"


def test_read_only(database_url: str) -> None:
    """Noticed without writing, and not confused with a database that takes everything."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert why_read_only(connection) is None
        assert why_unusable(database_url) is None
        connection.execute("SET default_transaction_read_only = on")
        assert why_read_only(connection) == "is read-only"
    assert why_unusable(f"{database_url}&options=-cdefault_transaction_read_only%3Don") == "is read-only"


def test_sessions_that_began_read_only_are_replaced(database_url: str) -> None:
    """Such a session stays read-only when its database no longer is: the pool does not keep it."""
    database = Database(database_url)
    with psycopg.connect(database_url, autocommit=True) as admin:
        name = admin.info.dbname

        def writes() -> bool:
            try:
                with database.transaction() as connection:
                    connection.execute("DELETE FROM deliveries")
            except DatabaseUnreachableError:
                return False
            return True

        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        try:
            assert not writes()
            admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())
            wait_until(writes, what="a session that writes")
        finally:
            database.close()


def test_a_statement_that_takes_too_long(database_url: str) -> None:
    """The server ends it, and it counts as an outage; the next one is answered."""
    with closing(Database(database_url, statement_seconds=0.2)) as database:
        with pytest.raises(DatabaseUnreachableError), database.transaction() as connection:
            connection.execute("SELECT pg_sleep(20)")
        with database.transaction() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
