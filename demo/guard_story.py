"""The last part of the story: what a record proves, and that there is no other way to a release tag."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3

from demo.local import Service, database_url
from demo.stage import REPOSITORY, Stage, plain
from demo.story import RELEASE
from sandbox import Deployment

UNAUTHORISED = "v3.2.0"
ENVIRONMENT = "production"
MOST_LINES = 9
"""That are shown of what a command prints."""

_WHO = re.compile(r"^\| who \| (.*) \|$", re.MULTILINE)


class GuardStory:
    """Verifies the release, tries to get around the gate, and shows what came of it. Files go into `var`."""

    def __init__(self, stage: Stage, service: Service, var: Path) -> None:
        self._stage = stage
        self._service = service
        self._terminal = stage.terminal
        self._var = var

    def tell(self) -> None:
        """The whole part, in order."""
        self._verify()
        right = self._tags()
        self._terminal.act(f"omar pushes the tag {UNAUTHORISED}, which no gate was open for")
        self._stage.person("omar").push_tags(REPOSITORY, {UNAUTHORISED: self._stage.head()})
        self._show_undone(0, right)
        self._terminal.act(f"omar moves {RELEASE} to the commit before it")
        self._stage.person("omar").move_tag(REPOSITORY, RELEASE, self._parent())
        self._show_undone(1, right)
        self._terminal.act(f"A workflow wants to deploy {RELEASE} to {ENVIRONMENT}, and another one main")
        self._stage.github.protect_environment(REPOSITORY, ENVIRONMENT, self._stage.app)
        for reference in (RELEASE, "main"):
            self._deploy(reference)
        self._terminal.act("Has anybody touched the log of decisions?")
        self._trackgate(["audit", "verify"], {"DATABASE_URL": database_url(self._var)})

    def _verify(self) -> None:
        """Download the record from GitHub and the public key from the service, and hold one against the other."""
        self._terminal.act("Anybody: download the record and the public key, and verify the tag offline")
        [asset] = self._stage.get(f"/releases/tags/{RELEASE}")["assets"]
        record, key = self._var / asset["name"], self._var / "signing-key.pem"
        record.write_bytes(self._stage.person("raj").download_asset(asset))
        key.write_bytes(urllib3.request("GET", f"{self._service.url}/signing-key.pem").data)
        files = ["--record", str(record), "--public-key", str(key)]
        self._trackgate(["verify", RELEASE, *files, "--repository", REPOSITORY])

    def _trackgate(self, arguments: list[str], variables: Mapping[str, str] | None = None) -> None:
        """Run a command as anybody would, and show what it prints. Raises CalledProcessError."""
        variables = variables or {}
        told = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
        self._terminal.line(f"    $ {' '.join([*told, shlex.join(['trackgate', *arguments])])}")
        command = [sys.executable, "-m", "bot.cli", *arguments]
        environment = {**os.environ, **variables}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        lines = done.stdout.splitlines()
        for line in lines[:MOST_LINES]:
            self._terminal.detail(line)
        if len(lines) > MOST_LINES:
            self._terminal.detail(f"… and {len(lines) - MOST_LINES} lines more")

    def _tags(self) -> dict[str, str]:
        """All tags with the SHAs of their objects."""
        found = self._stage.get("/git/matching-refs/tags/")
        return {one["ref"].removeprefix("refs/tags/"): one["object"]["sha"] for one in found}

    def _parent(self) -> str:
        return str(self._stage.get(f"/git/commits/{self._stage.head()}")["parents"][0]["sha"])

    def _show_undone(self, number: int, right: Mapping[str, str]) -> None:
        """Wait until the tags are right again, and show the App's issue about it."""

        def look() -> dict[str, Any] | None:
            found = self._stage.incidents()
            return found[number] if len(found) > number and self._tags() == right else None

        issue = self._stage.until(look, "what undoes it")
        who = "".join(_WHO.findall(issue["body"]))
        self._terminal.detail(
            f"#{issue['number']} by {issue['user']['login']}: {issue['title']} (who: {plain(who)})"
        )
        self._terminal.detail(plain(issue["body"].split("\n\n")[-2]))
        tags = ", ".join(f"{tag} at {sha}" for tag, sha in self._tags().items())
        self._terminal.detail(f"The tags are as they were before: {tags}")

    def _deploy(self, reference: str) -> None:
        """Let a workflow's job wait for the environment, as GitHub does, and show the App's answer."""
        asked = self._stage.github.request_deployment(REPOSITORY, ENVIRONMENT, reference)

        def look() -> Deployment | None:
            return None if asked.state == "waiting" else asked

        answered = self._stage.until(look, f"the answer to the deployment of {reference}")
        self._terminal.detail(f"{answered.state}: {plain(' '.join(answered.comments))}")
