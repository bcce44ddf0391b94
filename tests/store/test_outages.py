"""Why a database cannot be used: told in words of ours, by what real connections run into."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from bot.store.outages import reason_of, why_unreachable
from tests.support.service import free_port


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
        (psycopg.errors.DiskFull("could not write"), "refuses a statement (SQLSTATE 53100)"),
    ],
)
def test_reasons(error: psycopg.Error, words: str) -> None:
    """What cannot be had from a server on this machine: time, names, SSL, rights and space."""
    assert reason_of(error) == words
