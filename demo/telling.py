"""The whole story of `make run`, in order, and how to go on by hand."""

from __future__ import annotations

import shlex
from pathlib import Path

from demo.guard_story import GuardStory
from demo.local import Service, database_url
from demo.release_story import ReleaseStory
from demo.stage import REPOSITORY, Stage
from demo.story import RELEASE, PullRequestStory
from demo.terminal import Terminal
from sandbox import App, Sandbox, Thread

BY_HAND = ("raj", "mira", "maya")
"""Whose tokens are given out: the two release leads, for sign-offs by two, and an owner, for overrides."""


def tell(
    github: Sandbox, app: App, service: Service, terminal: Terminal, var: Path, *, is_going_on: bool = True
) -> None:
    """From six open pull requests to a tagged release, and what cannot be done without the gate.

    Files that the reader may want go into `var`. With `is_going_on` the servers stay, and how to use them by hand
    is told at the end. Raises TimeoutError when an answer does not come.
    """
    stage = Stage(github, app, terminal)
    merging = PullRequestStory(stage)
    issue = ReleaseStory(stage).tell(merging.tell_of_gates(), merging)
    GuardStory(stage, service, var).tell()
    if is_going_on:
        _say_how_to_go_on(stage, service, issue, var)


def _say_how_to_go_on(stage: Stage, service: Service, issue: Thread, var: Path) -> None:
    """The addresses to look at, and commands to comment as Raj does and to verify the log."""
    for login in BY_HAND:
        token = var / f"{login}.token"
        token.touch(mode=0o600)
        token.write_text(stage.github.token_of(login))
    terminal, root = stage.terminal, f"{stage.github.url}/repos/{REPOSITORY}"
    terminal.line()
    terminal.heading(f"All gates with their reasons: {service.url}/")
    terminal.line(f"  releases and their rows   {service.url}/repositories/{REPOSITORY}/releases")
    terminal.line(f"  the release on GitHub     {root}/releases/tags/{RELEASE}")
    terminal.line(f"  the App's comment on it   {root}/issues/{issue.number}/comments")
    terminal.line(f"  issues about tags         {root}/issues")
    others = " or ".join(f"{login}.token" for login in BY_HAND[1:])
    terminal.line(f"By hand, as raj (with {others} as another); the answer is a comment at the same address:")
    authorised = f'curl -s -H "Authorization: Bearer $(cat {var / BY_HAND[0]}.token)"'
    body = '{"body": "/gate release v3.1.1 --dry-run"}'
    terminal.line(f"  {authorised} {root}/issues/{issue.number}/comments -d '{body}'")
    terminal.line(
        "The log of decisions, from another terminal; "
        "`release status`, `queue parked` and `key show` need no more either:"
    )
    address = f"DATABASE_URL={shlex.quote(database_url(var))}"
    terminal.line(f"  {address} .venv/bin/trackgate audit verify")
