"""The first part of the story that `make run` tells: six pull requests, one for each track, and their gates."""

from __future__ import annotations

from collections.abc import Callable

from demo.source import TRACK_CHANGES
from demo.stage import REPOSITORY, Stage
from demo.terminal import Shown
from sandbox import Pull

RELEASE = "v3.1.0"
FIRST = ("sofia", "backend", "Gate OAuth scopes")
OTHERS = (
    ("omar", "dbt", "Harden the marts"),
    ("omar", "frontend", "Show what is stale"),
    ("maya", "airbyte", "Parity of templates"),
    ("omar", "qa", "Cover missing scopes"),
    ("raj", "docs", "Runbook of operations"),
)
METHODS = ("merge", "squash", "rebase")
"""How they are merged, in turn: the release gate knows each by the pull request that brought it."""


class PullRequestStory:
    """Acts, waits until the gates have answered, and shows them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._terminal = stage.terminal

    def tell_of_gates(self) -> list[Pull]:
        """Open the release's six pull requests and one that is not of it; returns the six, by track."""
        backend = self._open_first()
        others = self._open_others()
        self._close_two(others[0], others[1])
        self._open_crossing()
        return [backend, *others]

    def tell_of_merges(self, pulls: list[Pull]) -> None:
        """Everything that is still missing comes, and all six are merged, while their gates are open."""
        self._terminal.act("The hold is lifted, checks pass, everybody approves, and raj merges all six")
        self._say(pulls[2], "/gate unhold")
        self._review("priya", pulls[1], "APPROVE")
        self._stage.person("maya").ready(pulls[3])
        for pull, (_, track, _) in zip(pulls[1:], OTHERS, strict=True):
            if track != "docs":
                self._stage.check(pull.head_sha, track, "success")
        for pull, method in zip(pulls, METHODS * 2, strict=True):
            self._terminal.shown({f"#{pull.number}": self._stage.until(self._approved(pull), "an open gate")})
            self._stage.person("raj").merge(pull, method)

    def _open_first(self) -> Pull:
        author, track, title = FIRST
        self._terminal.act(f"{author} opens a pull request for {RELEASE}: {title}")
        pull = self._open(author, track, title)
        self._stage.until(lambda: len(self._stage.asked(pull)) == 2 or None, "the request for reviews")
        self._terminal.asked(pull.number, self._stage.asked(pull))
        self._terminal.shown(self._answer(pull, "in_progress"))
        self._terminal.explain("Sofia owns backend with Maya: Raj stands in for her, Maya keeps her own slot.")
        self._terminal.act(f"track / {track} succeeds, and {' and '.join(self._stage.asked(pull))} approve")
        self._stage.check(pull.head_sha, track, "success")
        for login in self._stage.asked(pull):
            self._review(login, pull, "APPROVE")
        self._terminal.shown(self._answer(pull, "success"))
        return pull

    def _open_others(self) -> list[Pull]:
        self._terminal.act(
            f"One for each of the other tracks, with the milestone {RELEASE} too; maya's is a draft"
        )
        opened = []
        for author, track, title in OTHERS:
            opened.append(self._open(author, track, title, draft=author == "maya"))
            gate = self._answer(opened[-1], "in_progress")["gate"]
            self._terminal.shown({f"#{opened[-1].number} {track:<8} by {author:<5}": gate})
        self._terminal.explain("Raj's own docs change: Mira alone is left to approve it.")
        return opened

    def _close_two(self, disputed: Pull, held: Pull) -> None:
        hold = "/gate hold waiting for the data contract"
        self._terminal.act(f"priya requests changes in #{disputed.number}; raj comments on #{held.number}: {hold}")
        self._review("priya", disputed, "REQUEST_CHANGES")
        self._say(held, hold)
        for pull in (disputed, held):
            self._terminal.shown({f"#{pull.number}": self._answer(pull, "failure")["gate"]})

    def _open_crossing(self) -> None:
        old, new = "infrastructure/airbyte/scripts/check_data_contracts.py", "docs/project/check_data_contracts.py"
        self._terminal.act(f"lina moves a script out of airbyte, into {new}")
        pull = self._stage.person("lina").open_pull_request(
            REPOSITORY, branch="move-script", title="Move a script", renames={old: new}
        )
        self._terminal.shown({f"#{pull.number}": self._answer(pull, "in_progress")["gate"]})
        self._terminal.explain("A rename counts at both ends: airbyte and docs, and Raj for what crosses them.")

    def _open(self, author: str, track: str, title: str, *, draft: bool = False) -> Pull:
        pull = self._stage.person(author).open_pull_request(
            REPOSITORY, branch=f"{track}-for-release", files=TRACK_CHANGES[track], title=title, draft=draft
        )
        self._stage.person(author).set_milestone(pull, RELEASE)
        return pull

    def _review(self, login: str, pull: Pull, event: str) -> None:
        self._stage.person(login).review(pull, event)

    def _say(self, pull: Pull, text: str) -> None:
        self._stage.person("raj").comment(pull, text)

    def _answer(self, pull: Pull, state: str) -> dict[str, Shown]:
        """The gates, once `gate` is in this state."""

        def look() -> dict[str, Shown] | None:
            gates = self._stage.gates(pull.head_sha)
            return gates if "gate" in gates and gates["gate"].state == state else None

        return self._stage.until(look, f"{state} of the gate of #{pull.number}")

    def _approved(self, pull: Pull) -> Callable[[], Shown | None]:
        """Looks for the open gate; until then, whoever is asked approves."""

        def look() -> Shown | None:
            gate = self._stage.gates(pull.head_sha)["gate"]
            if gate.state == "success":
                return gate
            for login in self._stage.asked(pull):
                self._review(login, pull, "APPROVE")
            return None

        return look
