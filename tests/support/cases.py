"""Case files → facts and what is expected of their decision. `tests/cases/README.md` says what a case may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from bot.core.merge_gate import decide
from bot.core.model import (
    ChangedFile,
    ChangeType,
    CheckRun,
    CommitStatus,
    Decision,
    Hold,
    PullRequestFacts,
    Reassignment,
    Review,
    ReviewState,
    SiblingGate,
    State,
)
from bot.core.policy import LoadedPolicy
from tests.support import builders
from tests.support.builders import HEAD, NOW, OLD

CASES = Path(__file__).parents[1] / "cases"
SHAS = {"head": HEAD, "old": OLD, "gone": None}
TAKEN_AS_THEY_ARE = ("author", "head_commit_author", "base_branch", "changed_files", "changed_lines", "documents")
KEYS = {
    "case", "why", "policy", "files", "numbered_files", "changed_since", "approved_by", "reviews", "green",
    "checks", "statuses", "requested", "asked", "refused", "labels", "holds", "reassigned", "draft", "siblings",
    "unreadable", "minutes_since_seen", "expect", *TAKEN_AS_THEY_ARE,
}  # fmt: skip
EXPECTED_KEYS = {"state", "title", "slots", "next", "requests", "paths", "reason", "in_scope", "look_again_at"}


@dataclass(frozen=True)
class Case:
    """One case: the facts, the policy and the time to decide on, and what is expected."""

    name: str
    facts: PullRequestFacts
    policy: LoadedPolicy
    now: datetime
    expected: Mapping[str, Any]

    def decision(self) -> Decision:
        """What the core decides."""
        return decide(self.facts, self.policy, self.now)


def read_cases(folder: str) -> Iterator[Case]:
    """All cases of a folder of tests/cases, file by file."""
    for file in sorted((CASES / folder).glob("*.yml")):
        for written in yaml.safe_load(file.read_text("utf-8")):
            unknown = set(written) - KEYS | set(written["expect"]) - EXPECTED_KEYS
            if unknown:
                raise ValueError(f"{file.name}: {written['case']}: unknown keys {sorted(unknown)}")
            yield _case(written)


def observed(decision: Decision, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a decision that a case speaks of, in the shape of its `expect`."""
    requirements = [*decision.requirements, *(item for track in decision.tracks for item in track.requirements)]
    slots: dict[str, list[str | None]] = {}
    for item in requirements:
        if item.slot is not None:
            slots.setdefault(item.slot.track or "whole", []).append(item.slot.approver)
    action = decision.next_action
    found: dict[str, Any] = {
        "state": decision.state.value,
        "title": decision.title,
        "slots": slots,
        "next": [action.owner, action.action] if action else None,
        "requests": list(decision.review_requests),
        "paths": {path.path: path.track or "outside" for path in decision.paths},
        "in_scope": decision.in_scope,
        "look_again_at": decision.look_again_at,
    }
    if "reason" in keys:
        found["reason"] = (
            keys["reason"] if keys["reason"] in [item.reason for item in requirements] else requirements
        )
    return {key: found[key] for key in keys}


def _case(written: Mapping[str, Any]) -> Case:
    loaded = builders.policy(written.get("policy"))
    fields = {key: written[key] for key in TAKEN_AS_THEY_ARE if key in written}
    if "documents" in fields:
        documents = builders.pull_request_facts(loaded=loaded).documents
        fields["documents"] = {**documents, **fields["documents"]}
    facts = builders.pull_request_facts(
        *_files(written),
        loaded=loaded,
        **fields,
        is_draft=written.get("draft", False),
        labels=tuple(written.get("labels", ())),
        reviews=(*builders.approved(*written.get("approved_by", ())), *map(_review, written.get("reviews", ()))),
        check_runs=(*builders.green(*written.get("green", ())), *map(_check, written.get("checks", ()))),
        statuses=tuple(CommitStatus(**status) for status in written.get("statuses", ())),
        requested_reviewers=tuple(written.get("requested", ())),
        asked_reviewers=tuple(written.get("asked", ())),
        refused_requests=written.get("refused", {}),
        holds=tuple(Hold(holder, reason) for holder, reason in written.get("holds", {}).items()),
        reassignments=tuple(Reassignment(**one) for one in written.get("reassigned", ())),
        siblings=tuple(
            SiblingGate(one["number"], State(one["state"]), one["title"]) for one in written.get("siblings", ())
        ),
        unreadable=tuple(written.get("unreadable", ())),
        trees=builders.trees(loaded, written.get("changed_since", ())),
    )
    now = (
        builders.SEEN + timedelta(minutes=written["minutes_since_seen"])
        if "minutes_since_seen" in written
        else NOW
    )
    return Case(written["case"], facts, loaded, now, written["expect"])


def _files(written: Mapping[str, Any]) -> list[str | ChangedFile]:
    numbered = written.get("numbered_files", {})
    files: list[str | ChangedFile] = [numbered["path"].format(n) for n in range(numbered.get("count", 0))]
    for file in written.get("files", ()):
        if isinstance(file, str):
            files.append(file)
        elif "renamed_from" in file:
            files.append(builders.changed(file["path"], ChangeType.RENAMED, file["renamed_from"]))
        else:
            files.append(builders.changed(file["path"], ChangeType.COPIED, file["copied_from"]))
    return files


def _review(written: Mapping[str, Any]) -> Review:
    return builders.review(
        written["by"], ReviewState(written["state"]), SHAS[written.get("at", "head")], written.get("minute", 0)
    )


def _check(written: Mapping[str, Any]) -> CheckRun:
    return builders.check_run(
        written["name"],
        written.get("conclusion", "success") if written.get("status", "completed") == "completed" else None,
        app_id=written.get("app", builders.GITHUB_ACTIONS),
        run_id=written.get("id", 1),
        status=written.get("status", "completed"),
    )
