"""`trackgate queue`: what the service gave up doing, and trying it again."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

import typer

from bot.cli.database import opened_database, stop

app = typer.Typer(name="queue", help="The jobs that were given up.", no_args_is_help=True)


@app.command()
def parked() -> None:
    """List the jobs that failed too often, the newest first: subject, since when, delivery, error.

    It reads DATABASE_URL alone. A job goes from the list when its subject is evaluated well, by the next event or
    sweep or by `trackgate queue retry`. Exit codes: 0 none, 1 there are some, 2 wrong use, or the database does
    not answer.
    """
    # Imported here: all other commands start without the libraries of the service.
    from bot.cli.plan_text import visible
    from bot.store.parking import parked_jobs

    with opened_database("queue parked") as connection:
        found = parked_jobs(connection)
    for one in found:
        since = one.parked_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        typer.echo(f"{visible(one.job.key)}\n  since {since}, delivery {one.delivery or 'none'}")
        typer.echo(f"  {visible(one.error)}")
    if found:
        raise typer.Exit(1)
    typer.echo("no job was given up")


@app.command()
def retry(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="As `trackgate queue parked` shows it.")],
) -> None:
    """Queue a job that was given up once more, from its first attempt.

    It reads and writes DATABASE_URL alone, and a running worker takes it at once. It stays listed until it was
    done. Exit codes: 0 queued, 1 no such job is parked, 2 wrong use, or the database does not answer.
    """
    # Imported here: all other commands start without the libraries of the service.
    from bot.cli.plan_text import visible
    from bot.store.parking import try_parked_again
    from bot.store.queue import Queue

    with opened_database("queue retry") as connection:
        is_queued = try_parked_again(connection, Queue(), subject)
    if not is_queued:
        stop("queue retry", f"no job of {visible(subject)} is parked", code=1)
    typer.echo(f"queued: {visible(subject)}")
