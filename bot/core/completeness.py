"""Fail closed: what could not be read whole is not judged as if it had been."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.model import NextAction, PullRequestFacts, Requirement, RequirementKind, State

MAXIMUM_FILES = 3000
"""GitHub lists no more files of a pull request (REST "List pull requests files")."""


def judge_completeness(facts: PullRequestFacts) -> tuple[Requirement, ...]:
    """One failed requirement for each thing that is missing from the facts; none when all was read."""
    found = unreadable_requirements(facts.unreadable)
    if facts.changed_files > MAXIMUM_FILES:
        reason = f"{facts.changed_files} changed files; GitHub shows {MAXIMUM_FILES}, so no more can be judged"
        action = NextAction(facts.author, f"split it into pull requests of at most {MAXIMUM_FILES} files")
        found.append(Requirement(RequirementKind.FILES, "files", State.FAILURE, reason, action))
    elif len(facts.files) != facts.changed_files:
        found.append(_failed("files", f"{len(facts.files)} of {facts.changed_files} changed files could be read"))
    return tuple(found)


def unreadable_requirements(unreadable: Iterable[str]) -> list[Requirement]:
    """One failed requirement for each thing that GitHub would not show."""
    return [_failed(what, f"{what} could not be read") for what in unreadable]


def _failed(subject: str, reason: str) -> Requirement:
    action = NextAction("anybody", "comment /gate recheck")
    return Requirement(RequirementKind.FILES, subject, State.FAILURE, reason, action)
