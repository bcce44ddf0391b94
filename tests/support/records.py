"""A release claim and keys for tests of records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.model import Override
from bot.core.release_model import SignOff
from bot.records.claim import ReleaseClaim

COMMIT = "4f0c" * 10
TAG = "v3.1.0"
REPOSITORY = "acme/integration"
THEN = datetime(2026, 2, 19, 19, 30, tzinfo=UTC)


def release_claim(**changes: Any) -> ReleaseClaim:
    """A claim with two people's sign-offs and one override; any field may be told."""
    fields: dict[str, Any] = {
        "repository": REPOSITORY,
        "tag": TAG,
        "commit_sha": COMMIT,
        "policy_source": ".github/trackgate.yml",
        "policy_digest": "a" * 64,
        "decision_digest": "b" * 64,
        "evidence_path": "docs/project/evidence/meta-validation/20260219T193000Z.md",
        "evidence_oid": "c" * 40,
        "sign_offs": (
            SignOff("contract-freeze", "raj", COMMIT, THEN),
            SignOff("rollout-readiness", "mira", COMMIT, THEN + timedelta(minutes=3, microseconds=7)),
        ),
        "overrides": (Override("dbt", COMMIT, "raj", "warehouse is “down” <b>", "mira", THEN),),
        "log_head": "d" * 64,
        "verified_at": THEN + timedelta(hours=1),
        "verifier": "https://gate.example",
    }
    return ReleaseClaim(**{**fields, **changes})
