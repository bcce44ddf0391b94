"""The few words that facts, decisions and effects share."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The state of a gate and of all it needs. `neutral` and `skipped` would pass on GitHub: never used."""

    SUCCESS = "success"
    IN_PROGRESS = "in_progress"
    FAILURE = "failure"


class ChangeType(StrEnum):
    """How a pull request changes a file (GraphQL `PatchStatus`)."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    COPIED = "COPIED"
    DELETED = "DELETED"
    MODIFIED = "MODIFIED"
    RENAMED = "RENAMED"


class ReviewState(StrEnum):
    """GraphQL `PullRequestReviewState` without PENDING, which only its writer sees."""

    APPROVED = "APPROVED"
    CHANGES_REQUESTED = "CHANGES_REQUESTED"
    COMMENTED = "COMMENTED"
    DISMISSED = "DISMISSED"
