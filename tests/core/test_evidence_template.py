"""A new evidence file has every key and scenario of the policy, and never counts before it is filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.evidence_fields import KEYS
from bot.core.evidence_template import Known, new_evidence, refused_values
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


@pytest.mark.parametrize("known", [Known(NOW), KNOWN, replace(KNOWN, operator="PRIYA", test_app=None)])
def test_what_is_not_known_is_not_refused(known: Known) -> None:
    """Placeholders are for people to fill in; values that may count are let through."""
    assert refused_values(shipped(), known) == ()


@pytest.mark.parametrize(
    ("changes", "key", "expected"),
    [
        ({"release": "3.1"}, "release", "a release tag of the policy"),
        ({"release": ""}, "release", "a release tag of the policy"),
        ({"commit": "4f0c4f0"}, "commit", "the full SHA"),
        ({"operator": "omar"}, "operator", "an operator of the policy (raj, mira, sofia, maya, priya, lina)"),
        ({"operator": "@priya"}, "operator", "an operator of the policy (raj, mira, sofia, maya, priya, lina)"),
        ({"test_app": "mine"}, "meta_test_app.id", "Meta's App ID: a whole number"),
        ({"test_app": ""}, "meta_test_app.id", "Meta's App ID: a whole number"),
        ({"test_app_created": "yesterday"}, "meta_test_app.created_at", "a day such as"),
        ({"test_app_created": "2026-02-30"}, "meta_test_app.created_at", "a day such as"),
        ({"test_app_created": "2026-02-21"}, "meta_test_app.created_at", "a time that is not after performed_at"),
        ({"operator": "EAAB" + "a1B2" * 10}, "secret", "no secret"),
    ],
)
def test_a_value_that_never_counts(changes: dict[str, str], key: str, expected: str) -> None:
    """One finding with its key, whether the others are known or not."""
    for known in (replace(KNOWN, **changes), replace(Known(NOW), **changes)):
        found = refused_values(shipped(), known)
        told = [one for one in found if one.key == key]
        assert len(told) == 1
        assert told[0].expected.startswith(expected)
        assert len(found) == 1 or key == "secret"


def test_bytes_that_are_no_text_are_refused() -> None:
    """What the command line hands over of a byte that is not UTF-8 makes no file."""
    assert refused_values(shipped(), replace(KNOWN, release="v\udcff"))


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_value_stays_a_value(release: str, operator: str) -> None:
    """Whatever is told on the command line, it adds no key and breaks no line of the front matter."""
    text = new_evidence(shipped(), Known(NOW, release, COMMIT, operator, "1", "2026-02-18"))
    found = read(text.encode("utf-8", "replace"))
    wrong = {finding.key for finding in found.findings if not finding.key.startswith("scenarios.")}
    assert wrong <= {"release", "operator", "result", "front matter"}
