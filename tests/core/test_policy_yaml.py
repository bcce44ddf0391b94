"""YAML bytes as plain data with lines: what is read, what is refused, and that nothing takes long."""

from __future__ import annotations

import time

import pytest

from bot.core.policy_yaml import MAXIMUM_VALUES, locate, read_yaml


def faults(data: bytes) -> list[tuple[int, str, str]]:
    """What is wrong with the YAML itself."""
    return [(fault.line, fault.key, fault.expected) for fault in read_yaml(data).faults]


def value(data: bytes) -> object:
    """What a document without faults says."""
    document = read_yaml(data)
    assert document.faults == ()
    assert document.root is not None
    return document.root.value


def test_text_that_looks_like_something_else_stays_text() -> None:
    """Dates, clocks, octal numbers and YAML 1.1's on/off are the text they look like."""
    text = b"a: 2026-02-19\nb: 1:30\nc: 017\nd: on\ne: 30m\nf: 1.5\ng: 1e3\nh: 0x10\ni: 1_000\n"
    expected = ["2026-02-19", "1:30", "017", "on", "30m", "1.5", "1e3", "0x10", "1_000"]
    assert list(value(text).values()) == expected  # type: ignore[attr-defined]


def test_whole_numbers_booleans_and_nothing_are_understood() -> None:
    """Only the implicit types that nobody mistakes are kept, and quotes make text of them."""
    text = b"a: 12\nb: -3\nc: true\nd: False\ne: ~\nf:\ng: null\nh: '12'\ni: \"true\"\nj: !!str 12\n"
    assert list(value(text).values()) == [12, -3, True, False, None, None, None, "12", "true", "12"]  # type: ignore[attr-defined]


def test_number_of_many_digits_stays_text() -> None:
    """A number that no policy means is not computed."""
    assert value(b"a: " + b"9" * 5000) == {"a": "9" * 5000}


def test_on_is_a_key_like_any_other() -> None:
    """`on` as a key is text, not true."""
    assert value(b"on: x") == {"on": "x"}


def test_byte_order_mark_and_other_line_ends_are_read() -> None:
    """Files written on Windows are read, with the right lines."""
    document = read_yaml(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: 2\r\n")
    assert document.root is not None
    assert document.root.value == {"a": 1, "b": {"c": 2}}
    assert locate(document.root, ("b", "c")).line == 3


def test_every_value_knows_its_line() -> None:
    """A single value stands where it is written, a list or mapping under a key on the key's line."""
    root = read_yaml(b"a:\n  - x\n  -\n    b: y\nc:\n  d\n").root
    assert root is not None
    lines = [locate(root, path).line for path in [("a",), ("a", 0), ("a", 1), ("a", 1, "b"), ("c",)]]
    assert lines == [1, 2, 4, 4, 6]


def test_path_that_is_not_there_leads_to_the_deepest_part_that_is() -> None:
    """What is missing is reported at the section that misses it."""
    root = read_yaml(b"a:\n  b: {}\n").root
    assert root is not None
    assert locate(root, ("a", "b", "c", "d")).line == 2


FAULTS = {
    "empty": (b"", 1, "document", "a mapping with the policy's keys; found nothing"),
    "only a comment": (b"# nothing\n", 1, "document", "found nothing"),
    "empty document": (b"---\n...\n", 1, "document", "found nothing"),
    "list": (b"- a", 1, "document", "found something else"),
    "text": (b"policy", 1, "document", "found something else"),
    "two documents": (b"a: 1\n---\nb: 2\n", 2, "document", "one YAML document"),
    "not UTF-8": (b"a: 1\nb: \xff\n", 2, "document", "UTF-8 text; byte 8 is not"),
    "UTF-16": ("a: 1".encode("utf-16"), 1, "document", "UTF-8 text"),
    "NUL": (b"a: 1\nb: \x00\n", 2, "document", "found U+0000"),
    "escape character": (b"a: \x1b[31m", 1, "document", "found U+001B"),
    "second byte order mark": (b"a: 1\nb: \xef\xbb\xbf", 2, "document", "found U+FEFF"),
    "directive": (b"%YAML 1.1\n---\na: 1", 1, "document", "without YAML directives"),
    "syntax": (b"a: 1\nb: 'x\n", 3, "document", "valid YAML; here found unexpected end of stream"),
    "tab": (b"a:\n\tb: 1\n", 2, "document", "valid YAML"),
    "nested mapping on one line": (b"a: b: c", 1, "document", "valid YAML; here mapping values"),
    "duplicate key": (b"a: 1\nb: 2\na: 3\n", 3, "a", "each key once; it stands on line 1 already"),
    "duplicate key below": (b"x:\n  - a: 1\n    a: 2\n", 3, "x[0].a", "each key once"),
    "number as key": (b"x:\n  1: a\n", 2, "x", "text as a key; put `1` in quotes"),
    "truth as key": (b"true: a\n", 1, "document", "text as a key; put `true` in quotes"),
    "nothing as key": (b"? \n: a\n", 1, "document", "text as a key"),
    "list as key": (b"? [a]\n: b\n", 1, "document", "text as a key, not a list or a mapping"),
    "alias as key": (b"a: &x b\n*x : c\n", 2, "document", "text as a key, not an alias"),
    "Python tag": (b"a: !!python/object/apply:os.system [ls]", 1, "a", "a value without a tag; found `tag:"),
    "own tag": (b"a: !secret x", 1, "a", "a value without a tag; found `!secret`"),
    "binary tag": (b"a: !!binary aGk=", 1, "a", "a value without a tag"),
    "unknown alias": (b"a: *x", 1, "a", "an anchor that is complete above; `*x` is not"),
    "alias of itself": (b"a: &x [*x]", 1, "a[0]", "an anchor that is complete above"),
    "deep": (b"a: " + b"[" * 17 + b"]" * 17, 1, "a[0][0]", "at most 16 levels"),
    "deep, in blocks": (b"".join(b" " * n + b"a:\n" for n in range(20)), 17, "a.a.a", "at most 16 levels"),
}


@pytest.mark.parametrize(("data", "line", "key", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_names_line_key_and_expectation(data: bytes, line: int, key: str, expected: str) -> None:
    """Whatever is wrong with the YAML is one fault at its line, never an exception."""
    found = faults(data)
    assert len(found) == 1, found
    assert found[0][0] == line
    assert found[0][1].startswith(key)
    assert expected in found[0][2]


def test_alias_bomb_is_refused_by_what_it_stands_for() -> None:
    """Aliases count with all values behind them: ten levels of ten are refused, not unfolded."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    found = faults("\n".join(lines).encode())
    assert len(found) == 1
    assert f"at most {MAXIMUM_VALUES} values, aliases counted in full" in found[0][2]
    assert found[0][1].startswith("a4") or found[0][1].startswith("a3"), found


def test_too_many_values_are_refused() -> None:
    """The number of values is bounded without aliases too."""
    assert "at most 20000 values" in faults(b"a: [" + b"x," * (MAXIMUM_VALUES + 1) + b"]")[0][2]


TOKENS = [
    "[", "{", "]", "- ", "-\n", "? ", ": ", ":\n", "a: ", "a:\n", "&a ", "*a ", "!a ", "| ", ">\n", "'", '"', "#",
    "---\n", "...\n", "%T\n", ",", "[[],", "{a: [", "[a, ", "a,", "\t", "\n", " ", "@", "`", "<<: ", "&a [*a,",
    "\\", '"\\x', "? a\n", "é", "\u2028", "[a]: ", "!<x> ",
]  # fmt: skip


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("start", ["", "a: ", "a: [", "a:\n  "])
def test_a_token_repeated_to_the_limit_is_judged_quickly(token: str, start: str) -> None:
    """256 KB of any one token take bounded processor time, whatever the answer is."""
    data = (start + token * (256 * 1024)).encode()[: 256 * 1024].decode(errors="ignore").encode()
    before = time.process_time()
    document = read_yaml(data)
    assert time.process_time() - before < 5
    assert document.root is not None or document.faults
