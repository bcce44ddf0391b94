"""The decision table: every case of tests/cases/merge_gate, decided."""

from __future__ import annotations

import pytest

from tests.support.cases import Case, observed, read_cases

CASES = list(read_cases("merge_gate"))


@pytest.mark.parametrize("case", CASES, ids=[case.name.replace(" ", "_") for case in CASES])
def test_merge_gate(case: Case) -> None:
    """The core decides the case as its file expects."""
    assert observed(case.decision(), case.expected) == dict(case.expected)


def test_names_are_unique() -> None:
    """No two cases share a name, so that a failure names one of them."""
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
