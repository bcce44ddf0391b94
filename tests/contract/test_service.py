"""The service takes whatever GitHub sends: every valid example that GitHub publishes, over HTTP and signed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from tests.contract.examples import VALID_EXAMPLES, Example
from tests.support.service import web_process

pytestmark = pytest.mark.contract


def test_every_valid_example_is_accepted_without_an_error(
    valid_payloads: list[Example], database_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """276 deliveries: each is stored and answered with 202 or 200, and the log tells of no trouble."""
    statuses: dict[str, int] = {}
    with web_process(database_url, tmp_path) as web:
        capfd.readouterr()  # what the web server says of the machine when it starts
        for example in valid_payloads:
            statuses[example.name] = web.post(example.payload, example.event).status
    assert len(valid_payloads) == len(statuses) == VALID_EXAMPLES == 276
    assert {name: status for name, status in statuses.items() if status not in (200, 202)} == {}
    assert set(statuses.values()) == {200, 202}
    with psycopg.connect(database_url) as connection:
        outcomes = dict(connection.execute("SELECT outcome, count(*) FROM deliveries GROUP BY outcome").fetchall())
        jobs = connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()
    assert outcomes.get("queued", 0) == Counter(statuses.values())[202]
    assert outcomes.get("failed", 0) == 0
    assert jobs is not None
    assert jobs[0] > 0
    assert troubles("".join(capfd.readouterr())) == []


def troubles(log: str) -> list[str]:
    """The lines of a log that are warnings or worse, or no log lines at all but a traceback's."""
    return [line for line in log.splitlines() if _level(line) not in ("debug", "info")]


def _level(line: str) -> str | None:
    """The level of a line: the service logs JSON, its web server `[INFO] …`."""
    if line.startswith("[INFO]"):
        return "info"
    try:
        parsed = json.loads(line)
    except ValueError:
        return None
    return parsed.get("level") if isinstance(parsed, dict) else None


def test_troubles_are_found() -> None:
    """An error, a warning and a traceback are; what goes well is not."""
    good = ['{"event": "delivery", "level": "info"}', "[INFO] Starting granian"]
    bad = [
        '{"event": "delivery failed", "level": "error"}',
        '{"level": "warning"}',
        "Traceback (most recent call last):",
    ]
    assert troubles("\n".join([*good, *bad])) == bad
