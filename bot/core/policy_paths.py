"""Paths and globs as a policy writes them: what is refused, and how a folder is normalised.

Nothing here matches a path against a track; `core.tracks` does.
"""

from __future__ import annotations

import re2
from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

MAXIMUM_PATH = 1000
MAXIMUM_GLOB = 300
_ASK_FOR_PATH = "a path from the repository's root, written with `/`, not starting with it, without `.` and `..`"


def normalised_prefix(text: str) -> str:
    """A folder's prefix always ends with one `/`: `backend` and `backend/` are the same folder."""
    return text if text.endswith("/") else text + "/"


def path_fault(path: str) -> str | None:
    """What was expected instead of this path; None when it is a plain relative path of a git tree."""
    if len(path) > MAXIMUM_PATH:
        return f"a path of at most {MAXIMUM_PATH} characters"
    parts = path.split("/")
    if "\\" in path or any(part in {"", ".", ".."} or part != part.strip() for part in parts):
        return _ASK_FOR_PATH
    if not path.isprintable():
        return "a path of visible characters"
    return None


def glob_fault(glob: str) -> str | None:
    """What was expected instead of this gitignore-style glob; None when it can be matched in linear time."""
    if len(glob) > MAXIMUM_GLOB:
        return f"a glob of at most {MAXIMUM_GLOB} characters"
    if glob.startswith("!"):
        return "a glob that adds paths; exclusion with `!` is not supported: give the others to another track"
    if not glob.isprintable() or glob != glob.strip() or glob.startswith("#"):
        return "a gitignore-style glob of visible characters, not starting with `#`, without blanks at its ends"
    if any(part in {".", ".."} for part in glob.split("/")):
        return "a glob from the repository's root, without `.` and `..`"
    try:
        regular_expression, _ = GitIgnoreSpecPattern.pattern_to_regex(glob)
        if regular_expression is None:
            return "a glob that can match something; check its brackets, or write [[] for a bracket itself"
        re2.compile(regular_expression, options=_quiet())
    except (GitIgnorePatternError, re2.error):
        return "a gitignore-style glob such as docs/**/*.md; check its brackets, ranges and backslashes"
    return None


def _quiet() -> re2.Options:
    options = re2.Options()
    options.log_errors = False  # a bad pattern is the policy's problem, not a line on stderr
    return options
