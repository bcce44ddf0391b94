"""GitHub's 4xx answers that say no, by their words: there is no code for most of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.github_api.errors import AlreadyExists, GitHubError, NotFound, Refused, RulesetRefused, plain_text

_RULES = "repository rule violations found"
_THERE = "reference already exists"
# GitHub answers 422, and not 404, for a reference that is to be moved or deleted and is not there.
_ABSENT = "reference does not exist"


def refusal(operation: str, status: int, data: Any) -> GitHubError:
    """The error for a refusal: its words, and those of each of its `errors`, decide which."""
    said = [text for text in _said(data) if text]
    text = f"{operation}: {status} {plain_text('; '.join(dict.fromkeys(said)))}".rstrip()
    words = " ".join(said).lower()
    if _RULES in words:
        return RulesetRefused(text, status)
    if _THERE in words or "already_exists" in _codes(data):
        return AlreadyExists(text, status)
    if _ABSENT in words:
        return NotFound(text)
    return Refused(text, status)


def _said(data: Any) -> Iterator[str]:
    if not isinstance(data, dict):
        return
    yield str(data.get("message") or "")
    for error in _errors(data):
        if isinstance(error, dict):
            named = " ".join(str(error[key]) for key in ("field", "code") if error.get(key))
            yield str(error.get("message") or named)
        else:
            yield str(error)


def _codes(data: Any) -> set[str]:
    errors = _errors(data) if isinstance(data, dict) else []
    return {str(error.get("code")) for error in errors if isinstance(error, dict)}


def _errors(data: dict[str, Any]) -> list[Any]:
    errors = data.get("errors")
    return errors if isinstance(errors, list) else [errors] if errors else []
