"""What `trackgate doctor` says: a diagnosis for each thing it looked at, with one next step and its owner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.core.model import NextAction

OPERATOR = "whoever runs Trackgate"
APP_OWNER = "the owner of the GitHub App"


class Health(StrEnum):
    """A warning leaves both gates at work; a failure leaves something unprotected, or not working."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at: `check` of `subject` (the App, an installation, `owner/name`, the database).

    `next_action` is set exactly when `health` is not ok. Texts may hold words of strangers: they are not inert.
    """

    subject: str
    check: str
    health: Health
    text: str
    next_action: NextAction | None = None


def fine(subject: str, check: str, text: str) -> Diagnosis:
    """All is well."""
    return Diagnosis(subject, check, Health.OK, text)


def warning(subject: str, check: str, text: str, owner: str, action: str) -> Diagnosis:
    """Something that somebody should know, or do when there is time."""
    return Diagnosis(subject, check, Health.WARNING, text, NextAction(owner, action))


def failure(subject: str, check: str, text: str, owner: str, action: str) -> Diagnosis:
    """Something that has to be put right."""
    return Diagnosis(subject, check, Health.FAILURE, text, NextAction(owner, action))
