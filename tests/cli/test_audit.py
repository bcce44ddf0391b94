"""`trackgate audit verify`, as people call it."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from bot.core.model import State
from bot.store.log import GENESIS, Entry, Kind, append
from tests.cli.conftest import Trackgate
from tests.support.builders import NOW
from tests.support.service import free_port, service_environment

ENTRY = Entry(Kind.TAGGING, "meta/integration", "v3.1.0", State.SUCCESS, "Tagged", NOW)


@pytest.fixture
def heads(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes of a log with three entries, which the environment leads to."""
    set_environment(monkeypatch, database_url, tmp_path)
    with psycopg.connect(database_url) as connection:
        return [append(connection, ENTRY).hash for _ in range(3)]


def set_environment(monkeypatch: pytest.MonkeyPatch, url: str, folder: Path) -> None:
    """The variables of the service, with this database."""
    for name, value in service_environment(url, folder, 8000).items():
        monkeypatch.setenv(name, value)


def test_a_whole_log(trackgate: Trackgate, heads: list[str]) -> None:
    """Exit code 0, with the number of entries and the head, which somebody may keep elsewhere."""
    answer = trackgate("audit", "verify")
    assert (answer.exit_code, answer.stdout) == (0, f"whole: 3 entries\nhead: {heads[-1]}\n")


def test_an_older_head_is_in_the_log(trackgate: Trackgate, heads: list[str], database_url: str) -> None:
    """A head that a release record names is found; once the end was cut it is not, and the answer is no."""
    assert trackgate("audit", "verify", "--head", heads[1]).exit_code == 0
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE decisions DISABLE TRIGGER USER")
        connection.execute("DELETE FROM decisions WHERE hash <> %s", [heads[0]])
    assert trackgate("audit", "verify").exit_code == 0
    answer = trackgate("audit", "verify", "--head", heads[1])
    assert answer.exit_code == 1
    assert answer.stdout.startswith("broken: no entry has that hash")


def test_a_changed_log(trackgate: Trackgate, heads: list[str], database_url: str) -> None:
    """Exit code 1, and the entry that was changed."""
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE decisions DISABLE TRIGGER USER")
        connection.execute("UPDATE decisions SET title = 'Refused' WHERE hash = %s", [heads[1]])
    answer = trackgate("audit", "verify")
    assert (answer.exit_code, answer.stdout) == (
        1,
        "broken at entry 2: its hash is not that of what it holds\n",
    )


def test_entries_from_before_the_chain_are_counted(
    trackgate: Trackgate, heads: list[str], database_url: str
) -> None:
    """They are named as what they are: nothing says that they are as they were."""
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE decisions DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE decisions DROP CONSTRAINT decisions_chained")
        connection.execute("UPDATE decisions SET hash = NULL, previous_hash = NULL")
    assert trackgate("audit", "verify").stdout == (
        f"whole: 0 entries\nhead: {GENESIS}\nbefore the chain: 3 entries, for which nothing speaks\n"
    )


@pytest.mark.parametrize("head", ["", "abc", "F" * 64, "0" * 65])
def test_half_a_hash_is_wrong_use(trackgate: Trackgate, heads: list[str], head: str) -> None:
    """An abbreviated hash proves nothing: exit code 2, in one line."""
    answer = trackgate("audit", "verify", "--head", head)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == ("trackgate audit verify: --head: must be a whole hash: 64 digits of 0-9 and a-f\n")


def test_without_a_usable_database(
    trackgate: Trackgate, empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None, one that is not migrated, and one that is not there: exit code 2 and one line without the address."""
    set_environment(monkeypatch, empty_database_url, tmp_path)
    answers = [trackgate("audit", "verify")]
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:hunter22@127.0.0.1:{free_port()}/x")
    answers.append(trackgate("audit", "verify"))
    monkeypatch.delenv("DATABASE_URL")
    answers.append(trackgate("audit", "verify"))
    assert [answer.exit_code for answer in answers] == [2, 2, 2]
    assert [answer.stderr.count("\n") for answer in answers] == [1, 1, 1]
    assert "trackgate migrate" in answers[0].stderr
    assert "hunter22" not in answers[1].stderr
    assert "DATABASE_URL: missing" in answers[2].stderr
