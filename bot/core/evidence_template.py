"""A new evidence file: every key of the format and every scenario of the policy, to be filled in.

What is not given is a placeholder that `read_evidence` refuses, so that a file that nobody filled in never counts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.core.evidence_name import canonical_name
from bot.core.evidence_staging import is_operator
from bot.core.evidence_text import EvidenceEntry, read_evidence
from bot.core.finding import Finding
from bot.core.policy_model import Policy

TODO = "TODO"
_SCENARIO = "scenarios."
_REGULAR_FILE = 0o100644

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
    app_id = json.dumps(f"{TODO}?" if known.test_app is None else known.test_app)
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


def refused_values(policy: Policy, known: Known) -> tuple[Finding, ...]:
    """What is known already and yet would keep the file from counting: one finding each, by the file's keys.

    What is not known is none, nor is the test app's age, which depends on a time that may still be corrected.
    """
    path = f"{policy.release.evidence.directory}/{canonical_name(known.performed_at)}"
    # With a number for the App its day is held against the time of the validation as well.
    text = new_evidence(policy, replace(known, test_app="1" if known.test_app is None else known.test_app))
    content = text.encode()
    findings = read_evidence(EvidenceEntry(path, "", _REGULAR_FILE, len(content), content), policy).findings
    found = [one for one in findings if one.key not in _placeholders(known) and not one.key.startswith(_SCENARIO)]
    if known.operator is not None and not is_operator(known.operator, policy):
        found = [one for one in found if one.key != "operator"]
        operators = ", ".join(policy.release.staging.operators)
        found.append(Finding(path, 1, "operator", f"an operator of the policy ({operators})"))
    return tuple(found)


def _placeholders(known: Known) -> set[str]:
    """The keys that are still to be filled in, but for the scenarios."""
    values = {
        "release": known.release,
        "commit": known.commit,
        "operator": known.operator,
        "meta_test_app.created_at": known.test_app_created,
        "result": None,
    }
    return {key for key, value in values.items() if value is None}


def _value(text: str | None) -> str:
    """A value as YAML: plain where it can be, else in quotes. The placeholder is no tag, SHA, login or time."""
    if text is None:
        return f'"{TODO}?"'
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return json.dumps(text)
