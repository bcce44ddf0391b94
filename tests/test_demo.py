"""`make run` without credentials: the whole story, and one line for what is wrong."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CREDENTIALS = ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_PRIVATE_KEY_FILE")


def run_demo(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`make run RUN_OPTIONS=--once`, with its files in `folder`."""
    clean = {name: value for name, value in os.environ.items() if name not in CREDENTIALS}
    environment = {**clean, "PYTHONPATH": str(ROOT), "POLICY_DIR": str(ROOT / "policies"), **variables}
    command = [sys.executable, "-m", "demo", "--once"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_story_is_told_to_its_end(tmp_path: Path) -> None:
    """Sandbox, service and PostgreSQL start, every step of the story gets its answer, and all of it stops."""
    ended = run_demo(tmp_path)
    assert ended.returncode == 0, ended.stderr
    for line in (
        "#1 is asked of: raj, maya",
        "open  gate           Open: backend; 2 approvals, 1 check",
        "closed  gate           Blocked: priya requested changes",
        "closed  gate           Blocked: held by raj: waiting for the data contract",
        "#4 is asked of: sofia",
        "waiting  gate           Waiting for raj",
    ):
        assert line in ended.stdout
    assert "All gates with their reasons: http://localhost:" in ended.stdout


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """Whoever answers there already is not taken for the service."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run_demo(tmp_path, PORT=str(port))
    assert (ended.returncode, ended.stderr) == (2, f"make run: PORT: {port} is in use\n")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "abc", "make run: PORT: must be a whole number from 1 to 65535\n"),
        ("POLICY_DIR", "nowhere", "make run: POLICY_DIR: is not a folder\n"),
        ("GITHUB_APP_PRIVATE_KEY_FILE", "nowhere", "trackgate: GITHUB_APP_PRIVATE_KEY_FILE: cannot read the file"),
    ],
)
def test_a_wrong_variable_is_named_in_one_line(tmp_path: Path, name: str, value: str, said: str) -> None:
    """The terminal says it, not only a log."""
    ended = run_demo(tmp_path, **{name: value})
    assert ended.returncode == 2
    assert ended.stderr.startswith(said)
    assert ended.stderr.count("\n") == 1
