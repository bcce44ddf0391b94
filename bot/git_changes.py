"""What changed between two commits of a local repository, in the terms of a pull request's file list.

git's own plumbing compares the two trees (`git diff-tree`), so that nobody's diff settings have a say. Renames and
copies are found as git finds them by default (half of the contents alike).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.model import ChangedFile, ChangeType
from bot.git_repository import GitError, GitRepository

RENAME_LIMIT = 1000
"""Beyond this many candidates git no longer compares contents: a rename is then a deletion and an addition."""

_TYPES = {
    "A": ChangeType.ADDED,
    "C": ChangeType.COPIED,
    "D": ChangeType.DELETED,
    "M": ChangeType.MODIFIED,
    "R": ChangeType.RENAMED,
    "T": ChangeType.CHANGED,
}


@dataclass(frozen=True, slots=True)
class Changes:
    """The changed files in git's order, and how many lines were added and deleted in all of them."""

    files: tuple[ChangedFile, ...]
    lines: int


def changes_between(repository: GitRepository, base: str, head: str) -> Changes:
    """The difference of two commits. Raises GitError when an object is missing."""
    options = ("-r", "-z", "-M", "-C", f"-l{RENAME_LIMIT}", "--raw", "--numstat", "--ignore-submodules=none")
    return parse_changes(repository.read("diff-tree", *options, base, head))


def parse_changes(output: bytes) -> Changes:
    """`git diff-tree -z --raw --numstat`: first one raw record for each file, then its counts."""
    fields = iter(output.split(b"\0")[:-1])
    files: list[ChangedFile] = []
    lines = 0
    for field in fields:
        if field.startswith(b":"):
            files.append(_file(field, fields))
        else:
            lines += _counted_lines(field, fields)
    return Changes(tuple(files), lines)


def path_text(raw: bytes) -> str:
    """A path as text: git's paths are bytes, and what is not UTF-8 among them is shown as `\\xff`."""
    return raw.decode("utf-8", "backslashreplace")


def _file(described: bytes, fields: Iterator[bytes]) -> ChangedFile:
    """`:100644 100644 1234567 89abcde R086`, then the path, or the old and the new path."""
    letter = described.split()[-1][:1].decode()
    if letter not in _TYPES:
        raise GitError(f"git named an unknown kind of change: {letter}")
    change = _TYPES[letter]
    first = path_text(next(fields))
    if change in (ChangeType.RENAMED, ChangeType.COPIED):
        return ChangedFile(path_text(next(fields)), change, previous_path=first)
    return ChangedFile(first, change)


def _counted_lines(counts: bytes, fields: Iterator[bytes]) -> int:
    """`3<tab>1<tab>path`, or `3<tab>1<tab>` and two paths after it; `-` stands for a binary file's counts."""
    added, deleted, path = counts.split(b"\t", 2)
    if not path:
        next(fields), next(fields)
    return sum(int(count) for count in (added, deleted) if count != b"-")
