"""`trackgate policy`: is this policy file right, and what may stand in one?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.plan_policy import NoPolicyError, read_policy
from bot.cli.plan_text import visible
from bot.core.policy import InvalidPolicy, load_policy
from bot.core.policy_schema import policy_json_schema
from bot.core.titles import counted

app = typer.Typer(name="policy", help="Check policy files.", no_args_is_help=True)


@app.command()
def validate(files: Annotated[list[Path], typer.Argument(help="Policy files.", show_default=False)]) -> None:
    """Check policy files: each problem on a line of its own, as file:line: key: expected.

    Exit codes: 0 all are valid, 2 at least one is not.
    """
    results = [_validate(file) for file in files]
    raise typer.Exit(0 if all(results) else 2)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a policy, which editors complete and check with."""
    typer.echo(policy_json_schema(), nl=False)


def _validate(file: Path) -> bool:
    try:
        loaded = load_policy(read_policy(file), str(file))
    except NoPolicyError as error:
        typer.echo(visible(f"trackgate policy validate: {error}"), err=True)
        return False
    except InvalidPolicy as invalid:
        for problem in invalid.problems:
            typer.echo(visible(str(problem)), err=True)
        return False
    tracks = counted(len(loaded.policy.tracks), "track")
    typer.echo(visible(f"{file}: valid: {loaded.policy.title}; {tracks}"))
    return True
