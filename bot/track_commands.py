"""A policy's commands for one track, run in order from a repository's root, up to the first that fails."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.inert import code


@dataclass(frozen=True, slots=True)
class CommandResult:
    """One command of the policy. `exit_code` is None when it was not run, negative when a signal ended it."""

    command: str
    exit_code: int | None = None
    seconds: float = 0.0

    @property
    def words(self) -> str:
        """The result for people."""
        if self.exit_code is None:
            return "not run"
        if self.exit_code < 0:
            return f"ended by signal {-self.exit_code}"
        return "passed" if self.exit_code == 0 else f"failed with exit code {self.exit_code}"


def run_commands(
    commands: Sequence[str], folder: Path, begin: Callable[[str], None], end: Callable[[CommandResult], None]
) -> tuple[CommandResult, ...]:
    """Run the commands in `folder`; the result of each, those after the first failure not run.

    Their output goes where ours goes, as it comes. `begin` and `end` are told of each command that runs.
    """
    results: list[CommandResult] = []
    for command in commands:
        if any(result.exit_code for result in results):
            results.append(CommandResult(command))
            continue
        begin(command)
        started = time.monotonic()
        run = subprocess.run([*_shell(), command], cwd=folder, stdin=subprocess.DEVNULL, check=False)
        results.append(CommandResult(command, run.returncode, time.monotonic() - started))
        end(results[-1])
    return tuple(results)


def summary(track: str, policy: str, results: Sequence[CommandResult]) -> str:
    """A step summary in GitHub's Markdown; commands and names cannot turn into anything but text."""
    rows = [f"| {_cell(result.command)} | {result.words} | {_seconds(result)} |" for result in results]
    head = [f"### Track {code(track)}", "", f"Commands of {code(policy)}", ""]
    return "\n".join([*head, "| command | result | seconds |", "|---|---|---:|", *rows, ""])


def _cell(command: str) -> str:
    """A command inside a table, where a bar would begin the next cell even within code."""
    return code(command, 1000).replace("|", "\\|")


def _seconds(result: CommandResult) -> str:
    return "" if result.exit_code is None else f"{result.seconds:.1f}"


def _shell() -> list[str]:
    """bash as GitHub Actions calls it (a failure inside a pipe counts), or sh where there is none."""
    bash = shutil.which("bash")
    return [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c"] if bash else ["sh", "-ec"]
