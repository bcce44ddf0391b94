"""Short ways to make facts for tests of the core: every argument that is not given is unremarkable.

The pull request is open, by `nina` (not in the matrix), into `main`, first seen at SEEN; all required documents
are there; nothing is approved and nothing has run. Between the commits OLD and HEAD no folder differs unless a
test says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.core.checks import check_name
from bot.core.merge_gate import wanted_facts
from bot.core.model import ChangedFile, ChangeType, CheckRun, PullRequestFacts, Review, ReviewState
from bot.core.policy import LoadedPolicy, load_policy

ROOT = Path(__file__).parents[2]
SHIPPED_POLICY = ROOT / "policies" / "meta-integration-v3.yml"

HEAD = "4ead" * 10
OLD = "01d0" * 10
SEEN = datetime(2026, 2, 19, 15, 0, tzinfo=UTC)
NOW = SEEN + timedelta(minutes=10)
GITHUB_ACTIONS = 15368


def policy(edits: Mapping[str, Any] | None = None) -> LoadedPolicy:
    """The shipped policy with small edits: mappings are merged into it, anything else replaces what is there."""
    return _edited(yaml.safe_dump(dict(edits or {}), sort_keys=False))


@lru_cache(maxsize=256)
def _edited(edits: str) -> LoadedPolicy:
    shipped = yaml.load(SHIPPED_POLICY.read_bytes(), yaml.BaseLoader)  # noqa: S506 - BaseLoader makes text only
    data = _merged(shipped, yaml.safe_load(edits))
    data["version"] = int(data["version"])
    data["required_checks"]["app_id"] = int(data["required_checks"]["app_id"])
    data["release"]["branch"] = data["release"]["branch"] or None
    return load_policy(yaml.safe_dump(data, sort_keys=False).encode(), "policy.yml")


def _merged(old: Any, new: Any) -> Any:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}


def changed(path: str, change: ChangeType = ChangeType.MODIFIED, previous: str | None = None) -> ChangedFile:
    """One changed file."""
    return ChangedFile(path, change, previous)


def review(
    author: str, state: ReviewState = ReviewState.APPROVED, at: str | None = HEAD, minute: int = 0
) -> Review:
    """One review, `minute` minutes after the head was seen."""
    return Review(author, state, at, SEEN + timedelta(minutes=minute))


def check_run(
    name: str,
    conclusion: str | None = "success",
    *,
    app_id: int | None = GITHUB_ACTIONS,
    run_id: int = 1,
    status: str = "completed",
) -> CheckRun:
    """One check run on the head SHA."""
    return CheckRun(name, app_id, status, conclusion, run_id)


def green(*tracks: str) -> tuple[CheckRun, ...]:
    """The successful check runs of these tracks."""
    return tuple(check_run(check_name(track), run_id=number) for number, track in enumerate(tracks, 1))


def approved(*logins: str) -> tuple[Review, ...]:
    """Approvals at the head SHA by these people."""
    return tuple(review(login, minute=minute) for minute, login in enumerate(logins))


def trees(loaded: LoadedPolicy, changed_folders: Iterable[str] = ()) -> dict[str, dict[str, str | None]]:
    """Trees at OLD and HEAD: the same in every folder but these ("" is the whole tree, and follows by itself)."""
    differing = set(changed_folders)
    differing |= {""} if differing else set()
    folders = wanted_facts(loaded.policy).folders
    return {
        OLD: {folder: f"tree of {folder}" for folder in folders},
        HEAD: {folder: f"tree of {folder}" + (" changed" if folder in differing else "") for folder in folders},
    }


def pull_request_facts(
    *files: str | ChangedFile, loaded: LoadedPolicy | None = None, **changes: Any
) -> PullRequestFacts:
    """Facts of an open pull request that changes these files. `changes` are fields of PullRequestFacts."""
    loaded = loaded or policy()
    those = tuple(changed(file) if isinstance(file, str) else file for file in files)
    fields: dict[str, Any] = {
        "repository": "meta/integration",
        "number": 12,
        "title": "Refresh tokens before they expire",
        "author": "nina",
        "is_open": True,
        "is_draft": False,
        "base_branch": "main",
        "default_branch": "main",
        "head_sha": HEAD,
        "head_commit_author": "nina",
        "head_seen_at": SEEN,
        "labels": (),
        "changed_files": len(those),
        "changed_lines": 10 * len(those),
        "files": those,
        "documents": dict.fromkeys(wanted_facts(loaded.policy).documents, 100),
        "trees": trees(loaded),
    }
    return PullRequestFacts(**{**fields, **changes})
