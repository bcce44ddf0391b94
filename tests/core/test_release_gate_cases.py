"""The decision table of the release gate: every case of tests/cases/release_gate, decided."""

from __future__ import annotations

import pytest

from tests.support.release_cases import ReleaseCase, observed, read_release_cases

CASES = list(read_release_cases())


@pytest.mark.parametrize("case", CASES, ids=[case.name.replace(" ", "_") for case in CASES])
def test_release_gate(case: ReleaseCase) -> None:
    """The core decides the case as its file expects."""
    assert observed(case.decision(), case.expected) == dict(case.expected)


def test_names_are_unique() -> None:
    """No two cases share a name, so that a failure names one of them."""
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) > 100
