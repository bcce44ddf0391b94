"""`trackgate policy`: checks files as the service reads them, and prints their schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.core.policy_schema import SCHEMA_FILE
from tests.cli.conftest import ROOT
from tests.support.policy_texts import small

Trackgate = Callable[..., Any]


def test_valid_files(trackgate: Trackgate) -> None:
    """Each valid file gets a line, and the exit code is 0: the shipped policy, and this repository's own."""
    files = [ROOT / "policies" / "meta-integration-v3.yml", ROOT / ".github" / "trackgate.yml"]
    result = trackgate("policy", "validate", *files)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.partition(": ")[0] for line in result.stdout.splitlines()] == [str(file) for file in files]


def test_every_problem_of_every_file(trackgate: Trackgate, tmp_path: Path) -> None:
    """Problems of all files on lines of their own, exit code 2, and the valid file is still said to be valid."""
    good, bad, missing = tmp_path / "good.yml", tmp_path / "bad.yml", tmp_path / "missing.yml"
    good.write_bytes(small())
    bad.write_bytes(small("owners: [ana]", "owners: [anna], colour: red"))
    result = trackgate("policy", "validate", bad, missing, good, tmp_path)
    assert result.exit_code == 2
    assert result.stdout.startswith(f"{good}: valid: Small; 2 tracks")
    lines = result.stderr.splitlines()
    assert [line.partition(":")[0] for line in lines[:2]] == [str(bad), str(bad)]
    assert [line.endswith("(found `anna`)") or "a known key" in line for line in lines[:2]] == [True, True]
    assert lines[2].endswith("missing.yml: cannot be read: No such file or directory")
    assert lines[3].endswith("cannot be read: Is a directory")


def test_endless_file(trackgate: Trackgate) -> None:
    """No more is read than shows that a file is too large."""
    result = trackgate("policy", "validate", "/dev/zero")
    assert result.exit_code == 2
    assert "expected a file of at most 256 KB" in result.stderr


def test_schema_is_the_committed_one(trackgate: Trackgate) -> None:
    """What is printed is what editors find beside the shipped policy."""
    result = trackgate("policy", "schema")
    assert result.stdout == (ROOT / "policies" / SCHEMA_FILE).read_text(encoding="utf-8")
