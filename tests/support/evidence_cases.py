"""Evidence files as facts, and the rows that are judged on them, for tests that change one thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.evidence import JudgedEvidence, judge_evidence
from bot.core.evidence_name import canonical_name
from bot.core.release_model import Binding, EvidenceFile, ReleaseFacts, ReleaseRow, TestApp, TestAppUse
from bot.core.words import State
from tests.support.evidence_texts import FOLDER, document, read, shipped, story

TARGET, PARENT, OTHER = "7a46" * 10, "9a4e" * 10, "07e4" * 10
PERFORMED = datetime(2026, 2, 19, 19, 30, tzinfo=UTC)
NOW = PERFORMED + timedelta(days=1)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def bound(commit: str) -> Binding:
    """The target and its parent are bound, anything else is not."""
    if commit in (TARGET, PARENT):
        return Binding(True, f"made for {commit[:7]}")
    return Binding(False, f"made for {commit[:7]}; changed since: backend/app.py")


def evidence(
    performed_at: datetime = PERFORMED, name: str | None = None, oid: str = "b10b", **changes: Any
) -> EvidenceFile:
    """A file that passes, validated then; `changes` are fields of its document."""
    told = replace(
        document(),
        commit=TARGET,
        performed_at=performed_at,
        test_app=TestApp("1029384756", performed_at - DAY),
    )
    named = canonical_name(performed_at) if name is None else name
    path = f"{FOLDER}/{named}"
    return replace(read(path=path), oid=oid, document=replace(told, **changes))


def broken(path: str = f"{FOLDER}/20260219T200000Z.md") -> EvidenceFile:
    """A file with something wrong in it."""
    return read(story("result: pass", "result: fine"), path=path)


def facts(
    files: Sequence[EvidenceFile], uses: Sequence[TestAppUse] = (), tag: str | None = "v3.1.0"
) -> ReleaseFacts:
    """The facts of a release with these files; each file is a version of the history itself."""
    own = [
        TestAppUse(file.document.test_app.id, file.path, file.oid, file.document.release, file.document.commit)
        for file in files
        if file.document
    ]
    return ReleaseFacts("meta/v3", "main", TARGET, TARGET, tag, evidence=tuple(files), test_app_uses=(*own, *uses))


def judge(
    *files: EvidenceFile,
    uses: Sequence[TestAppUse] = (),
    tag: str | None = "v3.1.0",
    now: datetime = NOW,
    rule: Callable[[str], Binding] = bound,
) -> JudgedEvidence:
    """Both rows, by the shipped policy."""
    return judge_evidence(facts(files, uses, tag), shipped(), rule, now)


def missing(row: ReleaseRow) -> tuple[State, str]:
    """The state and reason of a row that is not open; it has one next action, of the operators."""
    assert row.next_action is not None
    assert row.next_action.owner == "the operators"
    return row.state, row.reason
