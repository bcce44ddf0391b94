"""Where the story is played: people act on the sandbox GitHub, and what it then shows is printed.

Everybody acts by GitHub's public API, as a person or a workflow would; what is shown is what GitHub shows.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from demo.terminal import Shown, Terminal
from sandbox import App, Person, Pull, Sandbox, Thread

Found = TypeVar("Found")

REPOSITORY = "meta/integration-v3"
PATIENCE_SECONDS = 60.0

_STATES = {"✅": "success", "🕓": "in_progress", "❌": "failure"}
_CELL = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_INVISIBLE = "\u2060"
"""What keeps a word of others from becoming a mention or a link."""


@dataclass(frozen=True, slots=True)
class Report:
    """The App's comment about a release: its status line, whose turn it is, and its rows by name."""

    status: str
    next_action: str
    rows: dict[str, Shown]


@dataclass(frozen=True, slots=True)
class Stage:
    """The sandbox GitHub with the App on it, and the terminal."""

    github: Sandbox
    app: App
    terminal: Terminal

    def person(self, login: str) -> Person:
        """A person's own client."""
        return self.github.as_user(login)

    def get(self, path: str, **query: str) -> Any:
        """What GitHub's REST API answers Raj below the repository; of a list at most 100 items."""
        query = {"per_page": "100", **query}
        return self.person("raj").call("GET", f"/repos/{REPOSITORY}{path}", query=query)

    def head(self) -> str:
        """The commit that main is at."""
        return str(self.get("/git/ref/heads/main")["object"]["sha"])

    def check(self, sha: str, track: str, conclusion: str) -> None:
        """GitHub Actions reports the check of a track."""
        actions = self.github.actions_app()
        self.github.complete_check(REPOSITORY, sha, f"track / {track}", conclusion=conclusion, app=actions)

    def until(self, look: Callable[[], Found | None], what: str) -> Found:
        """Look until something is there, and return it. Raises TimeoutError."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found is not None:
                return found
            time.sleep(0.05)
        raise TimeoutError(f"{what} did not come within {PATIENCE_SECONDS:.0f} seconds")

    def gates(self, sha: str) -> dict[str, Shown]:
        """State and title of each gate on a commit, by name, the whole gate first: the App's newest check run."""
        answer = self.get(f"/commits/{sha}/check-runs")
        runs = sorted((run for run in answer["check_runs"] if run["app"]["id"] == self.app.id), key=_number)
        found = {run["name"]: Shown(run["conclusion"] or run["status"], run["output"]["title"]) for run in runs}
        return dict(sorted(found.items(), key=lambda item: (item[0] != "gate", item[0])))

    def asked(self, pull: Pull) -> list[str]:
        """Who is asked to review."""
        return [user["login"] for user in self.get(f"/pulls/{pull.number}/requested_reviewers")["users"]]

    def report(self, thread: Thread) -> Report | None:
        """The App's comment about the release, if there is one yet."""
        bodies = [one["body"] for one in self.get(f"/issues/{thread.number}/comments")]
        found = [body for body in bodies if body.startswith("<!-- trackgate release ")]
        return _read(found[-1]) if found else None

    def incidents(self) -> list[dict[str, Any]]:
        """The App's own issues, oldest first."""
        found = self.get("/issues", state="all")
        return sorted((one for one in found if one["user"]["type"] == "Bot"), key=_number)


def plain(markdown: str) -> str:
    """Markdown of the App as people read it."""
    return _ESCAPED.sub(r"\1", markdown.replace(_INVISIBLE, "").replace("**", ""))


def _number(item: dict[str, Any]) -> int:
    number: int = item["id"]
    return number


def _read(comment: str) -> Report:
    paragraphs = comment.split("\n\n")
    action = next((part for part in paragraphs if part.startswith("**Next:**")), "")
    rows: dict[str, Shown] = {}
    # The first table is that of the rows; the others have the details.
    for line in next((part for part in paragraphs if part.startswith("| | row |")), "").splitlines()[2:]:
        _, mark, name, reason, *_ = (cell.strip() for cell in _CELL.split(line))
        rows[name] = Shown(_STATES[mark], plain(reason))
    return Report(plain(paragraphs[2]), plain(action), rows)
