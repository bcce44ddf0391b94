"""Many requirements → one state and the one next action."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.model import NextAction, Requirement, RequirementKind, State

_GRAVITY = {State.SUCCESS: 0, State.IN_PROGRESS: 1, State.FAILURE: 2}
_ORDER = {kind: index for index, kind in enumerate(RequirementKind)}
_WAITING_ORDER = {RequirementKind.DRAFT: -1}
"""While only waiting, the author's draft comes first: until then nobody else is asked for anything."""


def gravity(state: State) -> int:
    """How far from open: 0 for success, more for what is worse."""
    return _GRAVITY[state]


def worst(requirements: Iterable[Requirement]) -> State:
    """The gravest state of all; success when nothing is required."""
    return gravest(requirement.state for requirement in requirements)


def gravest(states: Iterable[State]) -> State:
    """The gravest of some states; success when there are none."""
    return max(states, key=_GRAVITY.__getitem__, default=State.SUCCESS)


def by_urgency(requirements: Iterable[Requirement]) -> list[Requirement]:
    """The unmet requirements: failed before waiting, then by kind, then as they stand."""
    unmet = [requirement for requirement in requirements if requirement.state is not State.SUCCESS]
    return sorted(unmet, key=_urgency)


def first_action(requirements: Iterable[Requirement]) -> NextAction | None:
    """The next action of the most urgent unmet requirement; None when all are met."""
    return next((requirement.next_action for requirement in by_urgency(requirements)), None)


def _urgency(requirement: Requirement) -> tuple[int, int]:
    order = _ORDER[requirement.kind]
    if requirement.state is State.IN_PROGRESS:
        order = _WAITING_ORDER.get(requirement.kind, order)
    return (-_GRAVITY[requirement.state], order)
