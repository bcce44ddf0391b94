"""A storm's script, played by people on the sandbox GitHub: in a repository and an installation of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from demo.evidence import evidence, evidence_path
from demo.local import PEOPLE
from demo.source import TRACK_CHANGES
from sandbox import Pull, Sandbox
from tests.support.storm_script import TAG, Opening, Script, Step


@dataclass
class Played:
    """One repository in which a script is played. `pulls` and `heads` are in the order of the openings."""

    repository: str
    installation: Any
    desk: Any
    pulls: list[Pull]
    heads: list[str]


class Players:
    """The people and GitHub Actions, on one sandbox."""

    def __init__(self, github: Sandbox, app: Any, source: Path) -> None:
        self._github = github
        self._app = app
        self._source = source
        # One moment for all: what is written about it, and so each commit's content, is the same in every run.
        self._validated = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)

    def prepare(self, owner: str) -> Played:
        """A new organisation with the repository, the App installed, the evidence committed, the issue open."""
        name = f"{owner}/v3"
        self._github.import_repository(name, source=self._source, collaborators=dict.fromkeys(PEOPLE, "write"))
        installation = self._github.install(self._app, name)
        raj = self._github.as_user("raj")
        head = raj.call("GET", f"/repos/{name}/git/ref/heads/main")["object"]["sha"]
        files = {evidence_path(self._validated): evidence(head, TAG, self._validated)}
        self._github.as_user("priya").push(name, "main", files, message="Evidence")
        return Played(name, installation, raj.open_issue(name, f"Release {TAG}"), [], [])

    def open(self, played: Played, script: Script) -> None:
        """All pull requests, with the reviews that they have before the service looks at them."""
        for place, opening in enumerate(script.openings):
            pull = self._github.as_user(opening.author).open_pull_request(
                played.repository,
                branch=f"change-{place}",
                files=_files(opening, place),
                title=f"Change {place}",
                draft=opening.draft,
            )
            for login, event in opening.reviews:
                self._github.as_user(login).review(pull, event, "As it is.")
            played.pulls.append(pull)
            played.heads.append(pull.head_sha)

    def do(self, played: Played, script: Script, step: Step) -> None:
        """One step; returns when GitHub has answered."""
        if step.place is None:
            self._github.as_user(step.actor).comment(played.desk, step.text)
            return
        pull, opening = played.pulls[step.place], script.openings[step.place]
        match step.kind:
            case "push":
                files = {path: f"{text}\n# {step.text}\n" for path, text in _files(opening, step.place).items()}
                person = self._github.as_user(step.actor)
                played.heads[step.place] = person.push(played.repository, pull.branch, files, message="More")
            case "check_started" | "check_passed" | "check_failed":
                self._check(played, step)
            case "close_and_reopen":
                self._github.as_user(step.actor).close(pull)
                self._github.as_user(step.actor).reopen(pull)
            case "comment" | "label" | "retitle" | "ready":
                person = self._github.as_user(step.actor)
                arguments = () if step.kind == "ready" else (step.text,)
                getattr(person, step.kind)(pull, *arguments)
            case kind:
                raise ValueError(f"nobody knows how to {kind}")

    def leave(self, played: Played) -> None:
        """The App is taken off, so that later sweeps have nothing to look at here."""
        self._github.uninstall(played.installation)

    def _check(self, played: Played, step: Step) -> None:
        assert step.place is not None
        head, name = played.heads[step.place], f"track / {step.text}"
        if step.kind == "check_started":
            self._github.start_check(played.repository, head, name)
        else:
            conclusion = "success" if step.kind == "check_passed" else "failure"
            self._github.complete_check(played.repository, head, name, conclusion=conclusion)


def _files(opening: Opening, place: int) -> dict[str, str]:
    changed = {path: text for track in opening.tracks for path, text in TRACK_CHANGES[track].items()}
    return {path: f"{text}# Change {place}\n" for path, text in changed.items()}
