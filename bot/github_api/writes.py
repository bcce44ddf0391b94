"""Effects are written: as aliased mutations of a document, of which each succeeds or fails for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from bot.core.model import Effect
from bot.github_api.errors import Forbidden, NotFound, Refused, Retryable
from bot.github_api.mutations import CannotBeSent, Mutation, NothingToDo, mutation_document, mutation_for
from bot.github_api.readings import Handles, Outcome
from bot.github_api.session import Session
from bot.github_api.shared_writes import Answered, SharedWriter
from bot.github_api.transport import OUTAGE_WAIT

_Sendable = tuple[int, Effect, Mutation]


def write(
    writer: SharedWriter, handles: Handles, effects: Sequence[Effect], details_url: str
) -> tuple[Outcome, ...]:
    """Do `effects`; the outcomes come in their order.

    Raises Retryable when the first document may or may not have been done, and LimitReached when something is
    left to be done. Of a later document, the outcomes are transient refusals instead, so that what is done
    already stays known. Nothing is sent twice.
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
    if sendable:
        part = writer.send([mutation for _, _, mutation in sendable])
        if part.error is not None and not (part.answers and isinstance(part.error, Retryable)):
            raise part.error
        for (index, effect, mutation), answer in zip_longest(sendable, part.answers):
            outcomes[index] = _outcome(effect, mutation, answer or Answered(None), part.error)
    return tuple(outcomes[index] for index in range(len(effects)))


def mutate_one(session: Session, operation: str, mutation: Mutation) -> Mapping[str, Any]:
    """Do one mutation, and give its payload. Raises the error of our family when it was not done."""
    document, variables = mutation_document([mutation])
    parts = session.mutate(operation, document, variables, creates_content=mutation.notifies)
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


def _outcome(effect: Effect, mutation: Mutation, answer: Answered, error: BaseException | None) -> Outcome:
    if answer.payload is not None:
        return Outcome(effect, node_id=_node_id(answer.payload, mutation.node))
    if answer.problem is None:
        return Outcome(effect, refused=str(error or "GitHub gave no answer"), transient=True)
    problem = answer.problem
    return Outcome(effect, refused=problem.message or problem.kind, transient=problem.is_transient)


def _node_id(payload: Mapping[str, Any], way: tuple[str, ...]) -> str | None:
    if not way:
        return None
    value: Any = payload
    for step in way:
        value = value.get(step) if isinstance(value, Mapping) else None
    return None if value is None else str(value)
