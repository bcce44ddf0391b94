"""`trackgate plan`: what would a pull request of these commits need? Answered from a local repository alone."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from bot.cli.plan_facts import PlanRequest, make_plan
from bot.cli.plan_policy import NoPolicyError
from bot.cli.plan_report import report_of
from bot.cli.plan_text import plain_text, print_tables, visible
from bot.core.model import State
from bot.core.policy import InvalidPolicy
from bot.git_repository import GitError

app = typer.Typer()

_BASE = "Branch or commit the pull request would go into. Default: the default branch, as on the remote if known."
_POLICY = "A policy file, or a folder of them. Default: .github/trackgate.yml at BASE, then POLICY_DIR."
_BRANCH = "Name of the base branch, where BASE does not tell it. Default: the default branch."


@app.command()
def plan(
    base: Annotated[str | None, typer.Argument(help=_BASE, show_default=False)] = None,
    head: Annotated[str, typer.Argument(help="Branch or commit that would be merged.")] = "HEAD",
    repository: Annotated[Path, typer.Option(help="A folder of the repository.")] = Path(),
    policy: Annotated[Path | None, typer.Option(help=_POLICY, show_default=False)] = None,
    author: Annotated[str | None, typer.Option(help="GitHub login of the author.", show_default=False)] = None,
    label: Annotated[list[str] | None, typer.Option(help="A label it would have; repeatable.")] = None,
    base_branch: Annotated[str | None, typer.Option(help=_BRANCH, show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON (docs/plan.schema.json).")] = False,
) -> None:
    """Show the tracks, reviewers, checks and documents of a change, and why. Uses no network.

    Exit codes: 0 the gate would only wait for people and checks, 1 something must change first, 2 wrong use or
    input.
    """
    request = PlanRequest(
        repository=repository,
        base=base,
        head=head,
        policy=policy,
        policy_dir=Path(os.environ.get("POLICY_DIR") or "policies"),
        author=author.removeprefix("@") if author else None,
        labels=tuple(label or ()),
        base_branch=base_branch,
    )
    try:
        report = report_of(make_plan(request, datetime.now(UTC)))
    except InvalidPolicy as invalid:
        _refuse(*map(str, invalid.problems))
    except (GitError, NoPolicyError) as error:
        _refuse(f"trackgate plan: {error}")
    accept_any_text()
    if as_json:
        typer.echo(report.as_json())
    elif sys.stdout.isatty():
        print_tables(report, Console())
    else:
        typer.echo(plain_text(report), nl=False)
    raise typer.Exit(1 if report.state is State.FAILURE else 0)


def accept_any_text() -> None:
    """Let a terminal that cannot show a character get its escape instead of an error."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")


def _refuse(*lines: str) -> NoReturn:
    """End with exit code 2 and the reasons on standard error."""
    for line in lines:
        typer.echo(visible(line), err=True)
    raise typer.Exit(2)
