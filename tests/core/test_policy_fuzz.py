"""Any bytes at all give a policy or its problems, and nothing else."""

from __future__ import annotations

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.policy import InvalidPolicy, LoadedPolicy, load_policy
from bot.core.policy_repositories import repository_patterns
from tests.support.policy_texts import SMALL

_PROBLEM = re.compile(r"p\.yml:[1-9][0-9]*: .+: expected .+")
_PIECES = st.sampled_from(
    [*SMALL.splitlines(keepends=True), "- ", "? ", ": ", "[", "]", "{", "}", "&a ", "*a", "!!x ", "|\n", "'", "\n",
     "  ", "null", "true", "1:30", "017", "*", "~", "<<: *a\n", "---\n", "%", "\t", "é", "\u2028", "\x85", "#"]
)  # fmt: skip
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.sampled_from(["ana", "web/"])
)
_KEYS = st.sampled_from(sorted(set(re.findall(r"[a-z_]+", SMALL))))
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=30,
)


def outcome(data: bytes) -> LoadedPolicy | InvalidPolicy:
    """What loading gives; any other exception fails the test."""
    try:
        return load_policy(data, "p.yml")
    except InvalidPolicy as refused:
        return refused


def judge(data: bytes) -> None:
    """What is refused must be told with file, line, key and expectation, in line order, on one line each."""
    repository_patterns(data)
    result = outcome(data)
    if isinstance(result, InvalidPolicy):
        assert result.problems
        assert list(result.problems) == sorted(result.problems, key=lambda problem: problem.line)
        for problem in map(str, result.problems):
            assert _PROBLEM.fullmatch(problem), problem
            assert problem.isprintable()


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes(data: bytes) -> None:
    """Random bytes."""
    judge(data)


@given(st.lists(_PIECES, max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_pieces_of_a_policy(pieces: list[str]) -> None:
    """A policy's own lines and YAML's signs in any order."""
    judge("".join(pieces).encode())


@given(st.integers(0, len(SMALL)), st.integers(0, 30), st.text(max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_edit_of_a_policy(start: int, length: int, text: str) -> None:
    """A valid policy with any stretch of it replaced by any text."""
    judge((SMALL[:start] + text + SMALL[start + length :]).encode())


@given(st.dictionaries(_KEYS, _TREES, max_size=12))
@settings(max_examples=300, deadline=None)
def test_any_values_under_known_keys(tree: dict[str, object]) -> None:
    """Known keys with values of every wrong shape (JSON is YAML too)."""
    judge(json.dumps(tree).encode())
