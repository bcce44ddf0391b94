"""The shipped policy says the project's document, *Meta Integration V3 PR Tracks*, and nothing else.

The expectations are written out by hand from the document, so that they cannot follow a slip in the policy.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.core.policy import LoadedPolicy, load_policy
from bot.core.policy_model import Policy

PATH = Path(__file__).parents[2] / "policies" / "meta-integration-v3.yml"

# name → prefix, owners, commands, required documents
TRACKS = {
    "backend": ("backend/", ("sofia", "maya"), ("ruff check backend && pytest -q backend",), ()),
    "dbt": (
        "dbt/",
        ("priya",),
        (
            "make dbt-deps",
            "./scripts/dbt-wrapper.sh 'dbt' 'dbt' 'dbt' run --select staging",
            "./scripts/dbt-wrapper.sh 'dbt' 'dbt' 'dbt' snapshot",
            "./scripts/dbt-wrapper.sh 'dbt' 'dbt' 'dbt' run --select marts",
        ),
        (),
    ),
    "frontend": (
        "frontend/",
        ("lina",),
        ("cd frontend && npm ci && npm test -- --run && npm run build",),
        (),
    ),
    "airbyte": (
        "infrastructure/airbyte/",
        ("maya",),
        (
            "cd infrastructure/airbyte && docker compose config",
            "python3 infrastructure/airbyte/scripts/check_data_contracts.py",
        ),
        (),
    ),
    "qa": ("qa/", ("lina", "sofia"), ("cd qa && npx playwright test tests/meta-integration.spec.ts",), ()),
    "docs": (
        "docs/",
        ("raj", "mira"),
        (),
        (
            "docs/project/api-contract-changelog.md",
            "docs/project/integration-data-contract-matrix.md",
            "docs/runbooks/operations.md",
            "docs/runbooks/meta-app-review-validation.md",
        ),
    ),
}

PURPOSES = {
    "backend": (
        "stabilize `/api/meta/*`, OAuth scope gating, sync lifecycle, retry/backoff, and tenant-safe persistence"
    ),
    "dbt": (
        "fix staging/snapshot compatibility and harden Meta marts (`campaign "
        "history`, `daily performance`, `ad performance`)"
    ),
    "frontend": (
        "resilient Meta state handling (`loading`, `stale`, `retry`, `permission`, "
        "`token-expired`) and route integration"
    ),
    "airbyte": "template/provisioning parity and contract checks without secret leakage",
    "qa": "Playwright coverage for OAuth callback success/missing-scope paths and 429/403 UI behavior",
    "docs": "contract log, matrix, operations runbook, and app-review validation evidence pack",
}

# name → role in the reviewer matrix, backup
PEOPLE = {
    "raj": ("Cross-stream integration", "mira"),
    "mira": ("Architecture risk and refactor oversight", "raj"),
    "sofia": ("Backend API + OAuth/sync", "maya"),
    "maya": ("Integrations/Airbyte provisioning", "sofia"),
    "priya": ("dbt models/snapshots/marts", "sofia"),
    "lina": ("Frontend UX/state handling", "sofia"),
}


@pytest.fixture(scope="module")
def loaded() -> LoadedPolicy:
    """The shipped policy, loaded as the service loads it."""
    return load_policy(PATH.read_bytes(), "policies/meta-integration-v3.yml")


@pytest.fixture(scope="module")
def policy(loaded: LoadedPolicy) -> Policy:
    """The shipped policy's content."""
    return loaded.policy


def test_tracks_are_the_documents_six_in_its_order(policy: Policy) -> None:
    """Prefix, owners, commands and documents of each track, in the document's order."""
    found = {
        name: (track.prefix, track.owners, track.commands, track.required_documents)
        for name, track in policy.tracks.items()
    }
    assert list(found) == list(TRACKS)
    assert found == TRACKS
    assert all(track.globs == () for track in policy.tracks.values())


def test_purposes_are_the_documents(policy: Policy) -> None:
    """Each track says what it is for in the document's words."""
    assert {name: track.purpose for name, track in policy.tracks.items()} == PURPOSES


def test_reviewer_matrix_is_the_documents(policy: Policy) -> None:
    """Six people with their roles; logins are their names until edited; everyone has another as backup."""
    assert {name: (person.role, person.backup) for name, person in policy.people.items()} == PEOPLE
    assert {name: person.login for name, person in policy.people.items()} == {name: name for name in PEOPLE}
    assert all(person.away is None for person in policy.people.values())
    assert (policy.cross_stream_reviewer, policy.architecture_reviewer) == ("raj", "mira")


def test_scope_is_the_documents(policy: Policy) -> None:
    """Title, scope date and time zone stand at the document's head."""
    assert policy.title == "Meta Integration V3 PR Tracks (Stabilize-First)"
    assert policy.name == "meta-integration-v3"
    assert policy.scope_date == date(2026, 2, 19)
    assert policy.timezone == "America/Jamaica"
    assert policy.repositories == ("*/*",)
    assert policy.base_branches == ()


def test_merge_gate_settings(policy: Policy) -> None:
    """Triggers, checks, approvals and hold as decided for the first repository."""
    assert policy.architecture_triggers.labels == ("architecture", "refactor")
    assert policy.architecture_triggers.paths == ()
    assert policy.architecture_triggers.size is None
    assert policy.required_checks.app_id == 15368
    assert policy.required_checks.start_within == timedelta(minutes=30)
    assert policy.required_checks.accept == ("success",)
    assert policy.stale_approvals == "scoped"
    assert policy.hold_label == "gate/hold"


def test_cross_stream_gate_before_release(policy: Policy) -> None:
    """Staging validation, evidence, sign-offs by Raj and Mira, and what happens to tags."""
    release = policy.release
    assert release.branch is None
    assert release.tags == ("v*",)
    assert (release.milestone, release.label) == ("<tag>", "release:<tag>")
    assert release.leads == ("raj", "mira")
    assert release.override_expires == timedelta(hours=24)
    assert dict(release.statements) == {"contract-freeze": ("raj", "mira"), "rollout-readiness": ("raj", "mira")}
    assert release.staging.environment == "staging"
    assert sorted(release.staging.operators) == sorted(PEOPLE)
    assert release.staging.scenarios == (
        "oauth-callback-success",
        "oauth-missing-scope",
        "rate-limit-429",
        "permission-403",
    )
    assert release.staging.test_app_max_age == timedelta(days=7)
    assert release.evidence.directory == "docs/project/evidence/meta-validation"
    assert release.evidence.max_age == timedelta(days=14)
    assert release.carry_over == ("docs/project/evidence/**",)
    assert release.on_unauthorised_tag == "delete"
    assert release.protected_environments == ("production",)
