"""What deliveries leave behind, in one transaction: themselves, what they taught us, their commands, and jobs.

Either all of it is committed, and only then does GitHub hear 202, or nothing is. Deliveries that wait at the same
time share a transaction (docs/decisions/0014-shared-commits.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.subjects import DeploymentSubject, ReleasesSubject
from bot.delivery import Delivery
from bot.deployment_callback import callback_run
from bot.events import interpret
from bot.foundation import Foundation
from bot.intake_learning import Asked, Learning
from bot.interpretation import Interpretation, Own, RequestedDeployment
from bot.payload import number_at, text_at
from bot.store.database import Connection
from bot.store.deliveries import Outcome, StoredDelivery, store_deliveries
from bot.store.installations import own_app
from bot.store.seen import Known, read_known
from bot.store.sign_offs import COMMENT_DELETED, end_by_comment
from bot.store.text import repository_key

LONGEST_WAIT_ALONE = 2.0
"""Seconds that a delivery of its own waits for what another transaction holds."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a delivery, for the answer, the log and the metrics."""

    outcome: Outcome
    reason: str
    jobs: tuple[str, ...] = ()


def accept(services: Foundation, delivery: Delivery) -> Accepted:
    """The same for one delivery alone, in a transaction of its own."""
    with services.database.transaction() as connection:
        return take(connection, services, [delivery], read_own_app(connection), LONGEST_WAIT_ALONE)[0]


def take(
    connection: Connection,
    services: Foundation,
    deliveries: Sequence[Delivery],
    own: Own,
    longest_wait: float,
) -> list[Accepted]:
    """Keep `deliveries` and what they ask for, each GUID once. Durable when the transaction is committed.

    `longest_wait`: seconds for what another transaction holds.
    """
    now = services.clock()
    distinct = list({delivery.guid: delivery for delivery in reversed(deliveries)}.values())
    found = [interpret(delivery.event, delivery.payload, own) for delivery in distinct]
    known = read_known(connection, *_asked_about(distinct, found), longest_wait)
    found = [
        _with_what_the_store_knows(connection, services, one, delivery, known)
        for one, delivery in zip(found, distinct, strict=True)
    ]
    stored = [_as_stored(delivery, now, one) for delivery, one in zip(distinct, found, strict=True)]
    fresh = store_deliveries(connection, stored)
    asked = [
        Asked(row.guid, delivery.payload, one, row.installation_id)
        for row, delivery, one in zip(stored, distinct, found, strict=True)
        if row.guid in fresh
    ]
    jobs = Learning(connection, known, now).carry_out(asked)
    # Of several deliveries that ask for one job, the job names the first.
    services.queue.defer_all(connection, list({job.key: job for each in reversed(jobs) for job in each}.values()))
    outcomes = {row.guid: row.outcome for row in stored}
    accepted = {
        one.guid: Accepted(outcomes[one.guid], one.found.reason, tuple(job.key for job in each))
        for one, each in zip(asked, jobs, strict=True)
    }
    # What came twice, now or before, is answered once; `pop` leaves nothing for the second.
    duplicate = Accepted(Outcome.NOTHING, "duplicate")
    return [accepted.pop(delivery.guid, duplicate) for delivery in deliveries]


def _asked_about(
    deliveries: Sequence[Delivery], found: Sequence[Interpretation]
) -> tuple[set[str], set[tuple[str, int]]]:
    """The repositories and pull requests of which the store is to be asked before anything is kept."""
    seen = [one.pull_request for one in found if one.pull_request is not None]
    places = {(repository_key(one.repository), one.number) for one in seen}
    releasing = {
        repository_key(_repository(delivery))
        for delivery, one in zip(deliveries, found, strict=True)
        if one.concerns_releases
    }
    return releasing | {repository for repository, _ in places}, places


def _with_what_the_store_knows(
    connection: Connection, services: Foundation, found: Interpretation, delivery: Delivery, known: Known
) -> Interpretation:
    """What only the store or the settings can tell: whether a release waits, and whose a callback address is."""
    repository = _repository(delivery)
    if found.concerns_releases and repository_key(repository) in known.with_active_releases:
        found = replace(found, subjects=(*found.subjects, ReleasesSubject(repository)))
    if found.deleted_comment is not None and end_by_comment(
        connection, *found.deleted_comment, services.clock(), COMMENT_DELETED
    ):
        found = replace(found, subjects=(*found.subjects, ReleasesSubject(repository)))
    if found.deployment is not None:
        return _with_deployment(services, found, found.deployment)
    return found


def _with_deployment(services: Foundation, found: Interpretation, asked: RequestedDeployment) -> Interpretation:
    run_id = callback_run(asked.callback_url, services.settings.github_api_url, asked.repository)
    if run_id is None:
        return Interpretation("deployment whose callback is not the configured API's")
    return replace(found, subjects=(DeploymentSubject(asked.repository, run_id, asked.environment),))


def keep_failed(services: Foundation, delivery: Delivery, reason: str) -> None:
    """Keep a delivery that we could not make sense of; the same GUID is accepted again later."""
    bare = StoredDelivery(
        delivery.guid, delivery.event, None, None, None, services.clock(), delivery.kept, Outcome.FAILED, reason
    )
    with services.database.transaction() as connection:
        store_deliveries(connection, [bare])


def _as_stored(delivery: Delivery, now: datetime, found: Interpretation) -> StoredDelivery:
    return StoredDelivery(
        guid=delivery.guid,
        event=delivery.event,
        action=text_at(delivery.payload, "action"),
        installation_id=number_at(delivery.payload, "installation", "id"),
        repository=text_at(delivery.payload, "repository", "full_name"),
        received_at=now,
        kept=delivery.kept,
        outcome=Outcome.QUEUED if found.has_work else Outcome.NOTHING,
        reason=found.reason,
    )


def _repository(delivery: Delivery) -> str:
    return text_at(delivery.payload, "repository", "full_name") or ""


def read_own_app(connection: Connection) -> Own:
    own = own_app(connection)
    return Own(*own) if own else Own()
