"""What `git diff-tree` prints, as changed files; `tests/cli` shows the same with real repositories."""

from __future__ import annotations

import pytest

from bot.core.model import ChangedFile, ChangeType
from bot.git_changes import Changes, parse_changes
from bot.git_repository import GitError

MODES = b":100644 100644 1111111 2222222 "


def test_records_and_counts_with_any_bytes_in_paths() -> None:
    """Renames have two paths in both parts; tabs, colons and bytes that are no text belong to the path."""
    output = (
        MODES + b"M\0:a\tb\n\xff\0" + MODES + b"R086\0old\0new\0" + b"1\t2\t:a\tb\n\xff\0" + b"-\t-\t\0old\0new\0"
    )
    files = (
        ChangedFile(":a\tb\n\\xff", ChangeType.MODIFIED),
        ChangedFile("new", ChangeType.RENAMED, previous_path="old"),
    )
    assert parse_changes(output) == Changes(files, 3)
    assert parse_changes(b"") == Changes((), 0)


def test_unknown_kind_of_change_is_refused() -> None:
    """A kind that a later git may invent is not guessed at."""
    with pytest.raises(GitError, match="unknown kind of change: Q"):
        parse_changes(MODES + b"Q\0path\0")
