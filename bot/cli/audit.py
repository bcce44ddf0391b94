"""`trackgate audit`: has anybody touched the decision log?"""

from __future__ import annotations

import re
from typing import Annotated

import typer

from bot.cli.database import opened_database, stop

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
    from bot.store.log import Verified
    from bot.store.log import verify as verify_log

    if head is not None and re.fullmatch("[0-9a-f]{64}", head) is None:
        stop("audit verify", "--head: must be a whole hash: 64 digits of 0-9 and a-f")
    with opened_database("audit verify") as connection:
        found = verify_log(connection, head)
    if not isinstance(found, Verified):
        place = "" if found.id is None else f" at entry {found.id}"
        typer.echo(f"broken{place}: {found.why}")
        raise typer.Exit(1)
    typer.echo(f"whole: {found.entries} entries\nhead: {found.head}")
    if found.before:
        typer.echo(f"before the chain: {found.before} entries, for which nothing speaks")
