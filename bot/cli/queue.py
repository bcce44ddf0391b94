"""`trackgate queue`: what the service gave up doing, trying it again, and what never reached it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.cli.database import opened_database, stop

app = typer.Typer(name="queue", help="Jobs that were given up, and events that never came.", no_args_is_help=True)


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
        typer.echo(f"{visible(one.job.key)}\n  since {_as_text(one.parked_at)}, delivery {one.delivery or 'none'}")
        typer.echo(f"  {visible(one.error)}")
    if found:
        raise typer.Exit(1)
    typer.echo("no job was given up")


@app.command()
def missed() -> None:
    """List the events that never arrived, though GitHub was asked for them again, the newest first.

    It reads DATABASE_URL alone. Exit codes: 0 none, 1 there are some, 2 wrong use, or the database does not
    answer.
    """
    # Imported here: all other commands start without the libraries of the service.
    from bot.cli.plan_text import visible
    from bot.store.recovery import events_not_arrived

    with opened_database("queue missed") as connection:
        found = events_not_arrived(connection)
    for one in found:
        event = one.event if one.action is None else f"{one.event}.{one.action}"
        reason = f": {visible(one.reason)}" if one.reason else ""
        typer.echo(f"{one.guid}  {_as_text(one.delivered_at)}  {one.state}  {visible(event)}{reason}")
    if found:
        raise typer.Exit(1)
    typer.echo("no event was missed")


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


def _as_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
