"""The quick JSON parser takes and refuses what the standard library does, and reads the same in it."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.delivery import _parsed
from tests.support.examples import examples

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
PIECES = (
    *('{"a":', "}", "[", "]", ",", ":", '"a"', "'", "\t", "\x00", "\ufeff", "true", '{"a":1,"a":2}'),
    *('"\\ud800"', '"\\u0000"', '"\x01"', "01", "-0", "1.", ".5", "1e999", "9" * 400, "NaN", "-Infinity"),
)
FRAGMENTS = st.lists(st.sampled_from(PIECES))


def outcome(parse: Any, body: bytes) -> str:
    """What comes out, or that it was refused; as text, since NaN is not equal to itself."""
    try:
        return repr(_without_huge(parse(body)))
    except (ValueError, RecursionError):
        return "refused"


def _without_huge(value: Any) -> Any:
    """`value`, its integers of more than 64 bits as floats: neither is an ID, a number or a text to us."""
    if isinstance(value, dict):
        return {key: _without_huge(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_huge(item) for item in value]
    if type(value) is int and not -(2**63) <= value < 2**64:
        return float(value) if abs(value) < 2**1023 else "huge"
    return "huge" if isinstance(value, float) and abs(value) >= 2.0**1023 else value


@given(VALUES, st.booleans(), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
@settings(max_examples=examples(200))
def test_values_are_read_alike(value: Any, ascii_only: bool, encoding: str) -> None:
    """Any value, in any encoding that JSON may have, comes out as it is."""
    body = json.dumps(value, ensure_ascii=ascii_only).encode(encoding, "surrogatepass")
    assert outcome(_parsed, body) == outcome(json.loads, body)


@given(FRAGMENTS.map("".join).map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary())
@example(b"[" * 5000 + b"]" * 5000)
@example(b'{"n":' + b"9" * 5000 + b"}")
@example(b'"\xff"')
@settings(max_examples=examples(500))
def test_hostile_bodies_are_taken_and_refused_alike(body: bytes) -> None:
    """Whatever bytes come, neither parser takes what the other refuses, or reads it in another way."""
    assert outcome(_parsed, body) == outcome(json.loads, body)


@pytest.mark.parametrize(
    "body", [b'{"a":1,"a":2}', b'{"a":"\\ud800"}', b"\xef\xbb\xbf{}", b"[NaN,-Infinity,1e999]"]
)
def test_odd_bodies_are_read_alike(body: bytes) -> None:
    """A key given twice, a lone surrogate, a byte order mark, and numbers that are none."""
    assert outcome(_parsed, body) == outcome(json.loads, body)
