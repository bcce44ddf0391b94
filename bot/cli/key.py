"""`trackgate key`: the key that signs release records."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.cli.database import opened_database, stop

app = typer.Typer(name="key", help="The key that signs release records.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `show` a sub-command while it is the only one."""


@app.command()
def show(
    every: Annotated[bool, typer.Option("--all", help="Earlier keys as well.")] = False,
) -> None:
    """Print the public key, by which `trackgate verify` checks release records, as PEM text.

    It reads DATABASE_URL, and RELEASE_SIGNING_KEY or RELEASE_SIGNING_KEY_FILE where the service has one of them.
    Exit codes: 0 printed, 2 wrong use, or the database does not answer.
    """
    # Imported here: all other commands start without the libraries of the service.
    from bot.records.keys import KeyRefusedError
    from bot.settings import SettingError, read_signing_key
    from bot.signing import published_keys, signing_key

    try:
        given = read_signing_key(os.environ)
        with opened_database("key show") as connection:
            told = connection, given, datetime.now(UTC)
            text = published_keys(*told) if every else signing_key(*told).public_pem
    except (SettingError, KeyRefusedError) as error:
        stop("key show", str(error))
    typer.echo(text, nl=False)
