"""A new evidence file has every key and scenario of the policy, and never counts before it is filled in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.evidence_fields import KEYS
from bot.core.evidence_template import Known, new_evidence
from tests.support.builders import policy
from tests.support.evidence_texts import COMMIT, read, shipped

NOW = datetime(2026, 2, 19, 19, 30, tzinfo=UTC)
KNOWN = Known(NOW, "v3.1.0", COMMIT, "priya", "1029384756", "2026-02-18")
PLACEHOLDER = '"TODO?"'


def test_placeholders_are_findings() -> None:
    """Each thing that is not known yet is refused, and nothing else of the file is."""
    scenarios = [f"scenarios.{name}" for name in shipped().release.staging.scenarios]
    missing = {finding.key for finding in read(new_evidence(shipped(), Known(NOW))).findings}
    own = {key for key in KEYS if key not in ("environment", "performed_at", "meta_test_app", "scenarios")}
    assert missing == {*own, "meta_test_app.id", "meta_test_app.created_at", *scenarios}
    filled = {finding.key for finding in read(new_evidence(shipped(), KNOWN)).findings}
    assert filled == {"result", *scenarios}


def test_a_file_that_is_filled_in_is_well_formed() -> None:
    """What was known stands in it as it was told."""
    told = read(new_evidence(shipped(), KNOWN).replace(PLACEHOLDER, "pass")).document
    assert told is not None
    assert (told.release, told.commit, told.operator, told.performed_at) == ("v3.1.0", COMMIT, "priya", NOW)
    assert (told.environment, told.test_app.id, told.result) == ("staging", "1029384756", "pass")


@pytest.mark.parametrize("environment", ["staging: two", "null", "12", "ümläut"])
def test_an_environment_that_needs_quotes(environment: str) -> None:
    """A policy's environment arrives as it is."""
    loaded = policy({"release": {"staging": {"environment": environment}}}).policy
    told = read(new_evidence(loaded, KNOWN).replace(PLACEHOLDER, "pass")).document
    assert told is not None
    assert told.environment == environment


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_value_stays_a_value(release: str, operator: str) -> None:
    """Whatever is told on the command line, it adds no key and breaks no line of the front matter."""
    text = new_evidence(shipped(), Known(NOW, release, COMMIT, operator, "1", "2026-02-18"))
    found = read(text.encode("utf-8", "replace"))
    wrong = {finding.key for finding in found.findings if not finding.key.startswith("scenarios.")}
    assert wrong <= {"release", "operator", "result", "front matter"}
