"""Required documents of a touched track: they exist, as non-empty files, at the head SHA."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.model import NextAction, PullRequestFacts, Requirement, RequirementKind, State
from bot.core.policy_model import Track


def judge_documents(track: Track, facts: PullRequestFacts) -> tuple[Requirement, ...]:
    """One requirement for each document, in the policy's order; who has to act is the pull request's author."""
    return judge_document_sizes(track, facts.documents, facts.author)


def judge_document_sizes(track: Track, sizes: Mapping[str, int | None], owner: str) -> tuple[Requirement, ...]:
    """The same for any commit: `sizes` in bytes of regular files there (None: there is none)."""
    return tuple(_judge(path, sizes, owner) for path in track.required_documents)


def _judge(path: str, sizes: Mapping[str, int | None], owner: str) -> Requirement:
    if path not in sizes:
        return _missing(path, "could not be read", NextAction("anybody", "comment /gate recheck"))
    size = sizes[path]
    action = NextAction(owner, f"commit {path}, as a file with content")
    if size is None:
        return _missing(path, "is not there as a file", action)
    if size == 0:
        return _missing(path, "is empty", action)
    return Requirement(RequirementKind.DOCUMENT, path, State.SUCCESS, f"{path} is there")


def _missing(path: str, why: str, action: NextAction) -> Requirement:
    return Requirement(RequirementKind.DOCUMENT, path, State.FAILURE, f"{path} {why}", next_action=action)
