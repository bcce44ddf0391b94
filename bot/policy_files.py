"""The policies of POLICY_DIR: which file is for which repository.

Read once at the start, and a file again when its size or time changed. Selection is fail closed:

- the most specific matching pattern decides: one without `*` before one with, then the longer;
- two files with equally specific matching patterns are an error that names both, not a coin's toss;
- a file with errors competes by its `repositories` like any other, so that it closes the gates of the
  repositories it is for, and no others;
- a file so broken that its `repositories` cannot be told might be for any repository, so it closes the gates
  of all: silently falling back to a less strict policy is the one thing that must not happen.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from bot.core.policy import (
    MAXIMUM_POLICY_BYTES,
    InvalidPolicy,
    LoadedPolicy,
    Problem,
    load_policy,
)
from bot.core.policy_repositories import repository_matches, repository_patterns

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _File:
    """What one file said when it was read last."""

    stamp: _Stamp
    outcome: LoadedPolicy | InvalidPolicy
    source: str
    patterns: tuple[tuple[str, int], ...] | None


@dataclass(frozen=True, slots=True)
class _Match:
    """One pattern of a file that matches; the greater `rank`, the more specific."""

    rank: tuple[bool, int]
    line: int
    pattern: str
    file: _File


class PolicyFiles:
    """The `*.yml` and `*.yaml` files of one folder (not of folders in it). May be used by several threads."""

    def __init__(self, directory: Path) -> None:
        """Read the folder's files; raises NotADirectoryError when it is none."""
        if not directory.is_dir():
            raise NotADirectoryError(f"no folder of policies: {directory}")
        self._directory = directory
        self._files: dict[str, _File] = {}
        self._lock = Lock()
        self._refresh()

    def for_repository(self, repository: str) -> LoadedPolicy | InvalidPolicy | None:
        """The policy for `owner/name`, the errors that stand in its way, or None when no file is for it."""
        try:
            files = self._refresh()
        except OSError as error:
            return _unreadable(self._directory.name, f"a readable folder ({error.strerror})")
        for file in files:
            if file.patterns is None:
                return file.outcome
        matches = [match for file in files if (match := _best_match(file, repository)) is not None]
        if not matches:
            return None
        best = max(match.rank for match in matches)
        first, *others = [match for match in matches if match.rank == best]
        if others:
            return _tie(first, others)
        return first.file.outcome

    def _refresh(self) -> list[_File]:
        """All files in the order of their names, read again where they changed."""
        with self._lock:
            names = sorted(entry.name for entry in self._directory.iterdir() if _is_policy(entry))
            self._files = {name: self._current(name) for name in names}
            return list(self._files.values())

    def _current(self, name: str) -> _File:
        path, source = self._directory / name, f"{self._directory.name}/{name}"
        known = self._files.get(name)
        try:
            # Taken before reading: a change in between is seen as a change the next time.
            stamp = _stamp(path.stat())
            if known is not None and known.stamp == stamp:
                return known
            with path.open("rb") as file:
                data = file.read(MAXIMUM_POLICY_BYTES + 1)
        except OSError as error:
            problem = _unreadable(source, f"a readable file ({error.strerror})")
            return _File((0, 0, 0), problem, source, None)
        outcome: LoadedPolicy | InvalidPolicy
        try:
            outcome = load_policy(data, source)
        except InvalidPolicy as error:
            outcome = error
        return _File(stamp, outcome, source, repository_patterns(data))


def _is_policy(entry: Path) -> bool:
    """Hidden files are not: editors and mounted volumes keep their own beside the real ones."""
    return entry.suffix in {".yml", ".yaml"} and not entry.name.startswith(".") and not entry.is_dir()


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _best_match(file: _File, repository: str) -> _Match | None:
    matches = [
        _Match(("*" not in pattern, len(pattern)), line, pattern, file)
        for pattern, line in file.patterns or ()
        if repository_matches(pattern, repository)
    ]
    return max(matches, key=lambda match: match.rank, default=None)


def _tie(first: _Match, others: list[_Match]) -> InvalidPolicy:
    """Every file of the tie is named with its line, each as the one that stands in the others' way."""
    names = [f"{match.file.source}:{match.line} (`{match.pattern}`)" for match in (first, *others)]
    problems = (
        Problem(
            match.file.source,
            match.line,
            "repositories",
            f"a more specific pattern; {' and '.join(n for n in names if n != name)} is for the same repository",
        )
        for match, name in zip((first, *others), names, strict=True)
    )
    return InvalidPolicy(tuple(problems))


def _unreadable(source: str, expected: str) -> InvalidPolicy:
    return InvalidPolicy((Problem(source, 1, "document", expected),))
