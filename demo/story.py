"""The story that `make run` shows: pull requests of several kinds, each with its reviewers and its gate.

Everybody acts on GitHub by its public API, as a person or a workflow would; what is shown is what GitHub shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from demo.terminal import Terminal
from sandbox import Sandbox

REPOSITORY = "meta/integration-v3"
PATIENCE_SECONDS = 60.0


class Story:
    """Acts, waits until the gate has answered, and shows it."""

    def __init__(self, github: Sandbox, app: Any, terminal: Terminal) -> None:
        self._github = github
        self._app = app
        self._terminal = terminal
        self._shown: dict[int, str] = {}

    def tell(self) -> None:
        """The whole story, in order."""
        backend = self._open(
            "sofia", "oauth-scopes", "Gate OAuth scopes", {"backend/app/oauth.py": "SCOPES = ()\n"}
        )
        self._explain("Sofia owns backend with Maya: Raj stands in for her, Maya keeps her own slot.")
        self._check(backend, "backend", "success")
        self._review("maya", backend, "APPROVE")
        self._review("raj", backend, "APPROVE", until="success")

        crossing = {
            "dbt/models/marts/daily_performance.sql": "select 2 as spend\n",
            "frontend/src/state.ts": "export {}\n",
        }
        marts = self._open("omar", "dbt-marts", "Harden the marts and their page", crossing)
        self._explain("Two tracks: both owners, and Raj for what crosses them.")
        self._review("priya", marts, "REQUEST_CHANGES", until="failure")

        old, new = "infrastructure/airbyte/scripts/check_data_contracts.py", "docs/project/check_data_contracts.py"
        moved = self._open("lina", "move-script", "Move a script", {}, renames={old: new})
        self._explain("A rename counts at both ends: airbyte and docs.")
        self._say(moved, "raj", "/gate hold waiting for the data contract", until="failure")
        self._say(moved, "raj", "/gate unhold", until="in_progress")

        parity = {"infrastructure/airbyte/docker-compose.yml": "services: {airbyte: {}}\n"}
        draft = self._open("maya", "airbyte-parity", "Parity of templates", parity, draft=True)
        self._explain("A draft: nobody is asked yet.")
        self._act(draft, "maya marks it ready for review", lambda: self._as("maya").ready(draft))

        self._open("priya", "network", "Open a port", {"infrastructure/network.tf": "# open\n"})
        self._explain("infrastructure/network.tf lies outside all tracks: Raj decides.")

    def _open(
        self,
        author: str,
        branch: str,
        title: str,
        files: dict[str, str],
        *,
        draft: bool = False,
        renames: dict[str, str] | None = None,
    ) -> Any:
        kind = "draft pull request" if draft else "pull request"
        self._terminal.act(f"{author} opens a {kind}: {title}")
        for path in files:
            self._terminal.detail(path)
        for old, new in (renames or {}).items():
            self._terminal.detail(f"{old} → {new}")
        pull = self._as(author).open_pull_request(
            REPOSITORY, base="main", branch=branch, files=files, title=title, draft=draft, renames=renames or {}
        )
        self._show_when_answered(pull, None)
        return pull

    def _review(self, login: str, pull: Any, event: str, until: str | None = None) -> None:
        words = {"APPROVE": "approves", "REQUEST_CHANGES": "requests changes in"}[event]
        self._act(pull, f"{login} {words} #{pull.number}", lambda: self._as(login).review(pull, event), until)

    def _check(self, pull: Any, track: str, conclusion: str) -> None:
        name = f"track / {track}"
        self._act(
            pull,
            f"GitHub Actions reports {name}: {conclusion}",
            lambda: self._github.complete_check(
                REPOSITORY, pull.head_sha, name, conclusion=conclusion, app=self._github.actions_app()
            ),
        )

    def _say(self, pull: Any, login: str, text: str, until: str) -> None:
        self._act(
            pull, f"{login} comments on #{pull.number}: {text}", lambda: self._as(login).comment(pull, text), until
        )

    def _act(self, pull: Any, words: str, act: Callable[[], object], until: str | None = None) -> None:
        self._terminal.act(words)
        act()
        self._show_when_answered(pull, until)

    def _explain(self, words: str) -> None:
        self._terminal.explain(words)

    def _as(self, login: str) -> Any:
        return self._github.as_user(login)

    def _show_when_answered(self, pull: Any, state: str | None) -> None:
        """Wait until the gate says something new (and is in `state`), then show it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        before = self._shown.get(pull.number)
        while time.monotonic() < deadline:
            gates = self._gates(pull)
            gate = gates.get("gate")
            if gate is not None and repr(gates) != before and state in (None, gate[0]):
                self._shown[pull.number] = repr(gates)
                self._terminal.gates(pull.number, gates, self._asked(pull))
                return
            time.sleep(0.05)
        raise TimeoutError(f"the gate of #{pull.number} did not answer within {PATIENCE_SECONDS:.0f} seconds")

    def _gates(self, pull: Any) -> dict[str, tuple[str, str]]:
        """State and title of each gate on the head, by name, as GitHub shows them."""
        answer = self._as("raj").call(
            "GET", f"/repos/{REPOSITORY}/commits/{pull.head_sha}/check-runs", query={"per_page": 100}
        )
        runs = [run for run in answer["check_runs"] if run["app"]["id"] == self._app.id]
        newest = sorted(runs, key=lambda run: run["id"])
        return {run["name"]: (run["conclusion"] or run["status"], run["output"]["title"]) for run in newest}

    def _asked(self, pull: Any) -> list[str]:
        answer = self._as("raj").call("GET", f"/repos/{REPOSITORY}/pulls/{pull.number}/requested_reviewers")
        return [user["login"] for user in answer["users"]]
