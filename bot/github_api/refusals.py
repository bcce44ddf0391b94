"""GitHub's answers that say no, by their status, headers and words: there is no code for most of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from github import GithubException

from bot.github_api.errors import (
    AlreadyExists,
    BadCredentials,
    Forbidden,
    GitHubError,
    LimitReached,
    NotFound,
    Refused,
    Retryable,
    RulesetRefused,
    Suspended,
    plain_text,
)

OUTAGE_WAIT = 5.0
"""Seconds to wait when GitHub is away, and names no time."""
_SUSPENDED = "installation has been suspended"

_RULES = "repository rule violations found"
_THERE = "reference already exists"
# GitHub answers 422, and not 404, for a reference that is to be moved or deleted and is not there.
_ABSENT = "reference does not exist"


def judge(operation: str, error: GithubException, headers: Mapping[str, str], paused: float | None) -> GitHubError:
    """The error of our family for an answer that is no success. `headers` have names in lower case.

    `paused` is the seconds that the limiter pauses for because of it, if it is about a limit.
    """
    status = error.status
    said = error.data.get("message", "") if isinstance(error.data, dict) else ""
    text = f"{operation}: {status} {plain_text(said)}".rstrip()
    if status >= 500:
        return Retryable(text, _seconds(headers.get("retry-after"), OUTAGE_WAIT))
    if paused is not None:
        return LimitReached(text, paused)
    if status == 401:
        return BadCredentials(text)
    if status == 403 and _SUSPENDED in str(said).lower():
        return Suspended(text)
    if status == 403:
        permission = headers.get("x-accepted-github-permissions")
        return Forbidden(text, plain_text(permission) if permission else None)
    if status in (404, 410):
        return NotFound(text)
    return refusal(operation, status, error.data)


def _seconds(text: str | None, otherwise: float) -> float:
    try:
        return max(1.0, float(text)) if text is not None else otherwise
    except ValueError:
        return otherwise


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
