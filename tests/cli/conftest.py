"""`trackgate` as people call it, and a repository of the shape that the shipped policy is for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli.main import app
from tests.support.clinic import clinic as clinic
from tests.support.clinic import clinic_address as clinic_address
from tests.support.clinic import clinic_github as clinic_github
from tests.support.local_repository import LINES, LocalRepository

ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "policies" / "meta-integration-v3.yml").read_text(encoding="utf-8")
Trackgate = Callable[..., Result]


@pytest.fixture
def trackgate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trackgate:
    """Call the command line in an empty folder: `trackgate("plan", …)`; an unexpected exception is the test's."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.delenv("POLICY_DIR", raising=False)
    return lambda *arguments: CliRunner().invoke(app, [str(part) for part in arguments], catch_exceptions=False)


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    """A repository whose `main` carries the shipped policy as its own, now on the branch `feature`."""
    made = LocalRepository(tmp_path / "integration")
    made.commit({".github/trackgate.yml": SHIPPED, "backend/api.py": LINES, "dbt/mart.sql": LINES + "dbt\n"})
    made.branch()
    return made


@pytest.fixture
def plan(trackgate: Trackgate, repository: LocalRepository) -> Callable[..., dict[str, Any]]:
    """`trackgate plan --json` on that repository, parsed; `code` in it is the exit code."""

    def ask(*arguments: str) -> dict[str, Any]:
        result = trackgate("plan", "--repository", repository.folder, "--json", *arguments)
        assert result.stdout, result.stderr
        return {**json.loads(result.stdout), "code": result.exit_code}

    return ask
