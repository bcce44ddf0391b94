"""The whole story of `make run`, in order, and how to go on by hand."""

from __future__ import annotations

from pathlib import Path

from demo.guard_story import GuardStory
from demo.local import Service
from demo.release_story import ReleaseStory
from demo.stage import REPOSITORY, Stage
from demo.story import RELEASE, PullRequestStory
from demo.terminal import Terminal
from sandbox import App, Sandbox, Thread


def tell(github: Sandbox, app: App, service: Service, terminal: Terminal, var: Path) -> None:
    """From six open pull requests to a tagged release, and what cannot be done without the gate.

    Files that the reader may want go into `var`. Raises TimeoutError when an answer does not come.
    """
    stage = Stage(github, app, terminal)
    merging = PullRequestStory(stage)
    issue = ReleaseStory(stage).tell(merging.tell_of_gates(), merging)
    GuardStory(stage, service, var).tell()
    _say_how_to_go_on(stage, service, issue, var)


def _say_how_to_go_on(stage: Stage, service: Service, issue: Thread, var: Path) -> None:
    """The addresses to look at, and a command to comment as Raj does."""
    token = var / "raj.token"
    token.touch(mode=0o600)
    token.write_text(stage.github.token_of("raj"))
    terminal, root = stage.terminal, f"{stage.github.url}/repos/{REPOSITORY}"
    terminal.line()
    terminal.heading(f"All gates with their reasons: {service.url}/")
    terminal.line(f"  releases and their rows   {service.url}/repositories/{REPOSITORY}/releases")
    terminal.line(f"  the release on GitHub     {root}/releases/tags/{RELEASE}")
    terminal.line(f"  the App's comment on it   {root}/issues/{issue.number}/comments")
    terminal.line(f"  issues about tags         {root}/issues")
    terminal.line("By hand, as raj; the answer is a comment at the same address:")
    authorised = f'curl -s -H "Authorization: Bearer $(cat {token})"'
    body = '{"body": "/gate release v3.1.1 --dry-run"}'
    terminal.line(f"  {authorised} {root}/issues/{issue.number}/comments -d '{body}'")
