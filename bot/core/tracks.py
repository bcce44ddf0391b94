"""Changed paths → tracks: the longest matching prefix or glob, for the old and the new path of a file.

All patterns are tried in one pass of one RE2 automaton, so that neither many tracks nor a hostile pattern can
take long (`docs/decisions/0004-path-patterns.md`). Equal lengths: the later pattern of the policy wins, as in a
gitignore file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import re2
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from bot.core.model import ChangedFile, ChangeType, PathReason
from bot.core.policy_model import Policy, Track

_WORDS = {ChangeType.RENAMED: "renamed", ChangeType.COPIED: "copied"}


@dataclass(frozen=True, slots=True)
class TrackPattern:
    """One prefix or glob of one track."""

    track: str
    text: str
    is_prefix: bool


class PatternSet:
    """Regular expressions (RE2 syntax) tried together; says which of them match a path."""

    def __init__(self, expressions: Iterable[str]) -> None:
        options = re2.Options()
        options.dot_nl = True  # a path may hold a line break; `**` crosses that as well
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        self._size = 0
        for expression in expressions:
            self._set.Add(expression)
            self._size += 1
        if self._size:
            self._set.Compile()

    def matching(self, path: str) -> list[int]:
        """The places of all matching expressions, in no order."""
        return self._set.Match(path) if self._size else []


def glob_expression(glob: str) -> str:
    """A gitignore-style glob as an RE2 expression. The policy was checked, so the glob is a good one."""
    expression, _ = GitIgnoreSpecPattern.pattern_to_regex(glob)
    return expression or r"[^\s\S]"


def track_patterns(policy: Policy) -> tuple[TrackPattern, ...]:
    """All patterns of a policy, weakest first: by length, then by their order in the policy."""
    patterns = [
        TrackPattern(name, text, is_prefix)
        for name, track in policy.tracks.items()
        for text, is_prefix in _texts(track)
    ]
    return tuple(sorted(patterns, key=lambda pattern: len(pattern.text)))


class TrackMap:
    """Finds the track of a path, for one policy."""

    def __init__(self, policy: Policy) -> None:
        self._patterns = track_patterns(policy)
        self._set = PatternSet(
            "^" + re2.escape(pattern.text) if pattern.is_prefix else glob_expression(pattern.text)
            for pattern in self._patterns
        )

    def find(self, path: str) -> TrackPattern | None:
        """The longest pattern that matches, or None for a path outside all tracks."""
        found = self._set.matching(path)
        return self._patterns[max(found)] if found else None

    def locate(self, files: Iterable[ChangedFile]) -> tuple[PathReason, ...]:
        """Where each path goes, with why. A renamed or copied file counts at both its paths."""
        reasons: dict[str, PathReason] = {}
        for file in files:
            reasons[file.path] = self._reason(file.path, "")
            if file.previous_path is not None and file.previous_path not in reasons:
                word = _WORDS.get(file.change, "moved")
                reasons[file.previous_path] = self._reason(file.previous_path, f"{word} to {file.path}; ")
        return tuple(reasons.values())

    def _reason(self, path: str, story: str) -> PathReason:
        pattern = self.find(path)
        if pattern is None:
            return PathReason(path, None, None, f"{story}no track's prefix or glob matches")
        kind = "prefix" if pattern.is_prefix else "glob"
        return PathReason(path, pattern.track, pattern.text, f"{story}longest match: {kind} {pattern.text}")


def touched_tracks(paths: Sequence[PathReason], policy: Policy) -> tuple[str, ...]:
    """The tracks that any of the paths went to, in the policy's order."""
    touched = {path.track for path in paths}
    return tuple(name for name in policy.tracks if name in touched)


def folders_of(track: Track) -> tuple[str, ...]:
    """The folders that hold everything a track can own: its prefix, and each glob's literal beginning.

    "" is the whole repository. Wider than the track itself where a glob or a nested track makes it so: then an
    approval goes stale too often rather than not often enough.
    """
    folders = {track.prefix.rstrip("/")} if track.prefix else set()
    return tuple(sorted(folders | {_literal_folder(glob) for glob in track.globs}))


def _texts(track: Track) -> list[tuple[str, bool]]:
    own = [(track.prefix, True)] if track.prefix else []
    return own + [(glob, False) for glob in track.globs]


def _literal_folder(glob: str) -> str:
    anchored = "/" in glob.rstrip("/")
    folders = glob.strip("/").split("/")
    literal: list[str] = []
    for folder in folders[:-1] if anchored else []:
        if any(character in folder for character in "*?[\\"):
            break
        literal.append(folder)
    return "/".join(literal)
