"""The decision log: one chain of hashes through every entry of the database. What for and against whom:
docs/decisions/0009-hash-chained-log.md.

An entry's hash is the SHA-256, in hex, of the canonical JSON of `[id, previous hash, header, content, facts]`; the
header holds its other columns (`_header`). Canonical: UTF-8, no spaces, keys in the order of their code points,
nothing escaped that need not be. The first entry follows `GENESIS`. Numbers are whole, since a fraction has more
than one spelling.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from bot.core.model import State
from bot.store.database import Connection
from bot.store.text import repository_key, storable

GENESIS = "0" * 64
"""What the first entry has as its previous hash."""
_LOCK = 7_261_834_904
_BATCH = 500


class Kind(StrEnum):
    """What an entry of the log is about."""

    MERGE_GATE = "merge_gate"
    MERGE_GROUP = "merge_group"
    RELEASE_GATE = "release_gate"
    TAGGING = "tagging"
    TAG_GUARD = "tag_guard"
    DEPLOYMENT = "deployment"
    SIGN_OFF = "sign_off"
    OVERRIDE = "override"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be logged. `content` and `facts` are JSON values with whole numbers only.

    `subject` is what it is about, in a word that pages can show (`#12`, `v3.1.0`); `number` the pull request's or
    issue's. `digest` is that of what GitHub shows of it.
    """

    kind: Kind
    repository: str
    subject: str
    state: State | str
    title: str
    recorded_at: datetime
    digest: str = ""
    policy_digest: str = ""
    head_sha: str = ""
    number: int | None = None
    delivery_guid: UUID | None = None
    content: Any = None
    facts: Any = None


@dataclass(frozen=True, slots=True)
class Logged:
    """Where an entry stands: its number in the log and its hash."""

    id: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The chain is whole: so many entries, the newest of which has the hash `head`.

    `before` counts entries from before there was a chain: nothing is known about these.
    """

    entries: int
    head: str
    before: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """The chain is not whole: the first entry that does not fit (None: it is about the end), and why."""

    id: int | None
    why: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry as it is stored. `hash` and `previous_hash` are None for one from before there was a chain."""

    id: int
    kind: str
    repository: str
    subject: str
    number: int | None
    head_sha: str
    state: str
    title: str
    digest: str
    policy_digest: str
    delivery_guid: UUID | None
    content: Any
    facts: Any
    recorded_at: datetime
    previous_hash: str | None
    hash: str | None


_COLUMNS = """id, kind, repository, subject, number, head_sha, state, title, digest, policy_digest, delivery_guid,
              decision AS content, facts, decided_at AS recorded_at, previous_hash, hash"""

_APPEND = """
    WITH chained AS MATERIALIZED (
        SELECT nextval(pg_get_serial_sequence('decisions', 'id')) AS id, coalesce(
            (SELECT hash FROM decisions ORDER BY id DESC LIMIT 1), %(genesis)s) AS previous_hash
    )
    INSERT INTO decisions (id, kind, repository, subject, number, head_sha, state, title, digest,
                           policy_digest, delivery_guid, decision, facts, decided_at, previous_hash, hash)
    OVERRIDING SYSTEM VALUE
    SELECT id, %(kind)s, %(repository)s, %(subject)s, %(number)s, %(head_sha)s, %(state)s, %(title)s,
           %(digest)s, %(policy_digest)s, %(delivery_guid)s, %(content)s::text::jsonb, %(facts)s::text::jsonb,
           %(recorded_at)s, previous_hash,
           encode(sha256(convert_to(format('[%%s,"%%s",%%s,%%s,%%s]', id, previous_hash, %(header)s::text,
                                           %(content)s::text, %(facts)s::text), 'UTF8')), 'hex')
    FROM chained
    RETURNING id, hash
    """


def append(connection: Connection, entry: Entry) -> Logged:
    """Add `entry` at the end of the chain, in the caller's transaction.

    From here until the transaction ends nobody else can append. So it should be short, and whoever appends and
    defers jobs appends first: two that wait for each other's locks would be a deadlock.
    Raises TypeError for content that is no JSON, or holds a fraction.
    """
    header = _header(entry)
    content, facts = as_stored(entry.content), as_stored(entry.facts)
    values = {
        **header,
        "content": canonical(content),
        "facts": canonical(facts),
        "header": canonical(header),
        "genesis": GENESIS,
    }
    with connection.pipeline():  # both go at once: the lock is not held while an answer travels
        # A statement of its own: the next one must see what was committed while this one waited.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        appended = connection.execute(_APPEND, values)
    row = appended.fetchone()
    if row is None:
        raise AssertionError("an INSERT of one row returns it")
    return Logged(*row)


def head(connection: Connection) -> str:
    """The hash of the newest entry, or `GENESIS`: kept elsewhere, it shows later that nothing was cut."""
    row = connection.execute("SELECT hash FROM decisions ORDER BY id DESC LIMIT 1").fetchone()
    return GENESIS if row is None or row[0] is None else str(row[0])


def entries(
    connection: Connection,
    repository: str | None = None,
    *,
    kinds: Sequence[Kind] = (),
    subject: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[LogEntry]:
    """Entries, the newest first: of one repository or all, of some kinds or all, with IDs below `before`."""
    with connection.cursor(row_factory=class_row(LogEntry)) as cursor:
        return cursor.execute(
            f"""
            SELECT {_COLUMNS} FROM decisions
            WHERE (%(repository)s::text IS NULL OR repository = %(repository)s)
                AND (%(kinds)s::text[] = '{{}}' OR kind = ANY(%(kinds)s))
                AND (%(subject)s::text IS NULL OR subject = %(subject)s)
                AND (%(before)s::bigint IS NULL OR id < %(before)s)
            ORDER BY id DESC LIMIT %(limit)s
            """,  # noqa: S608  (the columns are the constant above)
            {
                "repository": None if repository is None else repository_key(repository),
                "kinds": [kind.value for kind in kinds],
                "subject": None if subject is None else storable(subject),
                "before": before,
                "limit": limit,
            },
        ).fetchall()


def verify(connection: Connection, known: str | None = None) -> Verified | Broken:
    """Recompute the whole chain, entry by entry, as it is at this moment; memory does not grow with it.

    `known` is a hash that must be in the chain: entries missing at the end cannot be seen otherwise.
    """
    count = before = 0
    newest, newest_id, is_known = GENESIS, 0, known in (None, GENESIS)
    with connection.cursor("verify", row_factory=class_row(LogEntry)) as cursor:
        cursor.itersize = _BATCH
        cursor.execute(f"SELECT {_COLUMNS} FROM decisions ORDER BY id")  # noqa: S608
        for entry in cursor:
            if entry.hash is None and entry.previous_hash is None and count == 0:
                before += 1
                continue
            if entry.previous_hash != newest:
                follows = f"entry {newest_id}" if count else "the beginning of the chain"
                return Broken(entry.id, f"does not follow {follows}: entries are missing, added or swapped")
            if entry.hash != _hash_of(entry):
                return Broken(entry.id, "its hash is not that of what it holds")
            count, newest, newest_id = count + 1, entry.hash, entry.id
            is_known = is_known or newest == known
    if not is_known:
        return Broken(None, "no entry has that hash: entries are missing at the end, or it is another log's")
    return Verified(count, newest, before)


def canonical(value: Any) -> str:
    """The one text of a JSON value that the hashes are made of."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def as_stored(value: Any) -> Any:
    """A JSON value as the database gives it back, and so also showable: a page cannot send a lone surrogate."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): as_stored(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_stored(item) for item in value]
    if value is None or isinstance(value, int):
        return value
    raise TypeError(f"the decision log holds no {type(value).__name__}")


def _header(entry: Entry | LogEntry) -> dict[str, Any]:
    """Everything of an entry but its place in the chain, its content and its facts, as JSON values."""
    guid = entry.delivery_guid
    return {
        "kind": str(entry.kind),
        "repository": repository_key(entry.repository),
        "subject": storable(entry.subject),
        "number": entry.number,
        "head_sha": storable(entry.head_sha),
        "state": str(entry.state),
        "title": storable(entry.title),
        "digest": entry.digest,
        "policy_digest": entry.policy_digest,
        "delivery_guid": None if guid is None else str(guid),
        "recorded_at": entry.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }


def _hash_of(entry: LogEntry) -> str:
    chained = [entry.id, entry.previous_hash, _header(entry), entry.content, entry.facts]
    return hashlib.sha256(canonical(chained).encode()).hexdigest()
