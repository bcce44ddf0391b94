"""What to write, so that GitHub shows the decision: the last of the types that travel (see `bot.core.model`)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.finding import Annotation
from bot.core.words import State


@dataclass(frozen=True, slots=True)
class PostCheckRun:
    """Show a gate on the head SHA. `check_run_node_id`: the run, still open, that is updated.

    `annotations` are added to those that the run has: GitHub takes none away.
    """

    name: str
    head_sha: str
    state: State
    title: str
    summary: str
    external_id: str
    check_run_node_id: str | None = None
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestReview:
    """Ask one person. Each person is asked apart, so that one refusal does not stop the others."""

    login: str


@dataclass(frozen=True, slots=True)
class AddReaction:
    """React to a comment: content is a GraphQL `ReactionContent` (EYES, ROCKET, CONFUSED)."""

    comment_node_id: str
    content: str


@dataclass(frozen=True, slots=True)
class AddComment:
    """Comment on the pull request; the body is Markdown made by `core.render`."""

    body: str


@dataclass(frozen=True, slots=True)
class RemoveLabel:
    """Take a label off the pull request (`/gate unhold` by a release lead lifts the hold label too)."""

    label: str


Effect = PostCheckRun | RequestReview | AddReaction | AddComment | RemoveLabel
