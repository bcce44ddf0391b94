"""The second part of the story: a release, blocked for each reason in turn, until its tag is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from demo.evidence import evidence, evidence_path
from demo.stage import REPOSITORY, Report, Stage
from demo.story import RELEASE, PullRequestStory
from demo.terminal import Shown
from sandbox import Pull, Thread

TRACKS, STAGING, EVIDENCE, SIGN_OFFS = "tracks", "staging validation", "evidence", "sign-offs"
OPEN, WAITING, CLOSED = "success", "in_progress", "failure"


class ReleaseStory:
    """From `/gate release` to the tag: acts, waits for the App's comment, and shows what changed in it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._terminal = stage.terminal
        self._before = Report("", "", {})
        self._thread: Thread

    def tell(self, pulls: list[Pull], merging: PullRequestStory) -> Thread:
        """The whole way; returns the issue with the App's comment. `pulls` are open, and of the release."""
        self._thread = self._stage.person("raj").open_issue(REPOSITORY, f"Release {RELEASE}")
        self._comment("raj", f"/gate release {RELEASE}", {TRACKS: WAITING, SIGN_OFFS: WAITING})
        merging.tell_of_merges(pulls)
        self._answer({TRACKS: OPEN})
        self._validate("1029384001", {STAGING: CLOSED, EVIDENCE: OPEN}, failed="rate-limit-429")
        self._comment("raj", "/gate approve", {SIGN_OFFS: WAITING})
        self._push_a_fix()
        self._comment("raj", "/gate approve", {SIGN_OFFS: WAITING})
        self._validate("1029384002", {STAGING: OPEN, EVIDENCE: OPEN})
        self._terminal.explain("Only evidence was added: Raj's confirmation of the commit before stands.")
        self._comment("mira", "/gate approve", {SIGN_OFFS: OPEN})
        self._show_released()
        return self._thread

    def _comment(self, login: str, text: str, expected: Mapping[str, str]) -> None:
        self._terminal.act(f"{login} comments on #{self._thread.number}: {text}")
        self._stage.person(login).comment(self._thread, text)
        self._answer(expected)

    def _validate(self, app: str, expected: Mapping[str, str], failed: str | None = None) -> None:
        """Priya validates the head on staging, against a new test app, and commits what came of it."""
        now = datetime.now(UTC).replace(microsecond=0)
        path = evidence_path(now)
        name = path.rpartition("/")[2]
        result = f"{failed}: fail" if failed else "every scenario: pass"
        self._terminal.act(f"priya validates main on staging and commits {name} ({result})")
        scenarios, outcome = ({failed: "fail"}, "fail") if failed else ({}, "pass")
        text = evidence(self._stage.head(), RELEASE, now, app=app, scenarios=scenarios, result=outcome)
        self._stage.person("priya").push(REPOSITORY, "main", {path: text}, message="Evidence of a validation")
        self._answer(expected)

    def _push_a_fix(self) -> None:
        file = {"backend/app/sync.py": "def sync(tenant: str) -> None: ...\n"}
        self._terminal.act(f"sofia pushes a fix straight to main: {next(iter(file))}")
        fix = self._stage.person("sofia").push(REPOSITORY, "main", file, message="Fix the sync")
        self._answer({TRACKS: WAITING, EVIDENCE: CLOSED, SIGN_OFFS: WAITING})
        for conclusion, state in (("failure", CLOSED), ("success", OPEN)):
            self._terminal.act(f"GitHub Actions reports track / backend on it: {conclusion}")
            self._stage.check(fix, "backend", conclusion)
            self._answer({TRACKS: state})

    def _answer(self, expected: Mapping[str, str]) -> None:
        """Wait until the comment is another one, with these states; show what changed in it."""
        before = self._before

        def look() -> Report | None:
            report = self._stage.report(self._thread)
            if report is None or report.rows == before.rows:
                return None
            return report if expected.items() <= {(name, row.state) for name, row in report.rows.items()} else None

        report = self._stage.until(look, f"an answer on #{self._thread.number}")
        if not before.rows:
            self._terminal.detail(report.status)
        self._terminal.shown({name: row for name, row in report.rows.items() if before.rows.get(name) != row})
        if report.next_action not in ("", before.next_action):
            self._terminal.detail(report.next_action)
        self._before = report

    def _show_released(self) -> None:
        """The tag, the release with its record, the check run and the comment, as GitHub shows them."""
        head = self._stage.head()
        gate = self._stage.until(self._released_gate(head), f"the release {RELEASE}")
        tag = self._stage.get(f"/git/ref/tags/{RELEASE}")["object"]
        made = self._stage.get(f"/git/tags/{tag['sha']}")
        release = self._stage.get(f"/releases/tags/{RELEASE}")
        report = self._stage.report(self._thread)
        self._terminal.line()
        self._terminal.shown({"gate/release": gate})
        self._terminal.detail(f"tag      {made['tag']} (annotated) on {made['object']['sha']}, the head of main")
        state = "draft" if release["draft"] else "published"
        self._terminal.detail(f"release  {state} by {release['author']['login']}, with {_assets(release)}")
        if report is not None:
            self._terminal.detail(f"comment  {report.status}")

    def _released_gate(self, sha: str) -> Callable[[], Shown | None]:
        def look() -> Shown | None:
            gate = self._stage.gates(sha).get("gate/release")
            return gate if gate is not None and gate.state == OPEN else None

        return look


def _assets(release: Mapping[str, Any]) -> str:
    return ", ".join(f"{asset['name']} ({asset['size']} bytes)" for asset in release["assets"])
