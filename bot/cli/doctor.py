"""`trackgate doctor`: is everything there that the two gates need, and if not, who has to do what?"""

from __future__ import annotations

import os
import re
from typing import Annotated, NoReturn

import typer

from bot.cli.plan_text import visible
from bot.core.diagnosis import Diagnosis, Health
from bot.core.unsettled import TO_CHECK

app = typer.Typer()

_CHECK_WIDTH = 14


@app.command()
def doctor(
    repository: Annotated[
        list[str] | None,
        typer.Option(metavar="OWNER/NAME", help="Look at this repository only; may be repeated. Default: all."),
    ] = None,
) -> None:
    """Look at everything that the gates stand on: the database, the App, its installations and repositories.

    Of the database: schema, queue, missed events, GitHub's limits, signing key, decision log. Of the App: key,
    permissions, events, webhook, last deliveries, clock. Of each repository: policy, rulesets, tags.

    It runs in the environment of the service, and needs at least GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY (or
    GITHUB_APP_PRIVATE_KEY_FILE), GITHUB_WEBHOOK_SECRET and DATABASE_URL.
    Exit codes: 0 nothing has failed (there may be warnings), 1 something has, 2 it cannot run.
    """
    # Imported here: all other commands start without the libraries of the service.
    from bot.settings import SettingError, check_metrics_folder, missing_of_the_service, read_settings

    try:
        check_metrics_folder(os.environ)
    except SettingError as error:
        _stop(str(error))

    from bot.composition import compose_worker
    from bot.doctor import examine

    for name in repository or ():
        if re.fullmatch(r"[\w.-]+/[\w.-]+", name, re.ASCII) is None:
            _stop("--repository: must be OWNER/NAME")
    if missing := missing_of_the_service(os.environ):
        _stop(f"{', '.join(missing)}: missing; it looks at a real GitHub App, with its service's variables")
    try:
        services = compose_worker(read_settings(os.environ), alone=True)
    except SettingError as error:
        _stop(str(error))
    counts = dict.fromkeys(Health, 0)
    subject: str | None = None
    try:
        for found in examine(services, repository or ()):
            if found.subject != subject:
                typer.echo(visible(found.subject) if subject is None else f"\n{visible(found.subject)}")
                subject = found.subject
            counts[found.health] += 1
            _show(found)
    finally:
        services.github.close()
        services.database.close()
    typer.echo("\nTo check once on the real GitHub, whose documentation leaves it open (no part of the result)")
    for one in TO_CHECK:
        typer.echo(f"  {one.fact}\n    how: {one.how}\n    if not: {one.otherwise}")
    typer.echo(f"\n{counts[Health.OK]} ok, {_many(counts)}")
    if counts[Health.FAILURE]:
        raise typer.Exit(1)


def _show(found: Diagnosis) -> None:
    typer.echo(f"  {found.health.value:<7}  {found.check:<{_CHECK_WIDTH}}  {visible(found.text)}")
    if found.next_action is not None:
        next_step = f"next: {found.next_action.owner}: {found.next_action.action}"
        typer.echo(f"  {'':<7}  {'':<{_CHECK_WIDTH}}  {visible(next_step)}")


def _many(counts: dict[Health, int]) -> str:
    words = {Health.WARNING: "warning", Health.FAILURE: "failure"}
    return ", ".join(f"{counts[one]} {word}{'' if counts[one] == 1 else 's'}" for one, word in words.items())


def _stop(problem: str) -> NoReturn:
    typer.echo(f"trackgate doctor: {problem}", err=True)
    raise typer.Exit(2)
