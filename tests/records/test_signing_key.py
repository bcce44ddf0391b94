"""The signing key: made once, the same for everybody, and its earlier public halves stay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from typer.testing import CliRunner

from bot.cli.main import app
from bot.records.keys import SigningKey, trusted_keys
from bot.records.record import make_record, verify_record
from bot.signing import published_keys, signing_key
from bot.store.database import Connection, Database
from tests.support.records import TAG, THEN, release_claim


def given(key: SigningKey) -> SecretStr:
    """A key as the settings hold it."""
    return SecretStr(key.private_pem().decode())


def test_two_processes_at_first_start_end_with_one_key(database: Database) -> None:
    """Eight at once on an empty database: whoever is first makes the key, and all the others use it."""

    def start(number: int) -> SigningKey:
        with database.transaction() as connection:
            return signing_key(connection, None, THEN + timedelta(seconds=number))

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(start, range(8)))
    assert len(keys) == 1
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM signing_keys").fetchone() == (1,)


def test_a_key_of_the_environment_wins_and_is_not_kept(connection: Connection) -> None:
    """The given key signs, its private half never gets into the database, its public half is published."""
    key = SigningKey.generate()
    assert signing_key(connection, given(key), THEN) == key
    assert signing_key(connection, given(key), THEN + timedelta(1)) == key
    rows = connection.execute("SELECT key_id, private_key, public_key FROM signing_keys").fetchall()
    assert rows == [(key.key_id, b"", key.public_pem)]


def test_records_of_earlier_keys_stay_valid(connection: Connection) -> None:
    """After a change of keys the published text begins with the new one and still verifies the old record."""
    first = signing_key(connection, None, THEN)
    record = make_record(release_claim(), first)
    second = SigningKey.generate()
    text = published_keys(connection, given(second), THEN - timedelta(1)).encode()
    assert list(trusted_keys(text)) == [second.key_id, first.key_id]
    assert verify_record(record, text, tag=TAG).key_id == first.key_id
    # Without the environment's key again, the one that is kept signs as before.
    assert signing_key(connection, None, THEN) == first


def test_the_web_process_publishes_it(client: FlaskClient, database: Database) -> None:
    """`/signing-key.pem` is the public key that signs; anybody may read it, from anywhere."""
    answer = client.get("/signing-key.pem", headers={"Host": "gate.example"})
    assert (answer.status_code, answer.mimetype) == (200, "application/x-pem-file")
    with database.transaction() as connection:
        key = signing_key(connection, None, THEN)
    assert answer.text == key.public_pem
    assert key.private_pem().decode().splitlines()[1] not in answer.text


def test_key_show(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command prints what the service publishes, and with `--all` the earlier keys too."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "s")
    first = CliRunner().invoke(app, ["key", "show"])
    key = SigningKey.generate()
    monkeypatch.setenv("RELEASE_SIGNING_KEY", key.private_pem().decode())
    assert CliRunner().invoke(app, ["key", "show"]).stdout == key.public_pem
    assert CliRunner().invoke(app, ["key", "show", "--all"]).stdout == key.public_pem + first.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "postgresql://me:hunter22@127.0.0.1:1/x"),
        ("RELEASE_SIGNING_KEY", "x"),
    ],
)
def test_key_show_says_what_is_missing(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No database, one that does not answer, no key where one should be: one line and exit code 2."""
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "s")
    monkeypatch.setenv(name, value)
    answer = CliRunner().invoke(app, ["key", "show"])
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (2, "", 1)
    assert "hunter22" not in answer.stderr
