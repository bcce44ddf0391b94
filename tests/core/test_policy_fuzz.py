"""Any bytes at all give a policy or its problems, and nothing else."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.policy import InvalidPolicy, LoadedPolicy, load_policy
from bot.core.policy_repositories import repository_patterns
from bot.core.policy_yaml import read_yaml
from tests.support.examples import examples
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


def judge(data: bytes) -> LoadedPolicy | InvalidPolicy:
    """What is refused must be told with file, line, key and expectation, in line order, on one line each."""
    repository_patterns(data)
    result = outcome(data)
    if isinstance(result, InvalidPolicy):
        assert result.problems
        assert list(result.problems) == sorted(result.problems, key=lambda problem: problem.line)
        for problem in map(str, result.problems):
            assert _PROBLEM.fullmatch(problem), problem
            assert problem.isprintable()
    return result


@given(st.binary(max_size=400))
@settings(max_examples=examples(60), deadline=None)
def test_any_bytes(data: bytes) -> None:
    """Random bytes."""
    judge(data)


@given(st.lists(_PIECES, max_size=60))
@settings(max_examples=examples(60), deadline=None)
def test_any_pieces_of_a_policy(pieces: list[str]) -> None:
    """A policy's own lines and YAML's signs in any order."""
    judge("".join(pieces).encode())


@given(st.integers(0, len(SMALL)), st.integers(0, 30), st.text(max_size=8))
@settings(max_examples=examples(60), deadline=None)
def test_any_edit_of_a_policy(start: int, length: int, text: str) -> None:
    """A valid policy with any stretch of it replaced by any text."""
    judge((SMALL[:start] + text + SMALL[start + length :]).encode())


@given(st.dictionaries(_KEYS, _TREES, max_size=12))
@settings(max_examples=examples(60), deadline=None)
def test_any_values_under_known_keys(tree: dict[str, object]) -> None:
    """Known keys with values of every wrong shape (JSON is YAML too)."""
    judge(json.dumps(tree).encode())


WRONG: list[Any] = [
    None, True, 3, -5, 10**18, "", "x", "{x}", "/", [], {}, [None], [[]], [{}], ["a"] * 300, {"a": None},
    {"[key]": 1}, {"": ""}, {str(number): 1 for number in range(300)},
]  # fmt: skip


def full_policy() -> dict[str, Any]:
    """The small policy with a value at every key that it leaves out."""
    root = read_yaml(SMALL.encode()).root
    assert root is not None
    policy: dict[str, Any] = root.value
    policy["people"]["ana"]["away"] = {"from": "2026-01-01", "until": "2026-12-31"}
    policy["tracks"]["api"] |= {"globs": ["x"], "required_documents": ["docs/x.md"]}
    policy["architecture_triggers"] = {"labels": ["a"], "paths": ["b"], "size": {"changed_files": 1}}
    policy["required_checks"] = {"app_id": 3, "start_within": "3m", "accept": ["success"]}
    policy["release"]["staging"]["test_app_max_age"] = policy["release"]["evidence"]["max_age"] = "2d"
    return policy


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values below a value."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(value[key], (*path, key))


def test_every_wrong_value_at_every_place_is_told_in_words() -> None:
    """No shape at any key leads to an exception or to an error without a wording of its own."""
    refused = 0
    for *parents, last in places(full_policy()):
        for wrong in WRONG:
            policy = section = full_policy()
            for parent in parents:
                section = section[parent]
            section[last] = copy.deepcopy(wrong)
            result = judge(json.dumps(policy).encode())
            refused += isinstance(result, InvalidPolicy)
            assert "expected another value" not in str(result)
    assert refused > 800, refused
