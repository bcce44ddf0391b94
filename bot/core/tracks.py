"""Changed paths → tracks: the longest matching prefix or glob, for the old and the new path of a file.

All patterns are tried in one pass of one RE2 automaton, so that neither many tracks nor a hostile pattern can
take long (`docs/decisions/0004-path-patterns.md`). Equal lengths: the later pattern of the policy wins, as in a
gitignore file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import re2
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from bot.core.model import ChangedFile, ChangeType, PathReason
from bot.core.policy_model import Policy, Track
from bot.core.secrets import redacted

_MEMORY = 32 << 20
"""Bytes that RE2 may use for the patterns of a policy: enough for any that `core.policy_rules` lets pass."""

_KINDS = {True: "prefix", False: "glob"}
_WORDS = {ChangeType.RENAMED: "renamed", ChangeType.COPIED: "copied"}


@dataclass(frozen=True, slots=True)
class TrackPattern:
    """One prefix or glob of one track."""

    track: str
    text: str
    is_prefix: bool


class PatternSet:
    """Prefixes and gitignore-style globs tried together; says which of them match a path."""

    def __init__(self, patterns: Iterable[tuple[str, bool]]) -> None:
        """`patterns` are checked by the policy already; True stands beside a prefix."""
        options = re2.Options()
        options.dot_nl = True  # a path may hold a line break; `**` crosses that as well
        options.log_errors = False
        options.max_mem = _MEMORY
        self._set = re2.Set.SearchSet(options)
        for text, is_prefix in patterns:
            expression = "^" + re2.escape(text) if is_prefix else GitIgnoreSpecPattern.pattern_to_regex(text)[0]
            self._set.Add(expression)
        self._set.Compile()

    def matching(self, path: str) -> list[int]:
        """The places of all matching patterns, in no order."""
        # A lone surrogate is no character of any path that GitHub can show; it matches as `?`.
        found: list[int] | None = self._set.Match(path.encode("utf-8", "replace"))
        return found or []


@lru_cache(maxsize=16)
def pattern_set(patterns: tuple[tuple[str, bool], ...]) -> PatternSet:
    """The compiled patterns, kept from decision to decision: compiling costs more than a thousand paths."""
    return PatternSet(patterns)


def track_patterns(policy: Policy) -> tuple[TrackPattern, ...]:
    """All patterns of a policy, weakest first: by length, then by their order in the policy."""
    patterns = [
        TrackPattern(name, text, is_prefix)
        for name, track in policy.tracks.items()
        for text, is_prefix in _texts(track)
    ]
    return tuple(sorted(patterns, key=lambda pattern: len(pattern.text)))


@dataclass(frozen=True, slots=True)
class Located:
    """Where all paths of a pull request go, and the first that meets an architecture trigger, if any does."""

    paths: tuple[PathReason, ...]
    trigger: str | None = None


class TrackMap:
    """Finds the track of a path, for one policy."""

    def __init__(self, policy: Policy) -> None:
        # The triggers stand first, so that one look at a path tells of both: a track's pattern is the stronger.
        triggers = policy.architecture_triggers.paths
        self._patterns = track_patterns(policy)
        self._triggers = len(triggers)
        self._set = pattern_set(
            (*((glob, False) for glob in triggers), *((one.text, one.is_prefix) for one in self._patterns))
        )
        self._evidence = policy.release.evidence.directory + "/"
        self._whys = [f"longest match: {_KINDS[one.is_prefix]} {one.text}" for one in self._patterns]

    def find(self, path: str) -> TrackPattern | None:
        """The longest pattern that matches, or None for a path outside all tracks."""
        best = max(self._set.matching(path), default=-1) - self._triggers
        return self._patterns[best] if best >= 0 else None

    def locate(self, files: Collection[ChangedFile]) -> Located:
        """Where each path goes, with why, in order of paths. A renamed or copied file counts at both its paths."""
        trigger, reasons = None, []
        stories, triggers = _stories(files, self._shown), self._triggers
        for path in sorted(stories):
            found, story = self._set.matching(path), stories[path]
            shown = self._shown(path)
            if triggers and trigger is None and found and min(found) < triggers:
                trigger = shown
            best = max(found, default=-1) - triggers
            if best >= 0:
                pattern = self._patterns[best]
                reasons.append(PathReason(shown, pattern.track, pattern.text, story + self._whys[best]))
            else:
                reasons.append(PathReason(shown, None, None, f"{story}no track's prefix or glob matches"))
        return Located(tuple(reasons), trigger)

    def _shown(self, path: str) -> str:
        """The path; a secret that is an evidence file's name is not repeated."""
        return redacted(path) if path.startswith(self._evidence) else path


def _stories(files: Collection[ChangedFile], shown: Callable[[str], str]) -> dict[str, str]:
    """Each path; for one that is only the old path of a file, what became of it (of several copies the first)."""
    stories = {file.path: "" for file in files}
    for file in files:
        if file.previous_path is not None:  # a changed file of that path has no story, which is the least of all
            story = f"{_WORDS.get(file.change, 'moved')} to {shown(file.path)}; "
            stories[file.previous_path] = min(story, stories.get(file.previous_path, story))
    return stories


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
    *folders, _ = glob.strip("/").split("/")  # a glob of one name matches anywhere
    literal: list[str] = []
    for folder in folders:
        if any(character in folder for character in "*?[\\"):
            break
        literal.append(folder)
    return "/".join(literal)
