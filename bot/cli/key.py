"""`trackgate key`: the key that signs release records."""

from __future__ import annotations

import os
from typing import Annotated

import typer

app = typer.Typer(name="key", help="The key that signs release records.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `show` a sub-command while it is the only one."""


@app.command()
def show(
    every: Annotated[bool, typer.Option("--all", help="Earlier keys as well.")] = False,
) -> None:
    """Print the public key, by which `trackgate verify` checks release records, as PEM text.

    Exit codes: 0 printed, 2 wrong use, or the database does not answer.
    """
    # Imported here: all other commands start without the libraries of the service.
    from bot.composition import compose_web
    from bot.records.keys import KeyRefusedError
    from bot.settings import SettingError, read_settings
    from bot.signing import published_keys, signing_key
    from bot.store.database import DatabaseUnreachableError

    try:
        services = compose_web(read_settings(os.environ))
        try:
            with services.database.transaction() as connection:
                told = connection, services.settings.signing_key_pem, services.clock()
                text = published_keys(*told) if every else signing_key(*told).public_pem
        finally:
            services.database.close()
    except (SettingError, KeyRefusedError, DatabaseUnreachableError) as error:
        typer.echo(f"trackgate key show: {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(text, nl=False)
