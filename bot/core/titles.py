"""One line for a gate: what it waits for, or what must change. Shown as the title of its check run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.core.inert import visible
from bot.core.model import Requirement, RequirementKind, State
from bot.core.verdict import by_urgency

MAXIMUM_TITLE = 200
"""Characters; GitHub's own page shows fewer, and 255 is its limit for titles."""


def gate_title(state: State, requirements: Sequence[Requirement], tracks: Sequence[str]) -> str:
    """The title of `gate`."""
    if state is not State.SUCCESS:
        return _unmet_title(state, requirements)
    approvals = len({item.subject for item in requirements if item.kind is RequirementKind.APPROVAL})
    checks = [item for item in requirements if item.kind is RequirementKind.CHECK]
    overridden = sum(bool(item.overrides) for item in checks)
    where = ", ".join(tracks) or "no track"
    aside = f" ({overridden} overridden)" if overridden else ""
    return shortened(f"Open: {where}; {counted(approvals, 'approval')}, {counted(len(checks), 'check')}{aside}")


def track_title(state: State, requirements: Sequence[Requirement]) -> str:
    """The title of `gate/<track>`."""
    if state is State.SUCCESS:
        return shortened("Open: " + "; ".join(dict.fromkeys(item.reason for item in requirements)))
    return _unmet_title(state, requirements)


def counted(number: int, noun: str) -> str:
    """`1 approval`, `2 approvals`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shortened(text: str, limit: int = MAXIMUM_TITLE) -> str:
    """One line of at most `limit` characters, without what could make it look like another.

    No Markdown: GitHub shows titles of check runs as plain text.
    """
    line = " ".join(visible(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _unmet_title(state: State, requirements: Iterable[Requirement]) -> str:
    unmet = [item for item in by_urgency(requirements) if item.state is state]
    if state is State.FAILURE:
        return shortened("Blocked: " + "; ".join(dict.fromkeys(item.reason for item in unmet)))
    return shortened("Waiting for " + ", ".join(dict.fromkeys(_awaited(item) for item in unmet)))


def _awaited(item: Requirement) -> str:
    if item.kind is RequirementKind.DRAFT:
        return "the author (draft)"
    if item.kind is RequirementKind.SIBLING:
        return f"pull request {item.subject}"
    return item.subject
