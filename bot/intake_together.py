"""Deliveries that wait at the same time share a transaction: for all threads of a web process.

Why so, with figures: docs/decisions/0014-shared-commits.md.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import psycopg
import structlog

from bot.delivery import Delivery, Received, UnreadableError
from bot.foundation import Foundation
from bot.intake import Accepted, accept, keep_failed, read_own_app, take
from bot.intake_group import Group
from bot.interpretation import Own
from bot.logs import lines_held, log_context, write_held_lines
from bot.metrics import DELIVERIES, event_label
from bot.store.database import ConflictError, Connection, DatabaseUnreachableError, is_refusal_of_values
from bot.store.deliveries import Outcome

MOST_AT_ONCE = 64
"""Deliveries of one transaction."""
PATIENCE_SECONDS = 0.01
"""A group of deliveries waits no longer for those that are expected (`bot.intake_group`)."""
LONGEST_WAIT_TOGETHER, LONGEST_BEFORE_ALONE = 2.0, 2.5
"""Seconds that a group waits for what another transaction holds; then each of it tries alone, unless that took
longer. GitHub hangs up after 10 seconds: it should hear 503 before that; a connection may be waited for, too."""
LONGEST_GROUP = 8.0
"""Seconds after which nobody waits for a group any more: a server that stands still ends no statement."""
OWN_APP_SECONDS, NO_APP_SECONDS = 60.0, 1.0
"""So long is what the store said of our own App believed: it changes when the service gets another App, and is not
known before GitHub was asked once."""
_log = structlog.stdlib.get_logger(__name__)


class Intake:
    """Takes the deliveries of one process, for any number of threads."""

    def __init__(self, services: Foundation) -> None:
        self._services = services
        self._together = Group(
            self._take,
            most=MOST_AT_ONCE,
            patience=PATIENCE_SECONDS,
            longest=LONGEST_GROUP,
            for_all=_is_outage,
        )
        self._own = Own()
        self._own_until = 0.0

    def accept(self, received: Received) -> Accepted:
        """Store and queue what a delivery asks for; durable when this returns.

        One whose values the database refuses is kept as failed, so that the same GUID can be delivered again.
        Raises UnreadableError; DatabaseUnreachableError when nothing of the delivery was stored.
        """
        began = time.monotonic()
        try:
            answer = self._submit(received)
        except TimeoutError as error:
            # GitHub is asked for it again; should it have been stored after all, it is a duplicate then.
            raise DatabaseUnreachableError("database does not answer (it stands still)") from error
        except Exception as error:
            if _is_outage(error):
                raise
            if time.monotonic() - began > LONGEST_BEFORE_ALONE:
                raise DatabaseUnreachableError(f"database is busy ({type(error).__name__})") from error
            # Somebody's values were refused, or somebody's lock was in the way: each then tries for itself, so
            # that an error reaches the one whose it is.
            _log.info("taken on its own", error=type(error).__name__)
            answer = self._accept_alone(Delivery.of(received))
        if isinstance(answer, UnreadableError):
            raise answer
        return answer

    def _submit(self, received: Received) -> Accepted | UnreadableError:
        try:
            return self._together.submit(received)
        finally:
            write_held_lines()

    def _accept_alone(self, delivery: Delivery) -> Accepted:
        try:
            try:
                accepted = accept(self._services, delivery)
            except psycopg.Error as error:
                if not is_refusal_of_values(error):
                    raise
                reason = f"the database refused a value ({type(error).__name__})"
                _log.exception("delivery failed")
                keep_failed(self._services, delivery, reason)
                accepted = Accepted(Outcome.FAILED, reason)
        except psycopg.Error as error:
            # Such as a database that is read-only now: whatever it is, nothing was stored.
            raise DatabaseUnreachableError(type(error).__name__) from error
        _tell(delivery, accepted)
        return accepted

    def _take(self, received: Sequence[Received]) -> list[Accepted | UnreadableError]:
        """Whatever one thread can do for all it does: many beside each other take twice the time for it."""
        with lines_held():  # the callers write them
            read = [_read(one) for one in received]
            deliveries = [one for one in read if isinstance(one, Delivery)]
            accepted = iter(self._take_readable(deliveries) if deliveries else ())
        return [next(accepted) if isinstance(one, Delivery) else one for one in read]

    def _take_readable(self, deliveries: Sequence[Delivery]) -> list[Accepted]:
        named = log_context(deliveries=[str(delivery.guid) for delivery in deliveries])
        with named, self._services.database.pipelined() as connection:
            own = self._own_app(connection)
            accepted = take(connection, self._services, deliveries, own, LONGEST_WAIT_TOGETHER)
        for delivery, one in zip(deliveries, accepted, strict=True):
            _tell(delivery, one)
        return accepted

    def _own_app(self, connection: Connection) -> Own:
        """Who we are. Only one group at a time comes here."""
        if time.monotonic() >= self._own_until:
            self._own = read_own_app(connection)
            is_known = self._own.app_id is not None
            self._own_until = time.monotonic() + (OWN_APP_SECONDS if is_known else NO_APP_SECONDS)
        return self._own


def _tell(delivery: Delivery, accepted: Accepted) -> None:
    """Count and log a delivery that is kept; the log's line names it wherever this runs."""
    DELIVERIES.labels(event_label(delivery.event), accepted.outcome.value).inc()
    named = {"delivery": str(delivery.guid), "event_name": delivery.event}
    _log.info("delivery", **named, outcome=accepted.outcome.value, reason=accepted.reason, jobs=accepted.jobs)


def _read(received: Received) -> Delivery | UnreadableError:
    try:
        return Delivery.of(received)
    except UnreadableError as error:
        return error


def _is_outage(error: BaseException) -> bool:
    """Whether the next transaction would meet the same, so that nobody needs to wait for it."""
    return isinstance(error, DatabaseUnreachableError) and not isinstance(error, ConflictError)
