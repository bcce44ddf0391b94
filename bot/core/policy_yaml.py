"""YAML bytes → plain data in which every value knows its line; anything else is a fault, never an exception.

Only YAML's events are used (PyYAML over libyaml), not its constructors: no tag can make an object, and depth,
number of values and aliases are bounded while reading, not afterwards. Of YAML 1.1's implicit types only whole
numbers, true/false and null are kept, so `on`, `1:30`, `010` and `2026-02-19` are the text they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.core.policy_text import KeyPath, key_text, shown

MAXIMUM_DEPTH = 16
MAXIMUM_VALUES = 20_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Everything outside YAML's printable characters; surrogates cannot come out of UTF-8.
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ufffd\U00010000-\U0010ffff]|\ufeff")
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
_PLAIN_TAGS = frozenset({"!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


@dataclass(slots=True)
class Node:
    """One value: plain data, the line (from 1) it stands on, and the nodes in it by key or index.

    A list or mapping under a key stands on its key's line. `size` counts the values in it, itself included.
    """

    line: int
    value: Any
    children: dict[str | int, Node] = field(default_factory=dict)
    size: int = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with the YAML itself: the line, the key, and what was expected."""

    line: int
    key: str
    expected: str


@dataclass(frozen=True, slots=True)
class Document:
    """What was read. `root` is None when nothing could be; then there is at least one fault."""

    root: Node | None
    faults: tuple[Fault, ...]


class _StopError(Exception):
    """Reading on makes no sense."""

    def __init__(self, line: int, key: str, expected: str) -> None:
        super().__init__(expected)
        self.fault = Fault(line, key, expected)


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read; `key` is the mapping's key whose value comes next."""

    node: Node
    anchor: str | None
    key: str | None = None
    key_line: int = 0


def read_yaml(data: bytes) -> Document:
    """Read one YAML document. Never raises for any bytes; time is bounded by their number."""
    faults: list[Fault] = []
    try:
        return Document(_Reader(faults).read(_decode(data)), tuple(faults))
    except _StopError as stop:
        return Document(None, (*faults, stop.fault))


def locate(root: Node, path: KeyPath) -> Node:
    """The deepest node on the path that is there."""
    node = root
    for part in path:
        if (child := node.children.get(part)) is None:
            break
        node = child
    return node


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _StopError(line, "document", f"UTF-8 text; byte {error.start} is not") from None
    if found := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _StopError(line, "document", f"text without control characters; found U+{ord(found[0]):04X}")
    if found := _DIRECTIVE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _StopError(line, "document", "a document without YAML directives; no line starts with %")
    return text


def _events(text: str) -> Iterator[Any]:
    """YAML's events; a syntax error becomes a fault with its line."""
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = min(mark.line if mark else 0, text.count("\n")) + 1
        problem = getattr(error, "problem", None) or "this cannot be read"
        raise _StopError(line, "document", f"valid YAML; here {shown(problem)}") from None


class _Reader:
    """Builds nodes from events with a stack of its own, so that no nesting can exhaust Python's."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._root: Node | None = None

    def read(self, text: str) -> Node:
        for event in _events(text):
            line = event.start_mark.line + 1
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event, line)
                case yaml.DocumentStartEvent() if self._root is not None:
                    raise _StopError(line, "document", "one YAML document; a second one starts here")
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self._start(event, line)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    closed = self._open.pop()
                    self._add(closed.node, closed.anchor)
                case yaml.AliasEvent():
                    self._alias(str(event.anchor), line)
        if self._root is None or not isinstance(self._root.value, dict):
            found = "something else" if self._root and self._root.value is not None else "nothing"
            raise _StopError(1, "document", f"a mapping with the policy's keys; found {found}")
        return self._root

    def _key_text(self) -> str:
        """Where the reader is: the keys and indices of the open collections."""
        parts = (frame.key if _is_mapping(frame) else len(frame.node.value) for frame in self._open)
        return key_text(tuple(part for part in parts if part is not None))

    def _start(self, event: Any, line: int) -> None:
        if len(self._open) >= MAXIMUM_DEPTH:
            raise _StopError(line, self._key_text(), f"at most {MAXIMUM_DEPTH} levels of lists and mappings")
        if self._awaits_key():
            raise _StopError(line, self._key_text(), "text as a key, not a list or a mapping")
        self._check_tag(event.tag, line)
        parent = self._open[-1] if self._open else None
        stands_on = parent.key_line if parent is not None and _is_mapping(parent) else line
        empty: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._open.append(_Open(Node(stands_on, empty), event.anchor))

    def _scalar(self, event: Any, line: int) -> None:
        self._check_tag(event.tag, line)
        is_plain = event.implicit[0] and event.style in (None, "")
        value = _plain_value(event.value) if is_plain else event.value
        if self._awaits_key():
            self._take_key(event.value, isinstance(value, str), line)
        else:
            self._add(Node(line, value), event.anchor)

    def _alias(self, name: str, line: int) -> None:
        if name not in self._anchors:
            raise _StopError(line, self._key_text(), f"an anchor that is complete above; `*{shown(name)}` is not")
        if self._awaits_key():
            raise _StopError(line, self._key_text(), "text as a key, not an alias")
        self._add(self._anchors[name], None)

    def _awaits_key(self) -> bool:
        return bool(self._open) and _is_mapping(self._open[-1]) and self._open[-1].key is None

    def _take_key(self, key: str, is_text: bool, line: int) -> None:
        frame = self._open[-1]
        if not is_text:
            self._faults.append(Fault(line, self._key_text(), f"text as a key; put `{shown(key)}` in quotes"))
        frame.key, frame.key_line = key, line
        if key in frame.node.children:
            first = frame.node.children[key].line
            self._faults.append(Fault(line, self._key_text(), f"each key once; it stands on line {first} already"))

    def _add(self, node: Node, anchor: str | None) -> None:
        """Put a finished value where the reader is. An alias counts with all that it stands for."""
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self._root = node
            return
        frame = self._open[-1]
        part: str | int = len(frame.node.value) if frame.key is None else frame.key
        if frame.key is None:
            frame.node.value.append(node.value)
        else:
            frame.node.value[frame.key] = node.value
        frame.node.children[part] = node
        frame.node.size += node.size
        if frame.node.size > MAXIMUM_VALUES:
            raise _StopError(
                node.line, self._key_text(), f"at most {MAXIMUM_VALUES} values, aliases counted in full"
            )
        frame.key = None

    def _check_tag(self, tag: str | None, line: int) -> None:
        if tag is not None and tag not in _PLAIN_TAGS:
            self._faults.append(Fault(line, self._key_text(), f"a value without a tag; found `{shown(tag)}`"))


def _is_mapping(frame: _Open) -> bool:
    return isinstance(frame.node.value, dict)


def _plain_value(text: str) -> str | int | bool | None:
    """What unquoted text means: a word of YAML, a whole number, else the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else text
