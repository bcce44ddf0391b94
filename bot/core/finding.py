"""A finding: one thing that is wrong with a file, told by its place, and shown there as an annotation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SECRET = "secret"  # noqa: S105 - a key's name
"""The key of a finding that is a secret; `expected` then says of what kind."""


SECRET_NAME = "(a name that looks like a secret)"  # noqa: S105 - what stands in its place
"""Stands in a path for a name that is not repeated."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a file: where, and what was expected there. Never a value that may be secret.

    `path` has SECRET_NAME in it where the path itself looks like one.
    """

    path: str
    line: int
    key: str
    expected: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.key}: expected {self.expected}"


class AnnotationLevel(StrEnum):
    """GraphQL `CheckAnnotationLevel`, as far as it is used."""

    FAILURE = "FAILURE"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark on one line of a file at the head, shown beside the diff."""

    path: str
    line: int
    level: AnnotationLevel
    title: str
    message: str
