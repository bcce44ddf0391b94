"""Why the database cannot be used, in words that hold nothing of its address: no host, name, user or password."""

from __future__ import annotations

import re
from typing import Any

import psycopg

CONNECT_SECONDS = 5
READ_ONLY, STANDBY = "is read-only", "is a standby, which is read-only"
# A failed connection has no SQLSTATE, only libpq's text. The first that fits counts: with several hosts, or with
# and without SSL, one text tells of several attempts.
_SIGNS = (
    (r"authentication failed|no password supplied|pg_hba\.conf|role \".*\" (does|is) not", "refuses the login"),
    (r"database \".*\" does not exist", "does not exist on its server"),
    (r"too many (clients|connections)|connection slots", "has no connection left"),
    (r"starting up|shutting down|recovery mode", "is starting or stopping"),
    (r"failed to resolve host|could not translate host", "cannot be reached: its host name is not known"),
    (r"timeout|timed out", "cannot be reached: no answer in time"),
    (r"connection refused|no such file", "cannot be reached: nobody listens at its host and port"),
    (r"\bssl\b", "cannot be reached: no agreement about SSL"),
)


def why_unreachable(url: str) -> str | None:
    """Try to connect (at most 5 seconds for each host of `url`); None when the database answers.

    The words follow "the database": "refuses the login". Opens no pool, so it is quiet and leaves nothing behind.
    """
    try:
        psycopg.connect(url, connect_timeout=CONNECT_SECONDS).close()
    except psycopg.Error as error:
        return reason_of(error)
    return None


def why_read_only(connection: psycopg.Connection[Any]) -> str | None:
    """Why a new transaction of this connection can write nothing, as words that follow "the database", or None.

    Writes nothing itself. Read-only is a standby, a database whose owner or host has set it so (many do when the
    disk is nearly full), or a login that was given no more.
    """
    row = connection.execute(
        "SELECT current_setting('transaction_read_only')::boolean, pg_is_in_recovery()"
    ).fetchone()
    if row is None or not row[0]:
        return None
    return STANDBY if row[1] else READ_ONLY


def reason_behind(error: BaseException) -> str:
    """The same for whatever was made of the database's error on the way; else what kind of error it is."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, psycopg.Error):
            return reason_of(cause)
        cause = cause.__cause__
    return f"went away ({type(error).__name__})"


def reason_of(error: psycopg.Error) -> str:
    """What the database did, as words that follow "the database"; safe to show, unlike the error's own text."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return "gives this login too few rights"
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return READ_ONLY
    if isinstance(error, psycopg.errors.DiskFull):
        return "has no room left on its disk"
    if error.sqlstate is not None:
        return f"refuses a statement (SQLSTATE {error.sqlstate})"
    text = str(error).lower()
    words = (words for sign, words in _SIGNS if re.search(sign, text))
    return next(words, f"cannot be reached ({type(error).__name__})")
