"""Commands that only look into the service's database: they need its address, and nothing else of the service."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from bot.store.installations import remember_installation
from tests.cli.conftest import Trackgate
from tests.support.service import free_port

COMMANDS = {
    "audit verify": ["audit", "verify"],
    "release status": ["release", "status", "meta/integration"],
    "key show": ["key", "show"],
}
WRONG = {
    "GITHUB_WEBHOOK_SECRET": " ",
    "GITHUB_APP_ID": "no number!",
    "GITHUB_APP_PRIVATE_KEY": "no key",
    "GITHUB_API_URL": "ftp://nowhere",
    "PORT": "abc",
    "PUBLIC_URL": "nowhere",
    "POLICY_DIR": "nowhere",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_other_variable_is_looked_at(
    trackgate: Trackgate, database_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Without the webhook's secret, and with every other variable wrong, there is an answer."""
    for variable, value in WRONG.items():
        monkeypatch.setenv(variable, value)
    if name != "key show":
        monkeypatch.setenv("RELEASE_SIGNING_KEY", "no key")
    monkeypatch.setenv("DATABASE_URL", database_url)
    with psycopg.connect(database_url) as connection:
        remember_installation(connection, 7, ["meta/integration"])
    answer = trackgate(*COMMANDS[name])
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_the_schema_of_another_version(
    trackgate: Trackgate, empty_database_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """One line says what to do, and exit code 2."""
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    answer = trackgate(*COMMANDS[name])
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == (
        f"trackgate {name}: DATABASE_URL: the database is not of this version: run `trackgate migrate`\n"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_database_that_is_down(tmp_path: Path, name: str) -> None:
    """A process of its own, as people start it, says one line without the address, and no library another."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"postgresql://me:hunter22@127.0.0.1:{free_port()}/x",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [sys.executable, "-m", "bot.cli", *COMMANDS[name]]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"trackgate {name}: DATABASE_URL: the database cannot be reached: nobody listens at its host and port\n"
    )
