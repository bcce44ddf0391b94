"""Text from GitHub, made fit for PostgreSQL without hiding that something was there."""

from __future__ import annotations

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with what PostgreSQL cannot hold (NUL, lone surrogates) shown as replacement characters."""
    if "\0" not in text and text.isascii():
        return text
    return _UNSTORABLE.sub(REPLACEMENT, text)


def repository_key(full_name: str) -> str:
    """`owner/name` as the key of a repository: names on GitHub differ by more than case."""
    return storable(full_name).lower()
