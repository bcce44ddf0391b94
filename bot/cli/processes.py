"""`trackgate serve`, `worker` and `migrate`: the processes of the service (see `bot.serving`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

VAR = Path("var")
app = typer.Typer()


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """What the user can put right is one line on standard error and exit code 2."""
    # Imported here: all other commands start without the libraries of the service.
    from bot.settings import SettingError, check_metrics_folder

    try:
        check_metrics_folder(os.environ)
    except SettingError as error:
        typer.echo(f"trackgate: {error}", err=True)
        raise typer.Exit(2) from None

    from bot.serving import ServingError
    from bot.store.embedded import EmbeddedPostgresError

    try:
        yield
    except (SettingError, ServingError, EmbeddedPostgresError) as error:
        typer.echo(f"trackgate: {error}", err=True)
        raise typer.Exit(2) from None


@app.command()
def serve(
    var: Annotated[Path, typer.Option(help="Folder for the embedded PostgreSQL, made when missing.")] = VAR,
) -> None:
    """Run web, worker and (without DATABASE_URL) PostgreSQL on this machine, until Ctrl-C."""
    with _one_line_errors():
        from bot import serving

        ended = serving.serve(os.environ, var, partial(typer.echo, err=True))
    if not ended.by_signal:
        # Even a part that ended well leaves a service that no longer works.
        typer.echo(f"trackgate: the {ended.name} process ended by itself (exit code {ended.code})", err=True)
        raise typer.Exit(1)


@app.command()
def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Evaluations at once.")] = 12,
) -> None:
    """Evaluate what is queued, until SIGTERM."""
    with _one_line_errors():
        from bot import serving

        serving.work(os.environ, concurrency)


@app.command()
def migrate() -> None:
    """Bring the database of DATABASE_URL to this version's schema. Safe to repeat."""
    with _one_line_errors():
        from bot import serving

        applied = serving.migrate_from(os.environ)
    typer.echo(f"applied: {', '.join(applied)}" if applied else "nothing to do")
