"""The doctor's look at what the service keeps: database, queue, signing key, decision log. It writes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from bot.core.diagnosis import OPERATOR, Diagnosis, failure, fine, warning
from bot.core.titles import counted
from bot.foundation import Foundation
from bot.store.database import Connection, DatabaseUnreachableError
from bot.store.limits import budgets_now
from bot.store.log import Broken, verify
from bot.store.migrate import pending
from bot.store.outages import STANDBY, reason_of, why_read_only, why_unreachable
from bot.store.queue import queue_state
from bot.store.recovery import events_not_arrived, missed_summary
from bot.store.signing_keys import public_keys

DATABASE = "database"
CONNECTION, SCHEMA = "connection", "schema"
SCARCE = 0.1
"""The part of an hour's budget below which background work stops."""
RECENT_HOURS = 24
"""What was missed longer ago is told by `trackgate queue missed` alone."""
LONG_WAIT, TOO_LONG_WAIT = 60.0, 600.0
"""Seconds that a job may wait before that is worth a word, and before it means that nobody works it off."""


def examine_database(services: Foundation) -> Iterator[Diagnosis]:
    """Everything about the database. Without a connection or a schema nothing else of it is told."""
    url = services.settings.database_url or ""
    reason = why_unreachable(url)
    if reason is not None:
        text, action = f"the database {reason}", "start PostgreSQL, or correct DATABASE_URL"
        yield failure(DATABASE, CONNECTION, text, OPERATOR, action)
        return
    yield fine(DATABASE, CONNECTION, "the database answers")
    try:
        with services.database.transaction() as connection:
            yield from _examine(services, connection)
    except DatabaseUnreachableError as error:
        yield failure(DATABASE, CONNECTION, str(error), OPERATOR, "see the log of PostgreSQL")
    except psycopg.Error as error:
        text = f"the database {reason_of(error)}"
        yield failure(DATABASE, CONNECTION, text, OPERATOR, "see the log of PostgreSQL")


def _examine(services: Foundation, connection: Connection) -> Iterator[Diagnosis]:
    missing = pending(connection)
    if missing:
        text = f"{counted(len(missing), 'migration')} missing, the first is {missing[0]}"
        yield failure(DATABASE, SCHEMA, text, OPERATOR, "run `trackgate migrate`")
        return
    yield fine(DATABASE, SCHEMA, "of this version")
    yield _writing(connection)
    yield _queue(connection)
    yield _missed(connection)
    yield _limits(connection)
    yield _signing_key(services, connection)
    yield _log(connection)


def _writing(connection: Connection) -> Diagnosis:
    reason = why_read_only(connection)
    if reason is None:
        return fine(DATABASE, "writing", "the database can be written to")
    text = f"the database {reason}: deliveries are refused, and nothing is decided"
    how = "give DATABASE_URL the primary server" if reason == STANDBY else "let it write again; is its disk full?"
    return failure(DATABASE, "writing", text, OPERATOR, how)


def _queue(connection: Connection) -> Diagnosis:
    state = queue_state(connection)
    text = f"{counted(state.waiting, 'job')} waiting, {state.running} running"
    if state.waiting and state.oldest_waiting_seconds >= LONG_WAIT:
        text = f"{text}; the oldest has waited for {state.oldest_waiting_seconds:.0f} seconds"
        how = failure if state.oldest_waiting_seconds >= TOO_LONG_WAIT else warning
        return how(DATABASE, "queue", text, OPERATOR, "see whether a worker runs: `trackgate worker`")
    if state.failed:
        text = f"{text}; {counted(state.failed, 'job')} given up after the last attempt"
        return warning(DATABASE, "queue", text, OPERATOR, "see `trackgate queue parked`")
    return fine(DATABASE, "queue", text)


def _missed(connection: Connection) -> Diagnosis:
    summary = missed_summary(connection)
    missing = len(events_not_arrived(connection, RECENT_HOURS))
    if missing:
        text = f"{counted(missing, 'event')} of the last {RECENT_HOURS} hours never arrived, though asked for"
        action = "see `trackgate queue missed`; the sweep has put the gates right all the same"
        return warning(DATABASE, "missed events", text, OPERATOR, action)
    if summary.waiting:
        text = f"{counted(summary.waiting, 'event')} still to be asked for"
        return fine(DATABASE, "missed events", text)
    return fine(DATABASE, "missed events", f"none ({summary.arrived} came when they were asked for)")


def _limits(connection: Connection) -> Diagnosis:
    budgets = budgets_now(connection)
    paused = [one.account for one in budgets if one.paused_until is not None]
    scarce = [
        one.account
        for one in budgets
        if one.limit and one.remaining is not None and one.remaining < one.limit * SCARCE
    ]
    held_up = sorted({*paused, *scarce})
    if held_up:
        text = f"little is left for {', '.join(held_up[:3])}{' and others' if len(held_up) > 3 else ''}"
        action = (
            "wait: what is put off is done when GitHub has room again; see docs/github-limits.md if it stays so"
        )
        return warning(DATABASE, "GitHub limits", text, OPERATOR, action)
    return fine(DATABASE, "GitHub limits", "there is room for every installation")


def _signing_key(services: Foundation, connection: Connection) -> Diagnosis:
    if services.settings.signing_key_pem is not None:
        return fine(DATABASE, "signing key", "given by the environment")
    when = "was made here" if public_keys(connection) else "will be made here at first need"
    text = f"the key {when} and lies in the database: whoever can read that can sign release records"
    action = "set RELEASE_SIGNING_KEY_FILE; records that are signed already stay valid"
    return warning(DATABASE, "signing key", text, OPERATOR, action)


def _log(connection: Connection) -> Diagnosis:
    found = verify(connection)
    if isinstance(found, Broken):
        place = "" if found.id is None else f" at entry {found.id}"
        text = f"broken{place}: {found.why}"
        return failure(DATABASE, "decision log", text, OPERATOR, "find out who can write to the database")
    return fine(DATABASE, "decision log", f"whole: {found.entries} entries, head {found.head[:16]}")
