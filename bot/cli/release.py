"""`trackgate release`: where the releases of a repository stand, from the service's own records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.database import opened_database, stop
from bot.cli.plan_text import visible

if TYPE_CHECKING:
    from bot.store.release_board import BoardedRelease

app = typer.Typer(name="release", help="Where releases stand.", no_args_is_help=True)

VERSION = 1
"""Of the shape of `--json`: keys are added within one version, never renamed or removed."""


@app.callback()
def _group() -> None:
    """Keep `status` a sub-command while it is the only one."""


@app.command()
def status(
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="The repository, as OWNER/NAME.")],
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON object.")] = False,
) -> None:
    """Show a repository's releases: state, commit, the gate's rows and who acts next. Asks GitHub nothing.

    Exit codes: 0 shown, 1 Trackgate knows no such repository, 2 wrong use, or the database does not answer.
    """
    # Imported here: all other commands start without the libraries of the service.
    from bot.store.installations import is_known
    from bot.store.release_board import read_releases

    if re.fullmatch(r"[\w.-]+/[\w.-]+", repository, re.ASCII) is None:
        stop("release status", "REPOSITORY: must be OWNER/NAME")
    with opened_database("release status") as connection:
        found = read_releases(connection, repository)
        if not (found or is_known(connection, repository)):
            stop("release status", f"Trackgate knows no such repository: {repository}", 1)
    if as_json:
        shown = {"version": VERSION, "repository": repository, "releases": [_as_json(one) for one in found]}
        typer.echo(json.dumps(shown, indent=2))
        return
    typer.echo("\n\n".join("\n".join(map(visible, _lines(one))) for one in found) or "no release was ever armed")


def _as_json(one: BoardedRelease) -> dict[str, Any]:
    release, decision, action = one.release, one.decision, one.next_action
    return {
        "tag": release.tag,
        "state": release.state.value,
        "target": release.target,
        "commit": one.commit_sha,
        "armed_by": release.armed_by,
        "armed_at": release.armed_at.isoformat(),
        "finished_at": None if release.finished_at is None else release.finished_at.isoformat(),
        "issue": release.issue_number,
        "gate": None if decision is None else decision.state.value,
        "title": None if decision is None else decision.title,
        "decided_at": None if one.decided_at is None else one.decided_at.isoformat(),
        "rows": [
            {"row": row.kind.value, "state": row.state.value, "reason": row.reason}
            for row in (() if decision is None else decision.rows)
        ],
        "obstacle": None if release.obstacle is None else release.obstacle.text,
        "next_action": None if action is None else {"owner": action.owner, "action": action.action},
    }


def _lines(one: BoardedRelease) -> Iterator[str]:
    release, decision, action = one.release, one.decision, one.next_action
    aim = "the release branch's head" if release.target is None else "that commit"
    yield f"{release.tag}  {release.state.value}  {one.commit_sha or 'no commit yet'}"
    armed_at = release.armed_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield f"  armed by {release.armed_by} in #{release.issue_number} for {aim}, {armed_at}"
    if decision is None and release.finished_at is None:
        yield "  not judged yet"
    if decision is not None:
        yield f"  {decision.title}"
        width = max((len(row.kind.value) for row in decision.rows), default=0)
        for row in decision.rows:
            yield f"  {row.state.value:<11}  {row.kind.value:<{width}}  {row.reason}"
    if release.obstacle is not None:
        yield f"  in the way: {release.obstacle.text}"
    if action is not None:
        yield f"  next: {action.owner}: {action.action}"
