"""Reading a webhook payload, which is hostile text in any shape: what is not as expected is None.

Every reader has a bound, so that no value can be too large for a column, an index or a log line: what GitHub
could not have sent is treated as not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

Payload = Mapping[str, Any]

LARGEST_ID = 2**63 - 1
"""IDs of GitHub are 64 bits wide (`format: int64` in its OpenAPI description), and so are our columns."""

LARGEST_NUMBER = 2**31 - 1
"""Numbers of issues and pull requests: GraphQL asks for them as `Int`, which is 32 bits wide."""

MOST_OFFSET = timedelta(hours=16)
"""PostgreSQL takes no time of a zone as far from UTC as that."""

LONGEST_TEXT = 1024
"""Bytes of a text with no bound of its own. Two columns of this size still fit one index entry (2,704 bytes)."""

LONGEST_TITLE = 256
"""Characters; the most that GitHub takes for the title of a pull request."""

LONGEST_COMMENT = 65_536
"""Characters; GitHub refuses longer comments ("Body is too long (maximum is 65536 characters)")."""

_FULL_NAME = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_LOGIN = re.compile(r"[A-Za-z0-9_.-]{1,100}(?:\[bot\])?")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NOT_IN_A_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]")


def value_at(payload: Any, *keys: str) -> Any:
    """What lies under the keys, or None as soon as one of them is not there."""
    for key in keys:
        # What JSON has for objects; asking for any Mapping takes ten times as long.
        if not isinstance(payload, dict):
            return None
        payload = payload.get(key)
    return payload


def text_at(payload: Any, *keys: str, longest: int = LONGEST_TEXT) -> str | None:
    """The string under the keys; None for anything else, and for one of more than `longest` bytes."""
    found = value_at(payload, *keys)
    if not isinstance(found, str):
        return None
    # No character takes more than four bytes: most texts need not be encoded to be counted.
    return found if len(found) * 4 <= longest or len(_encoded(found)) <= longest else None


def comment_at(payload: Any, *keys: str) -> str | None:
    """The body of a comment under the keys; None for anything else, and for more than GitHub takes."""
    found = value_at(payload, *keys)
    return found if isinstance(found, str) and len(found) <= LONGEST_COMMENT else None


def title_at(payload: Any, *keys: str) -> str | None:
    """The string under the keys, only for show, so that a long one is cut and not left out; else None."""
    found = value_at(payload, *keys)
    return found[:LONGEST_TITLE] if isinstance(found, str) else None


def full_name_at(payload: Any, *keys: str) -> str | None:
    """The repository's `owner/name` under the keys; None for anything that GitHub would not call one."""
    return _matching(_FULL_NAME, value_at(payload, *keys))


def login_at(payload: Any, *keys: str) -> str | None:
    """The login under the keys, of a user or an App (`name[bot]`); None for anything else."""
    return _matching(_LOGIN, value_at(payload, *keys))


def sha_at(payload: Any, *keys: str) -> str | None:
    """The object ID under the keys (SHA-1 or SHA-256, in full); None for anything else."""
    return _matching(_SHA, value_at(payload, *keys))


def branch_at(payload: Any, *keys: str) -> str | None:
    """The branch, or full reference, under the keys; None for what Git would not take (`git check-ref-format`)."""
    found = text_at(payload, *keys)
    return found if found and not _NOT_IN_A_BRANCH.search(found) else None


def number_at(payload: Any, *keys: str, largest: int = LARGEST_ID) -> int | None:
    """The ID or number under the keys, from 1 to `largest`; None for anything else (JSON's true is not 1 here)."""
    found = value_at(payload, *keys)
    is_number = isinstance(found, int) and not isinstance(found, bool)
    return found if is_number and 1 <= found <= largest else None


def moment_at(payload: Any, *keys: str) -> datetime | None:
    """GitHub's ISO 8601 time under the keys, aware; None for anything else."""
    try:
        found = datetime.fromisoformat(text_at(payload, *keys) or "")
    except ValueError:
        return None
    offset = found.utcoffset()
    return found if offset is not None and abs(offset) < MOST_OFFSET else None


def items_at(payload: Any, *keys: str) -> list[Any]:
    """The list under the keys; empty for anything else."""
    found = value_at(payload, *keys)
    return found if isinstance(found, list) else []


def _matching(pattern: re.Pattern[str], found: Any) -> str | None:
    return found if isinstance(found, str) and pattern.fullmatch(found) else None


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
