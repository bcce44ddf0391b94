"""The decision log's chain: whatever is changed, removed, added or swapped is found; nobody appends beside it."""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.store.database import Connection, Database
from bot.store.log import (
    GENESIS,
    Broken,
    Kind,
    Logged,
    Verified,
    append,
    entries,
    head,
    verify,
)
from tests.support.builders import NOW
from tests.support.log_entry import ENTRY

TAMPERING = "UPDATE decisions SET {} WHERE id = %s"
TAMPER = "ALTER TABLE decisions DISABLE TRIGGER USER"


@pytest.fixture
def chain(connection: Connection) -> list[Logged]:
    """Four entries of different kinds."""
    kinds = (Kind.RELEASE_GATE, Kind.SIGN_OFF, Kind.TAGGING, Kind.TAG_GUARD)
    logged = [append(connection, replace(ENTRY, kind=kind, subject=kind.value)) for kind in kinds]
    connection.commit()
    return logged


def test_the_chain_is_whole(connection: Connection, chain: list[Logged]) -> None:
    """Every entry follows the one before; the head is the newest one's hash, and any of them is in the chain."""
    assert verify(connection) == Verified(4, chain[-1].hash)
    assert head(connection) == chain[-1].hash
    for known in (GENESIS, *(one.hash for one in chain)):
        assert isinstance(verify(connection, known), Verified)
    assert [one.id for one in chain] == sorted({one.id for one in chain})


def test_an_empty_log_is_whole(connection: Connection) -> None:
    """Nothing is logged yet: the head is the beginning."""
    assert (verify(connection), head(connection)) == (Verified(0, GENESIS), GENESIS)


def test_the_hash_can_be_recomputed_by_anybody(connection: Connection) -> None:
    """It is the SHA-256 of plain JSON of what stands in the row, as any other program can write it."""
    append(connection, ENTRY)
    logged = append(connection, ENTRY)
    row = connection.execute("SELECT * FROM decisions ORDER BY id DESC LIMIT 1")
    assert row.description is not None
    found = dict(zip([column.name for column in row.description], row.fetchone(), strict=True))
    header = {
        **{key: found[key] for key in ("kind", "repository", "subject", "number", "head_sha", "state", "title")},
        **{key: found[key] for key in ("digest", "policy_digest")},
        "delivery_guid": str(found["delivery_guid"]),
        "recorded_at": "2026-02-19T15:10:00.000000+00:00",
    }
    assert found["decided_at"].isoformat() == "2026-02-19T15:10:00+00:00"
    whole = [found["id"], found["previous_hash"], header, found["decision"], found["facts"]]
    text = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert logged == Logged(found["id"], hashlib.sha256(text.encode()).hexdigest())


TAMPERED = {
    "id": "id = id + 100",
    "kind": "kind = 'command'",
    "repository": "repository = 'eve/eve'",
    "subject": "subject = 'v6.6.6'",
    "number": "number = NULL",
    "head_sha": "head_sha = 'f'",
    "state": "state = 'failure'",
    "title": "title = title || ' '",
    "digest": "digest = ''",
    "policy_digest": "policy_digest = 'p2'",
    "delivery_guid": "delivery_guid = NULL",
    "decision": "decision = jsonb_set(decision, '{b,0}', '1.0')",
    "facts": "facts = facts || '{\"more\": null}'",
    "decided_at": "decided_at = decided_at + interval '1 microsecond'",
    "previous_hash": "previous_hash = repeat('f', 64)",
    "hash": "hash = repeat('f', 64)",
}


def test_every_column_is_tampered_with(connection: Connection) -> None:
    """The list above leaves no column of the table out."""
    columns = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'decisions'"
    )
    assert {row[0] for row in columns} == set(TAMPERED)


@contextmanager
def as_owner(connection: Connection) -> Iterator[None]:
    """With every right in the database, and everything as it was afterwards."""
    with connection.transaction(force_rollback=True):
        connection.execute("ALTER TABLE decisions DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE decisions ALTER id DROP IDENTITY")
        yield


@pytest.mark.parametrize("place", range(4))
def test_a_changed_field_is_found(connection: Connection, chain: list[Logged], place: int) -> None:
    """Any field of any entry, changed by somebody who has every right in the database."""
    for column, change in TAMPERED.items():
        with as_owner(connection):
            changed = connection.execute(TAMPERING.format(change).encode(), [chain[place].id])
            assert changed.rowcount == 1
            assert isinstance(verify(connection), Broken), column
    assert isinstance(verify(connection), Verified)


def test_a_removed_entry_is_found(connection: Connection, chain: list[Logged]) -> None:
    """The first one too, and one in the middle; the break is shown at the entry after it."""
    for removed, after in itertools.pairwise(chain):
        with as_owner(connection):
            connection.execute("DELETE FROM decisions WHERE id = %s", [removed.id])
            broken = verify(connection)
            assert isinstance(broken, Broken)
            assert broken.id == after.id
            assert "missing" in broken.why


def test_a_cut_tail_is_found_by_an_older_head(connection: Connection, chain: list[Logged]) -> None:
    """What is left is whole in itself, but the head that was written down elsewhere is not in it."""
    connection.execute(TAMPER)
    connection.execute("DELETE FROM decisions WHERE id = %s", [chain[-1].id])
    assert verify(connection, chain[-2].hash) == Verified(3, chain[-2].hash)
    broken = verify(connection, chain[-1].hash)
    assert isinstance(broken, Broken)
    assert broken.id is None
    assert "missing at the end" in broken.why


def test_a_swapped_order_is_found(connection: Connection, chain: list[Logged]) -> None:
    """Two entries change places, each with its own hashes."""
    for first, second in itertools.combinations([one.id for one in chain], 2):
        with as_owner(connection):
            for old, new in ((first, -1), (second, first), (-1, second)):
                connection.execute("UPDATE decisions SET id = %s WHERE id = %s", [new, old])
            assert isinstance(verify(connection), Broken), (first, second)


def test_an_added_entry_is_found(connection: Connection, chain: list[Logged]) -> None:
    """A copy between two others, or one without a hash; nor can one be made to follow another's predecessor."""
    connection.execute(TAMPER)
    connection.execute("ALTER TABLE decisions DROP CONSTRAINT decisions_chained")
    copy = """
        INSERT INTO decisions (repository, head_sha, state, title, digest, policy_digest, decision, facts,
                               decided_at, previous_hash)
        SELECT repository, head_sha, state, title, digest, policy_digest, decision, facts, decided_at, %s
        FROM decisions ORDER BY id LIMIT 1
        """
    connection.execute(copy, [None])
    broken = verify(connection)
    assert isinstance(broken, Broken)
    assert broken.id == chain[-1].id + 1
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(copy, [GENESIS])


def test_the_database_refuses_changes(connection: Connection, chain: list[Logged]) -> None:
    """Not even the owner of the table changes, deletes or empties it by mistake."""
    for statement in (b"UPDATE decisions SET title = ''", b"DELETE FROM decisions", b"TRUNCATE decisions"):
        with pytest.raises(psycopg.errors.RaiseException, match="decisions is append-only"):
            connection.execute(statement)
        connection.rollback()
    assert verify(connection) == Verified(4, chain[-1].hash)


def test_the_database_refuses_an_entry_outside_the_chain(connection: Connection) -> None:
    """An entry that was written by another way than `append` has no hash, and is not taken."""
    with pytest.raises(psycopg.errors.CheckViolation, match="decisions_chained"):
        connection.execute(
            """
            INSERT INTO decisions (repository, number, head_sha, state, title, digest, policy_digest, decision,
                                   facts, decided_at) VALUES ('a/b', 1, '', '', '', '', '', '{}', '{}', now())
            """
        )


def test_a_rolled_back_entry_leaves_no_gap(connection: Connection, chain: list[Logged]) -> None:
    """What was never committed was never in the chain, though its number is used up."""
    lost = append(connection, ENTRY)
    connection.rollback()
    kept = append(connection, ENTRY)
    assert kept.id > lost.id
    assert verify(connection) == Verified(5, kept.hash)


def test_threads_at_once_append_one_chain(database: Database) -> None:
    """Forty entries by eight at once, some with two in a transaction: one chain, in the order of its numbers."""

    def work(number: int) -> None:
        with database.transaction() as connection:
            append(connection, replace(ENTRY, subject=str(number)))
            append(connection, replace(ENTRY, subject=f"{number} again"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(20)))
    with database.transaction() as connection:
        verified = verify(connection)
        assert isinstance(verified, Verified)
        assert verified.entries == 40
        numbers = [one.subject.split()[0] for one in entries(connection)]
    assert numbers[::2] == numbers[1::2]


def test_two_processes_append_one_chain(database_url: str) -> None:
    """Two processes that append at the same time end with one whole chain."""
    program = """
import sys
from tests.store.test_log import ENTRY
from bot.store.database import Database
from bot.store.log import append
database = Database(sys.argv[1])
for _ in range(10):
    with database.transaction() as connection:
        append(connection, ENTRY)
database.close()
"""
    command = [sys.executable, "-c", program, database_url]
    folder = Path(__file__).parents[2]
    running = [subprocess.Popen(command, cwd=folder) for _ in range(2)]
    try:
        assert [process.wait(60) for process in running] == [0, 0]
    finally:
        for process in running:
            process.kill()
    with psycopg.connect(database_url) as connection:
        verified = verify(connection)
        assert isinstance(verified, Verified)
        assert verified.entries == 20


def test_entries_of_the_log(connection: Connection, chain: list[Logged]) -> None:
    """The newest first; by repository, kind and subject; page by page; and as they were given."""
    append(connection, replace(ENTRY, repository="meta/other"))
    found = entries(connection, "META/integration")
    assert [one.id for one in found] == [one.id for one in reversed(chain)]
    assert [one.kind for one in entries(connection, kinds=[Kind.SIGN_OFF, Kind.TAGGING])] == [
        "tagging",
        "sign_off",
    ]
    assert [one.id for one in entries(connection, subject="tag_guard")] == [chain[3].id]
    assert [one.id for one in entries(connection, before=chain[2].id, limit=1)] == [chain[1].id]
    newest = found[0]
    assert (newest.repository, newest.title, newest.number) == ("meta/integration", "Open \u2713 \ufffd", 12)
    assert (newest.content, newest.facts) == ({"b": [1, None, True, "\ufffd"], "a": "é"}, ENTRY.facts)
    assert (newest.recorded_at, newest.delivery_guid) == (NOW, ENTRY.delivery_guid)
