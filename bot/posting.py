"""Writing effects, and which outcomes are good enough to go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.core.model import Effect, PostCheckRun
from bot.github_api.client import Installation
from bot.github_api.errors import GitHubError, Retryable
from bot.github_api.readings import Handles, Outcome


def write_all(
    installation: Installation, handles: Handles, effects: Sequence[Effect], page: str
) -> tuple[Outcome, ...]:
    """Write `effects`; raises as `require` does."""
    outcomes = installation.write(handles, effects, page) if effects else ()
    require(outcomes)
    return outcomes


def require(outcomes: Iterable[Outcome]) -> None:
    """Raises when a check run was not posted, or when something is worth another try.

    A refused review request is an outcome like any other: the gate will name it.
    """
    for outcome in outcomes:
        if outcome.transient:
            raise Retryable(f"{type(outcome.effect).__name__}: {outcome.refused}", retry_after=10)
        if outcome.refused is not None and isinstance(outcome.effect, PostCheckRun):
            raise GitHubError(f"check run {outcome.effect.name} was refused: {outcome.refused}")
