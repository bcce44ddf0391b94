"""A new evidence file: every key of the format and every scenario of the policy, to be filled in.

What is not given is a placeholder that `read_evidence` refuses, so that a file that nobody filled in never counts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.core.policy_model import Policy

TODO = "TODO"

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*|[0-9a-f]{40}|\d{4}-\d\d-\d\d", re.ASCII)
_WORDS = frozenset({"null", "true", "false"})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known already; None becomes a placeholder. `performed_at` is aware."""

    performed_at: datetime
    release: str | None = None
    commit: str | None = None
    operator: str | None = None
    test_app: str | None = None
    test_app_created: str | None = None


def new_evidence(policy: Policy, known: Known) -> str:
    """The text of the file, ready to be filled in."""
    staging = policy.release.staging
    scenarios = "".join(f'  {name}: "{TODO}?"\n' for name in staging.scenarios)
    app_id = json.dumps(known.test_app or f"{TODO}?")
    return (
        "---\n"
        f"release: {_value(known.release)}\n"
        f"commit: {_value(known.commit)}\n"
        f"environment: {_value(staging.environment)}\n"
        f"operator: {_value(known.operator)}\n"
        f"performed_at: {known.performed_at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')}\n"
        f"meta_test_app: {{id: {app_id}, created_at: {_value(known.test_app_created)}}}\n"
        f"scenarios:  # each pass, fail or skipped\n{scenarios}"
        f"result: {_value(None)}  # pass or fail\n"
        "---\n"
        "What was done and seen; links and screenshots. No access token, no app secret.\n"
    )


def _value(text: str | None) -> str:
    """A value as YAML: plain where it can be, else in quotes. The placeholder is no tag, SHA, login or time."""
    if text is None:
        return f'"{TODO}?"'
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return json.dumps(text)
