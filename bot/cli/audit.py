"""`trackgate audit`: has anybody touched the decision log?"""

from __future__ import annotations

import os
import re
from typing import Annotated, NoReturn

import typer

app = typer.Typer(name="audit", help="Check the decision log.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `verify` a sub-command while it is the only one."""


@app.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option(
            metavar="HASH", help="A hash that must be in the log, such as the one that `trackgate verify` shows."
        ),
    ] = None,
) -> None:
    """Recompute the chain of hashes through the decision log of DATABASE_URL; print its length and its head.

    Exit codes: 0 whole, 1 something was changed, removed or added, 2 wrong use, or the database does not answer.
    """
    # Imported here: all other commands start without the libraries of the service.
    import psycopg

    from bot.composition import compose_web
    from bot.settings import SettingError, read_settings
    from bot.store.database import DatabaseUnreachableError
    from bot.store.log import Verified
    from bot.store.log import verify as verify_log
    from bot.store.migrate import pending
    from bot.store.outages import reason_of

    if head is not None and re.fullmatch("[0-9a-f]{64}", head) is None:
        _stop("--head: must be a whole hash: 64 digits of 0-9 and a-f")
    try:
        services = compose_web(read_settings(os.environ))
        try:
            with services.database.transaction() as connection:
                if pending(connection):
                    _stop("DATABASE_URL: the database is not of this version: run `trackgate migrate`")
                found = verify_log(connection, head)
        finally:
            services.database.close()
    except (SettingError, DatabaseUnreachableError) as error:
        _stop(str(error))
    except psycopg.Error as error:
        _stop(f"DATABASE_URL: the database {reason_of(error)}")
    if not isinstance(found, Verified):
        place = "" if found.id is None else f" at entry {found.id}"
        typer.echo(f"broken{place}: {found.why}")
        raise typer.Exit(1)
    typer.echo(f"whole: {found.entries} entries\nhead: {found.head}")
    if found.before:
        typer.echo(f"before the chain: {found.before} entries, for which nothing speaks")


def _stop(problem: str) -> NoReturn:
    typer.echo(f"trackgate audit verify: {problem}", err=True)
    raise typer.Exit(2)
