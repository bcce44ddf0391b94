"""What check runs and statuses add up to."""

from __future__ import annotations

from collections.abc import Iterable

from .state import CheckRun, CheckSuite, CommitStatus, Repository

_WORST_FIRST = (
    "failure",
    "timed_out",
    "cancelled",
    "action_required",
    "stale",
    "success",
    "neutral",
    "skipped",
)


def latest_runs(runs: Iterable[CheckRun]) -> list[CheckRun]:
    """The newest run of each name, in the order in which the names first appeared."""
    newest: dict[str, CheckRun] = {}
    for run in runs:
        newest[run.name] = run
    return list(newest.values())


def suite_status(suite: CheckSuite) -> str:
    """queued without runs, completed when the newest run of each name is, else in_progress."""
    runs = latest_runs(suite.runs)
    if not runs or all(run.status == "queued" for run in runs):
        return "queued"
    return "completed" if all(run.status == "completed" for run in runs) else "in_progress"


def suite_conclusion(suite: CheckSuite) -> str | None:
    """The worst conclusion of a completed suite, None before that."""
    if suite_status(suite) != "completed":
        return None
    found = {run.conclusion for run in latest_runs(suite.runs)}
    worst = next((conclusion for conclusion in _WORST_FIRST if conclusion in found), "neutral")
    return "neutral" if worst == "skipped" else worst


def runs_of_commit(repository: Repository, sha: str) -> list[CheckRun]:
    """Every check run on a commit, oldest first."""
    runs = [run for suite in repository.suites.get(sha, []) for run in suite.runs]
    return sorted(runs, key=lambda run: run.id)


def latest_statuses(repository: Repository, sha: str) -> list[CommitStatus]:
    """The newest status of each context; contexts differ in more than case."""
    newest: dict[str, CommitStatus] = {}
    for status in repository.statuses.get(sha, []):
        newest[status.context.lower()] = status
    return list(newest.values())


def combined_state(statuses: Iterable[CommitStatus]) -> str:
    """failure if any failed, pending if none or any is pending, else success."""
    states = {status.state for status in statuses}
    if states & {"failure", "error"}:
        return "failure"
    return "success" if states == {"success"} else "pending"


def rollup_state(repository: Repository, sha: str) -> str | None:
    """GraphQL's summary of all checks and statuses, or None without any."""
    statuses = latest_statuses(repository, sha)
    runs = [run for suite in repository.suites.get(sha, []) for run in latest_runs(suite.runs)]
    if not statuses and not runs:
        return None
    states = {status.state for status in statuses}
    for run in runs:
        if run.status != "completed":
            states.add("pending")
        else:
            states.add("success" if run.conclusion in ("success", "neutral", "skipped") else "failure")
    for state in ("failure", "error", "pending"):
        if state in states:
            return state.upper()
    return "SUCCESS"
