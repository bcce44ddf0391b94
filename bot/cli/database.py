"""What commands that only look into the service's database stand on: DATABASE_URL, and no other variable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from bot.store.database import Connection


@contextmanager
def opened_database(command: str) -> Iterator[Connection]:
    """A connection to the database of DATABASE_URL, in one transaction that is committed at the end.

    Whatever keeps `command` from it, at the start or on the way, is one line on standard error without the
    address, and exit code 2.
    """
    # Imported here: all other commands start without the libraries of the service.
    import psycopg

    from bot.settings import SettingError, read_database_url
    from bot.store.database import one_connection
    from bot.store.migrate import pending
    from bot.store.outages import reason_of

    try:
        with one_connection(read_database_url(os.environ)) as connection:
            if pending(connection):
                stop(command, "DATABASE_URL: the database is not of this version: run `trackgate migrate`")
            yield connection
    except SettingError as error:
        stop(command, str(error))
    except psycopg.Error as error:
        stop(command, f"DATABASE_URL: the database {reason_of(error)}")


def stop(command: str, problem: str, code: int = 2) -> NoReturn:
    """Say one line on standard error, and end."""
    typer.echo(f"trackgate {command}: {problem}", err=True)
    raise typer.Exit(code)
