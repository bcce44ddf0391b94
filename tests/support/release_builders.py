"""Short ways to make facts of a release: every argument that is not given is what an open gate needs.

The release is v3.1.0 of the shipped policy, at TARGET. Its evidence was made for VALIDATED, and nothing but the
evidence was committed from there to TARGET. Each track's last change was merged on MERGED, by the pull request of
the track's number, with a green check on the commit. Raj and Mira confirmed both statements at TARGET.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.checks import check_name
from bot.core.evidence_text import read_evidence
from bot.core.model import CheckRun, Override
from bot.core.policy import LoadedPolicy
from bot.core.release_gate import decide_release
from bot.core.release_model import (
    Comparison,
    EvidenceFile,
    MergedPullRequest,
    ReleaseDecision,
    ReleaseFacts,
    ReleasePullRequest,
    ReleaseRow,
    RowKind,
    SignOff,
    TestAppUse,
    TrackCommit,
)
from tests.support.builders import check_run, policy
from tests.support.evidence_texts import COMMIT, FOLDER, NAME, STORY, entry

TAG = "v3.1.0"
TARGET = "7a46" * 10
VALIDATED = COMMIT
OTHER = "07e4" * 10
MERGED = datetime(2026, 2, 19, 18, 0, tzinfo=UTC)
SIGNED = datetime(2026, 2, 20, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 2, 20, 15, 0, tzinfo=UTC)
TRACKS = ("backend", "dbt", "frontend", "airbyte", "qa", "docs")
NUMBERS = {track: 101 + place for place, track in enumerate(TRACKS)}
STATEMENTS = ("contract-freeze", "rollout-readiness")
EVIDENCE_PATH = f"{FOLDER}/{NAME}"


def sha_of(track: str, what: str = "c0") -> str:
    """The SHA of a track's last commit; of its pull request's head with another word."""
    return f"{what}{NUMBERS[track]:03d}".ljust(40, "0")


def run(track: str, conclusion: str | None = "success", **changes: Any) -> CheckRun:
    """The check run of a track; without a conclusion it is still in progress."""
    status = "completed" if conclusion else "in_progress"
    return check_run(check_name(track), conclusion, **{"status": status, **changes})


def commit(
    track: str,
    *,
    on_commit: tuple[CheckRun, ...] | None = None,
    on_pull_request: tuple[CheckRun, ...] = (),
    is_brought: bool = True,
    opened_by: str = "nina",
    at: datetime = MERGED,
    **changes: Any,
) -> TrackCommit:
    """A track's last commit; with its pull request unless it was pushed to the branch itself."""
    brought_by = MergedPullRequest(NUMBERS[track], opened_by, sha_of(track, "ea"), at, on_pull_request)
    fields: dict[str, Any] = {
        "sha": sha_of(track),
        "author": "omar",
        "committed_at": at,
        "check_runs": (run(track),) if on_commit is None else on_commit,
        "pull_request": brought_by if is_brought else None,
    }
    return TrackCommit(**{**fields, **changes})


def evidence(
    text: str = STORY, name: str = NAME, loaded: LoadedPolicy | None = None, **changes: Any
) -> EvidenceFile:
    """One evidence file, read from its text as the service reads it."""
    return read_evidence(entry(text, f"{FOLDER}/{name}", **changes), (loaded or policy()).policy)


def sign_off(login: str, statement: str, at: str = TARGET, minute: int = 0, ended: str | None = None) -> SignOff:
    """One confirmation, `minute` minutes after SIGNED."""
    return SignOff(statement, login, at, SIGNED + timedelta(minutes=minute), ended)


def all_sign_offs(at: str = TARGET) -> tuple[SignOff, ...]:
    """Both statements by both people."""
    return tuple(sign_off(login, statement, at) for statement in STATEMENTS for login in ("raj", "mira"))


def only_evidence_since(sha: str = VALIDATED) -> Comparison:
    """From that commit to the target nothing changed but the evidence."""
    return Comparison(sha, True, (EVIDENCE_PATH,))


def compared(sha: str, *paths: str, is_ancestor: bool = True, is_complete: bool = True) -> Comparison:
    """What changed from a commit to the target."""
    return Comparison(sha, is_ancestor, paths, is_complete)


def override(track: str = "backend", commit_sha: str = TARGET, **changes: Any) -> Override:
    """An override by both leads, in force for another hour."""
    fields: dict[str, Any] = {
        "track": track,
        "commit_sha": commit_sha,
        "by": "raj",
        "reason": "the runner is broken",
        "confirmed_by": "mira",
        "expires_at": NOW + timedelta(hours=1),
    }
    return Override(**{**fields, **changes})


def still_open(number: int, *paths: str, because: str = "milestone v3.1.0", **changes: Any) -> ReleasePullRequest:
    """An open pull request that belongs to the release."""
    return ReleasePullRequest(number, "Refresh tokens", "nina", because, paths, **changes)


def used(app_id: str = "1029384756", name: str = "20260101T000000Z.md") -> TestAppUse:
    """A test app that an evidence file of the past names."""
    return TestAppUse(app_id, f"{FOLDER}/{name}", "01d0" * 10)


def release_facts(loaded: LoadedPolicy | None = None, **changes: Any) -> ReleaseFacts:
    """Facts of a release whose gate is open. `changes` are fields of ReleaseFacts."""
    loaded = loaded or policy()
    fields: dict[str, Any] = {
        "repository": "meta/integration",
        "release_branch": "main",
        "head_sha": TARGET,
        "target_sha": TARGET,
        "tag": TAG,
        "tracks": {track: commit(track) for track in TRACKS},
        "documents": {path: 100 for one in loaded.policy.tracks.values() for path in one.required_documents},
        "evidence": (evidence(loaded=loaded),),
        "sign_offs": all_sign_offs(),
        "comparisons": {VALIDATED: only_evidence_since()},
    }
    return ReleaseFacts(**{**fields, **changes})


def with_track(
    facts: Mapping[str, TrackCommit | None], **changes: TrackCommit | None
) -> dict[str, TrackCommit | None]:
    """The tracks with some of them changed."""
    return {**facts, **changes}


def decide(now: datetime = NOW, loaded: LoadedPolicy | None = None, **changes: Any) -> ReleaseDecision:
    """The release gate on such facts."""
    loaded = loaded or policy()
    return decide_release(release_facts(loaded, **changes), loaded, now)


def row(decision: ReleaseDecision, kind: RowKind) -> ReleaseRow:
    """One row of a decision."""
    return next(one for one in decision.rows if one.kind is kind)
