"""`trackgate ruleset`: the tag ruleset that leaves release tags to the App, as GitHub imports it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.plan_policy import NoPolicyError, read_policy
from bot.cli.plan_text import visible
from bot.core.policy import InvalidPolicy, load_policy
from bot.core.rulesets import release_ruleset

app = typer.Typer()


@app.command()
def ruleset(
    policy: Annotated[Path, typer.Argument(help="The policy file whose release tags it is for.")],
    app_id: Annotated[int, typer.Option(min=1, help="The App's ID, a number (see the App's settings).")],
) -> None:
    """Print the ruleset that lets only this App make, move or delete release tags, as JSON.

    Import it under Settings, Rules, Rulesets, or send it to `POST /repos/{owner}/{repo}/rulesets`.
    Exit codes: 0 printed, 2 wrong use or input.
    """
    try:
        loaded = load_policy(read_policy(policy), str(policy))
    except InvalidPolicy as invalid:
        for problem in invalid.problems:
            typer.echo(visible(str(problem)), err=True)
        raise typer.Exit(2) from None
    except NoPolicyError as error:
        typer.echo(visible(f"trackgate ruleset: {error}"), err=True)
        raise typer.Exit(2) from None
    typer.echo(json.dumps(release_ruleset(loaded.policy, app_id), indent=2))
