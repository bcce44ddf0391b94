"""Effects are written: one document of aliased mutations, of which each succeeds or fails for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.model import Effect
from bot.github_api.errors import Forbidden, NotFound, Refused, Retryable
from bot.github_api.graphql import Parts
from bot.github_api.mutations import CannotBeSent, Mutation, NothingToDo, mutation_document, mutation_for
from bot.github_api.readings import Handles, Outcome
from bot.github_api.session import Session
from bot.github_api.transport import OUTAGE_WAIT

# GitHub ends a GraphQL request after ten seconds, and each check run takes it some tenths of one.
MUTATIONS_IN_A_DOCUMENT = 20
OPERATION = "write"

_Sendable = tuple[int, Effect, Mutation]


def write(session: Session, handles: Handles, effects: Sequence[Effect], details_url: str) -> tuple[Outcome, ...]:
    """Do `effects`; the outcomes come in their order.

    Raises Retryable when the first document may or may not have been done. Of a later one, the outcomes are
    transient refusals instead, so that what is done already stays known. Nothing is sent twice.
    """
    outcomes: dict[int, Outcome] = {}
    sendable: list[_Sendable] = []
    for index, effect in enumerate(effects):
        try:
            sendable.append((index, effect, mutation_for(effect, handles, details_url)))
        except CannotBeSent as reason:
            outcomes[index] = Outcome(effect, refused=str(reason))
        except NothingToDo:
            outcomes[index] = Outcome(effect)
    for start in range(0, len(sendable), MUTATIONS_IN_A_DOCUMENT):
        batch = sendable[start : start + MUTATIONS_IN_A_DOCUMENT]
        try:
            outcomes |= _send(session, batch)
        except Retryable as error:
            if start == 0:
                raise
            rest = sendable[start:]
            outcomes |= {i: Outcome(effect, refused=str(error), transient=True) for i, effect, _ in rest}
            break
    return tuple(outcomes[index] for index in range(len(effects)))


def mutate_one(session: Session, operation: str, mutation: Mutation) -> Mapping[str, Any]:
    """Do one mutation, and give its payload. Raises the error of our family when it was not done."""
    document, variables = mutation_document([mutation])
    parts = session.mutate(operation, document, variables)
    payload = parts.data.get("e0")
    if payload is not None:
        return dict(payload)
    problem = next(iter(parts.problems), None)
    if problem is None or problem.is_transient:
        raise Retryable(f"{operation}: {problem.message if problem else 'GitHub gave no answer'}", OUTAGE_WAIT)
    text = f"{operation}: {problem.message or problem.kind}"
    if problem.kind == "NOT_FOUND":
        raise NotFound(text)
    raise Forbidden(text) if problem.kind == "FORBIDDEN" else Refused(text, 422)


def _send(session: Session, batch: Sequence[_Sendable]) -> dict[int, Outcome]:
    document, variables = mutation_document([mutation for _, _, mutation in batch])
    parts = session.mutate(OPERATION, document, variables)
    return {
        index: _outcome(effect, mutation, f"e{position}", parts)
        for position, (index, effect, mutation) in enumerate(batch)
    }


def _outcome(effect: Effect, mutation: Mutation, alias: str, parts: Parts) -> Outcome:
    payload = parts.data.get(alias)
    if payload is not None:
        return Outcome(effect, node_id=_node_id(payload, mutation.node))
    problem = next((problem for problem in parts.problems if problem.path[:1] == (alias,)), None)
    if problem is None:
        return Outcome(effect, refused="GitHub gave no answer", transient=True)
    return Outcome(effect, refused=problem.message or problem.kind, transient=problem.is_transient)


def _node_id(payload: Mapping[str, Any], way: tuple[str, ...]) -> str | None:
    if not way:
        return None
    value: Any = payload
    for step in way:
        value = value.get(step) if isinstance(value, Mapping) else None
    return None if value is None else str(value)
