"""A policy's errors, as people read them: file, line, key, and what was expected there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bot.core.policy_rules import broken_rules
from bot.core.policy_schema import known_keys, section_at
from bot.core.policy_text import KeyPath, key_text, nearest, shown
from bot.core.policy_types import ERROR_TYPE
from bot.core.policy_yaml import Node, locate

# A file with more is not read line by line by anybody; the last problem then says that there are more.
MAXIMUM_PROBLEMS = 200

# pydantic's error types → the words after "expected"; our own errors (ERROR_TYPE) carry them along.
_EXPECTED = {
    "missing": "this key, which is required",
    "string_type": "text",
    "int_type": "a whole number without quotes",
    "tuple_type": "a list",
    "dict_type": "a mapping of names",
    "model_type": "a mapping of keys",
    "literal_error": "{expected}",
    "greater_than_equal": "a whole number, at least {ge}",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
    ERROR_TYPE: "{expected}",
}
_WORDS = {"None": "nothing", "True": "true", "False": "false"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of a policy file. `file` is how the file is called to people, `line` counts from 1."""

    file: str
    line: int
    key: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: expected {self.expected}"


class InvalidPolicy(Exception):  # noqa: N818 - named as what it is: a result too, not only raised
    """A policy file that cannot be used, with all of its problems in the order of their lines."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def problems_of(error: ValidationError, root: Node, source: str) -> list[Problem]:
    """What the models refused, and what the rules between sections refuse in the same data, as problems."""
    details = error.errors(include_url=False)[: 2 * MAXIMUM_PROBLEMS]
    found = {(_path(detail), _expected(detail, root)) for detail in details if _is_own(detail)}
    found |= {(path, expected + _found(root, path)) for path, expected in broken_rules(root.value)}
    return [Problem(source, locate(root, path).line, key_text(path), expected) for path, expected in found]


def _is_own(detail: Any) -> bool:
    """pydantic counts only valid entries: a list whose entries are wrong is not too short besides."""
    return bool(detail["type"] != "too_short" or len(detail["input"]) < detail["ctx"]["min_length"])


def in_line_order(problems: list[Problem], source: str) -> tuple[Problem, ...]:
    """All problems by line; of a file with very many the first ones, and one that says there are more."""
    ordered = sorted(problems, key=lambda problem: (problem.line, problem.key, problem.expected))
    if len(ordered) > MAXIMUM_PROBLEMS:
        first_left_out = ordered[MAXIMUM_PROBLEMS].line
        more = Problem(source, first_left_out, "document", "the problems above to be corrected; more follow here")
        ordered = [*ordered[:MAXIMUM_PROBLEMS], more]
    return tuple(ordered)


def _expected(details: Any, root: Node) -> str:
    """What was expected, of one of pydantic's errors."""
    path = _path(details)
    if details["type"] == "extra_forbidden" and (section := section_at(path[:-1])) is not None:
        return f"a known key{nearest(str(path[-1]), known_keys(section))}"
    template = _EXPECTED.get(details["type"], "another value")
    return str(template.format_map(details.get("ctx", {}))) + _found(root, path)


def _path(details: Any) -> KeyPath:
    """Where the error is. pydantic marks errors of a mapping's key itself with a last part `[key]`."""
    path: KeyPath = details["loc"]
    is_marked = path[-1:] == ("[key]",) and details["type"] != "extra_forbidden"  # else it is called so
    return path[:-1] if is_marked else path


def _found(root: Node, path: KeyPath) -> str:
    """` (found …)` for a single value at the path; nothing for lists, mappings and what is missing."""
    node = locate(root, path[:-1]).children.get(path[-1]) if path else None
    if node is None or isinstance(node.value, dict | list):
        return ""
    if isinstance(node.value, str):
        return f" (found `{shown(node.value)}`)"
    return f" (found {_WORDS.get(str(node.value), f'the number {node.value}')})"
