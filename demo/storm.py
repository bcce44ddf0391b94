"""A storm over the six tracks of the shipped policy: what the benchmark measures and the chaos tests survive.

plan = shipped_storm("meta/integration-v3", pull_requests=200, events=2000, seed=1)
storm = make_storm(github, plan)              # a `Sandbox` of this process
storm = prepare_storm(remote, plan)           # a `RemoteSandbox`; then `fire_storm(remote, storm)`
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from demo.local import EVENTS, PEOPLE, PERMISSIONS
from demo.source import TRACK_CHANGES, make_repository
from sandbox.remote import RemoteApp, RemoteSandbox
from sandbox.storm import StormPlan, StormTrack

REVIEWERS = {
    "backend": ("sofia", "maya", "raj"),
    "dbt": ("priya", "sofia", "raj"),
    "frontend": ("lina", "sofia", "raj"),
    "airbyte": ("maya", "sofia", "raj"),
    "qa": ("priya", "lina", "raj"),
    "docs": ("mira", "raj", "sofia"),
}
"""Who speaks up on a pull request of each track: owners by the shipped policy, and others."""


def shipped_storm(repository: str, *, pull_requests: int = 200, events: int = 2000, seed: int = 1) -> StormPlan:
    """The plan: pull requests of omar's, who is in no matrix, each in one of the six tracks."""
    tracks = tuple(
        StormTrack(name, next(iter(files)), f"track / {name}", REVIEWERS[name])
        for name, files in TRACK_CHANGES.items()
    )
    return StormPlan(repository, "trackgate", tracks, ("omar",), pull_requests, events, seed)


def populate(github: RemoteSandbox, folder: Path, webhook_url: str, secret: str) -> RemoteApp:
    """The people and our App on an empty sandbox; `folder` is for what `add_repository` copies from."""
    folder.mkdir(parents=True, exist_ok=True)
    for login in PEOPLE:
        github.add_user(login)
    return github.register_app(
        "trackgate", permissions=PERMISSIONS, events=EVENTS, webhook_url=webhook_url, webhook_secret=secret
    )


def add_repository(github: RemoteSandbox, app: RemoteApp, folder: Path, name: str) -> int:
    """A repository with the six tracks and our App on it; the installation's number."""
    source = folder / name.replace("/", "-")
    make_repository(source)
    github.import_repository(name, source=source, collaborators=dict.fromkeys(PEOPLE, "write"))
    return github.install(app, name)


def prepare_storm(github: RemoteSandbox, plan: StormPlan) -> dict[str, Any]:
    """Make the storm in the sandbox's process: `storm` (its number), `events`, `pull_requests`, `seconds`."""
    made: dict[str, Any] = github.command("prepare_storm", **asdict(plan))
    return made


def fire_storm(github: RemoteSandbox, storm: dict[str, Any], **how: Any) -> dict[str, Any]:
    """Let it loose and say what came of it; `how` as in `sandbox.storm.let_loose`."""
    fired: dict[str, Any] = github.command("fire_storm", storm=storm["storm"], **how)
    return fired
