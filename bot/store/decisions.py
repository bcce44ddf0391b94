"""The merge gate's entries of the decision log: what was decided, on which facts, because of which delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from bot.core.model import Decision, PullRequestFacts, State
from bot.store.database import Connection
from bot.store.log import Entry, Kind, append
from bot.store.text import repository_key, storable

T = TypeVar("T")
_DECISION = TypeAdapter(Decision)
_FACTS = TypeAdapter(PullRequestFacts)


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """One entry of the log. `digest` is the digest of the decision shown on GitHub."""

    decision: Decision
    digest: str
    delivery_guid: UUID | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class GateSummary:
    """An open pull request and what its gate said last; `state` is None before the first decision."""

    repository: str
    number: int
    title: str
    author: str
    is_draft: bool
    state: State | None
    gate_title: str | None
    decided_at: datetime | None


def record_decision(
    connection: Connection,
    decision: Decision,
    facts: PullRequestFacts,
    *,
    digest: str,
    decided_at: datetime,
    delivery_guid: UUID | None = None,
) -> bool:
    """Append `decision` unless the newest of its pull request has the same head and digest.

    It waits for whoever else is appending: see `bot.store.log.append`.
    """
    if _is_newest(connection, decision, digest):
        return False
    entry = Entry(
        Kind.MERGE_GATE,
        decision.repository,
        f"#{decision.number}",
        decision.state,
        decision.title,
        decided_at,
        digest=digest,
        policy_digest=decision.policy_digest,
        head_sha=decision.head_sha,
        number=decision.number,
        delivery_guid=delivery_guid,
        content=_DECISION.dump_python(decision, mode="json"),
        facts=_FACTS.dump_python(facts, mode="json"),
    )
    append(connection, entry)
    return True


def _is_newest(connection: Connection, decision: Decision, digest: str) -> bool:
    """Whether the newest entry says this already, in a shape that this version can read."""
    row = connection.execute(
        """
        SELECT CASE WHEN head_sha = %s AND digest = %s THEN decision END FROM decisions
        WHERE repository = %s AND number = %s AND kind = 'merge_gate' ORDER BY id DESC LIMIT 1
        """,
        [storable(decision.head_sha), digest, repository_key(decision.repository), decision.number],
    ).fetchone()
    return row is not None and row[0] is not None and _read(_DECISION, row[0]) is not None


def latest_decision(connection: Connection, repository: str, number: int) -> LoggedDecision | None:
    """The newest decision on a pull request, or None."""
    row = connection.execute(
        """
        SELECT decision, digest, delivery_guid, decided_at FROM decisions
        WHERE repository = %s AND number = %s AND kind = 'merge_gate' ORDER BY id DESC LIMIT 1
        """,
        [repository_key(repository), number],
    ).fetchone()
    decision = None if row is None else _read(_DECISION, row[0])
    return None if row is None or decision is None else LoggedDecision(decision, row[1], row[2], row[3])


def latest_facts(connection: Connection, repository: str, number: int) -> PullRequestFacts | None:
    """The facts that the newest decision was made on, or None."""
    row = connection.execute(
        """
        SELECT facts FROM decisions
        WHERE repository = %s AND number = %s AND kind = 'merge_gate' ORDER BY id DESC LIMIT 1
        """,
        [repository_key(repository), number],
    ).fetchone()
    return None if row is None else _read(_FACTS, row[0])


def gate_summaries(connection: Connection, limit: int = 500) -> list[GateSummary]:
    """Open pull requests with their newest decision, by repository and number; at most `limit`."""
    rows = connection.execute(
        """
        SELECT known.repository, known.number, known.title, known.author, known.is_draft,
               newest.state, newest.title, newest.decided_at
        FROM pull_requests AS known
        LEFT JOIN LATERAL (
            SELECT state, title, decided_at FROM decisions
            WHERE decisions.repository = known.repository AND decisions.number = known.number
                AND decisions.kind = 'merge_gate'
            ORDER BY id DESC LIMIT 1
        ) AS newest ON true
        WHERE known.is_open ORDER BY known.repository, known.number LIMIT %s
        """,
        [limit],
    ).fetchall()
    return [
        GateSummary(repository, number, title, author, is_draft, state and State(state), gate_title, decided_at)
        for repository, number, title, author, is_draft, state, gate_title, decided_at in rows
    ]


def _read(shape: TypeAdapter[T], value: Any) -> T | None:
    """An entry in this version's shape; one of another version counts as none, and is followed by a new one."""
    try:
        return shape.validate_python(value)
    except ValidationError:
        return None
