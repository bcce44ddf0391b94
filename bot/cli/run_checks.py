"""`trackgate run-checks`: what the job `track / <track>` runs, here or in GitHub Actions."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.cli.plan_policy import OWN_POLICY, NoPolicyError, choose_policy, read_policy
from bot.cli.plan_text import visible
from bot.core.policy import InvalidPolicy, LoadedPolicy, load_policy
from bot.core.tracks import TrackMap, touched_tracks
from bot.git_changes import changes_between
from bot.git_repository import GitError, GitRepository
from bot.track_commands import CommandResult, run_commands, summary

app = typer.Typer()

_POLICY = "A policy file. Default: .github/trackgate.yml of --base, else of the working tree; then POLICY_DIR."
_BASE = "Read the policy at this commit: the base of a pull request, which it cannot change."
_LIST = "Print the tracks that a pull request of these commits touches and that have commands, as JSON."


class _NothingToRunError(Exception):
    """Wrong use, in one line."""


@app.command("run-checks")
def run_checks(
    track: Annotated[str | None, typer.Argument(help="The track.", show_default=False)] = None,
    between: Annotated[
        tuple[str, str] | None, typer.Option("--list", metavar="BASE HEAD", help=_LIST, show_default=False)
    ] = None,
    base: Annotated[str | None, typer.Option(metavar="COMMIT", help=_BASE, show_default=False)] = None,
    policy: Annotated[Path | None, typer.Option(help=_POLICY, show_default=False)] = None,
    repository: Annotated[Path, typer.Option(help="A folder of the repository.")] = Path(),
) -> None:
    """Run a track's commands in order, from the repository's root, up to the first that fails.

    Exit codes: 0 all passed, 1 one failed, 2 wrong use or input.
    """
    try:
        opened = GitRepository.open(repository)
        if between is not None and track is None:
            typer.echo(json.dumps(_touched(opened, *between, policy)))
            return
        if track is None or between is not None:
            raise _NothingToRunError("name a track, or give --list BASE HEAD")
        code = _run(track, _policy(opened, base, policy), _why(base, policy), _root(opened))
    except InvalidPolicy as invalid:
        _refuse(*map(str, invalid.problems))
    except (GitError, NoPolicyError, _NothingToRunError) as error:
        _refuse(f"trackgate run-checks: {error}")
    raise typer.Exit(code)


def _run(track: str, loaded: LoadedPolicy, why: str, root: Path) -> int:
    """Run the commands, say how it went, and give the exit code."""
    if track not in loaded.policy.tracks:
        known = ", ".join(loaded.policy.tracks)
        raise _NothingToRunError(f"{loaded.source} has no track {track}; its tracks are {known}")
    policy = f"{loaded.source} ({loaded.digest[:12]}), {why}"
    _say(f"Track {track}: commands of {policy}")
    results = run_commands(loaded.policy.tracks[track].commands, root, _begin, _end)
    failed = next((result for result in results if result.exit_code), None)
    if failed is not None:
        _say(f"Track {track}: {failed.words}: {failed.command}")
    else:
        _say(f"Track {track}: all passed" if results else f"Track {track}: it has no commands")
    if file := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(file).open("a", encoding="utf-8") as opened:
            opened.write(summary(track, policy, results))
    return 1 if failed is not None else 0


def _touched(repository: GitRepository, base_name: str, head_name: str, told: Path | None) -> list[str]:
    """Tracks with commands that differ between the merge base and the head, by the base's policy."""
    base, head = repository.commit(base_name), repository.commit(head_name)
    policy = _policy(repository, base, told).policy
    changed = changes_between(repository, repository.merge_base(base, head), head)
    touched = touched_tracks(TrackMap(policy).locate(changed.files).paths, policy)
    return [name for name in touched if policy.tracks[name].commands]


def _policy(repository: GitRepository, base: str | None, told: Path | None) -> LoadedPolicy:
    """`--policy`; else the one at `base`; else the one that lies in the working tree."""
    folder = os.environ.get("POLICY_DIR")
    if base is None and told is None:
        own = _root(repository) / OWN_POLICY
        if own.is_file():
            return load_policy(read_policy(own), f"{OWN_POLICY} of the working tree")
    commit = repository.commit(base or "HEAD")
    if told is None and base is not None and not folder and repository.contents(commit, OWN_POLICY) is None:
        # The default folder would be the working tree's, and so the pull request's own.
        raise NoPolicyError(f"no {OWN_POLICY} at {commit[:7]}; set POLICY_DIR, or give --policy FILE")
    return choose_policy(repository, commit, repository.remote_name(), told, Path(folder or "policies"))


def _why(base: str | None, told: Path | None) -> str:
    """Why it is this policy, for whoever wonders which file decides."""
    if told is not None:
        return "as --policy says"
    return "the base's, which a pull request cannot change" if base is not None else "since no --base was given"


def _root(repository: GitRepository) -> Path:
    """The top of the working tree; GitError for a bare repository, which has none."""
    return Path(os.fsdecode(repository.read("rev-parse", "--show-toplevel").rstrip(b"\n")))


def _begin(command: str) -> None:
    # In a workflow command a percent sign begins an escape.
    _say(f"::group::{command.replace('%', '%25')}" if _in_actions() else f"$ {command}")


def _end(result: CommandResult) -> None:
    if _in_actions():
        _say("::endgroup::")
    _say(f"{result.words} after {result.seconds:.1f} s")


def _in_actions() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _say(line: str) -> None:
    """A line of ours, before whatever the next command prints."""
    typer.echo(visible(line))
    sys.stdout.flush()


def _refuse(*lines: str) -> NoReturn:
    for line in lines:
        typer.echo(visible(line), err=True)
    raise typer.Exit(2)
