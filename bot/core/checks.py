"""Required checks: each touched track's commands run in one job, whose check run must be green at the head SHA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.model import CheckRun, CommitStatus, NextAction, Requirement, RequirementKind, State
from bot.core.policy_model import Policy
from bot.core.policy_types import duration_text


@dataclass(frozen=True, slots=True)
class HeadChecks:
    """What has reported on one head SHA: a pull request's, or a merge group's. `seen_at` starts the clock."""

    check_runs: Sequence[CheckRun]
    statuses: Sequence[CommitStatus]
    seen_at: datetime


def check_name(track: str) -> str:
    """The name of the job, and so of its check run."""
    return f"track / {track}"


def judge_check(track: str, head: HeadChecks, policy: Policy, author: str, now: datetime) -> Requirement | None:
    """The requirement that a track's check is; None for a track without commands."""
    if not policy.tracks[track].commands:
        return None
    name, rules = check_name(track), policy.required_checks
    ours = [run for run in head.check_runs if run.name == name and run.app_id == rules.app_id]
    if not ours:
        return _absent(name, head, policy, author, now)
    newest = max(ours, key=lambda run: run.run_id)
    if newest.status.lower() != "completed":
        reason = f"{name} is {newest.status.lower().replace('_', ' ')}"
        return _requirement(name, State.IN_PROGRESS, reason, NextAction(name, "finish; nobody has to act"))
    conclusion = (newest.conclusion or "nothing").lower()
    if conclusion in rules.accept:
        return _requirement(name, State.SUCCESS, f"{name} is {conclusion}", None)
    return _requirement(
        name,
        State.FAILURE,
        f"{name} ended with {conclusion}, and only {' or '.join(rules.accept)} counts",
        NextAction(author, f"make {name} pass"),
    )


def deadline_of(seen_at: datetime, policy: Policy) -> datetime:
    """When a check that has not appeared by then on a head first seen at `seen_at` counts as never started."""
    return seen_at + policy.required_checks.start_within


def _absent(name: str, head: HeadChecks, policy: Policy, author: str, now: datetime) -> Requirement:
    impostors = _impostors(name, head, policy)
    if now >= deadline_of(head.seen_at, policy):
        reason = f"{name} never started within {duration_text(policy.required_checks.start_within)}{impostors}"
        action = NextAction(author, f"see why the workflow did not run {name}, then push or re-run it")
        return _requirement(name, State.FAILURE, reason, action)
    reason = f"{name} has not started yet{impostors}"
    return _requirement(name, State.IN_PROGRESS, reason, NextAction(name, "start; nobody has to act"))


def _impostors(name: str, head: HeadChecks, policy: Policy) -> str:
    """What bears the name but does not count, so that nobody wonders why a green tick is not enough."""
    app_id = policy.required_checks.app_id
    found = []
    if any(run.name == name for run in head.check_runs):
        found.append(f"the check run of that name is not from App {app_id}")
    if any(status.context.lower() == name.lower() for status in head.statuses):
        found.append("a commit status of that name does not count")
    return "; " + "; ".join(found) if found else ""


def _requirement(name: str, state: State, reason: str, action: NextAction | None) -> Requirement:
    return Requirement(RequirementKind.CHECK, name, state, reason, next_action=action)
