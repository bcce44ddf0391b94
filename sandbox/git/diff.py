"""The changed files between two commits, as `git diff` sees them: with renames and copies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .process import run_git

STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One changed file, in REST's words. `sha` is the blob at the head, or the removed one."""

    path: str
    status: str
    previous_path: str | None
    additions: int
    deletions: int
    sha: str
    mode: str


def changed_files(directory: Path, base: str, head: str) -> tuple[ChangedFile, ...]:
    """All files that differ between two commits or trees, in git's order."""
    raw = run_git(
        "diff", "--raw", "--numstat", "-z", "--no-abbrev", "-M", "-C", "--no-color", base, head, "--", at=directory
    )
    return _parse(raw.decode("utf-8", "replace").split("\0"))


def _parse(fields: list[str]) -> tuple[ChangedFile, ...]:
    raw: list[tuple[str, str | None, str, str]] = []
    position = 0
    while position < len(fields) and fields[position].startswith(":"):
        old_mode, new_mode, old, new, letter = fields[position][1:].split(" ")
        moved = letter[0] in "RC"
        previous = fields[position + 1] if moved else None
        mode_only = letter == "M" and old == new and old_mode != new_mode
        status = "changed" if mode_only else STATUS.get(letter[0], "changed")
        removed = letter[0] == "D"
        raw.append((status, previous, old if removed else new, old_mode if removed else new_mode))
        position += 3 if moved else 2
    counts = _parse_counts(fields[position:])
    return tuple(
        ChangedFile(path, status, previous, additions, deletions, sha, mode)
        for (status, previous, sha, mode), (path, additions, deletions) in zip(raw, counts, strict=True)
    )


def _parse_counts(fields: list[str]) -> list[tuple[str, int, int]]:
    """The numstat half: additions, deletions and path; binary files count as none."""
    counts: list[tuple[str, int, int]] = []
    position = 0
    while position < len(fields) and fields[position]:
        added, deleted, path = fields[position].split("\t", 2)
        moved = path == ""
        if moved:
            path = fields[position + 2]
        counts.append((path, int(added) if added != "-" else 0, int(deleted) if deleted != "-" else 0))
        position += 3 if moved else 1
    return counts
