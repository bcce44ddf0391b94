"""The file that an operator commits after validating a commit on staging: one in which everything is right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

DIRECTORY = "docs/project/evidence/meta-validation"
"""Where the shipped policy wants evidence."""

SCENARIOS = ("oauth-callback-success", "oauth-missing-scope", "rate-limit-429", "permission-403")
"""What the shipped policy wants validated."""


def evidence_path(performed_at: datetime) -> str:
    """The canonical path of evidence from this moment."""
    return f"{DIRECTORY}/{performed_at.astimezone(UTC).strftime('%Y%m%dT%H%M%SZ')}.md"


def evidence(
    commit: str,
    tag: str,
    performed_at: datetime,
    *,
    app: str = "1029384756",
    scenarios: Mapping[str, str] | None = None,
    **keys: str,
) -> str:
    """An evidence file in which everything is right, but for what `keys` and `scenarios` say."""
    values = {
        "release": tag,
        "commit": commit,
        "environment": "staging",
        "operator": "priya",
        "performed_at": performed_at.isoformat(),
        "meta_test_app": f'{{id: "{app}", created_at: {(performed_at - timedelta(days=1)).date()}}}',
        **keys,
        "result": keys.get("result", "pass"),
    }
    lines = [f"{key}: {value}" for key, value in values.items() if key != "result"]
    results = {**dict.fromkeys(SCENARIOS, "pass"), **(scenarios or {})}
    lines += ["scenarios:", *(f"  {name}: {result}" for name, result in results.items())]
    return "\n".join(["---", *lines, f"result: {values['result']}", "---", "All went well.", ""])
