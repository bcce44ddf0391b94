"""Case files of the release gate → facts and what is expected; `tests/cases/README.md` says what they may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from bot.core.policy import LoadedPolicy
from bot.core.release_gate import decide_release
from bot.core.release_model import (
    Comparison,
    EvidenceFile,
    ExistingTag,
    ReleaseDecision,
    ReleaseFacts,
    SignOff,
    TrackCommit,
)
from tests.support import builders
from tests.support import release_builders as release
from tests.support.evidence_texts import STORY, SYMLINK, TREE, story

CASES = Path(__file__).parents[1] / "cases" / "release_gate"
SHAS = {"target": release.TARGET, "validated": release.VALIDATED, "other": release.OTHER}
MODES = {"symbolic link": SYMLINK, "folder": TREE}
TAKEN_AS_THEY_ARE = ("tag", "asked_for", "is_on_branch", "release_branch", "unreadable")
KEYS = {
    "case", "why", "policy", "tracks", "open", "documents", "evidence", "used", "sign_offs", "without", "compared",
    "overrides", "existing_tag", "recorded", "now", "expect", *TAKEN_AS_THEY_ARE,
}  # fmt: skip
EXPECTED_KEYS = {
    "state", "title", "rows", "reasons", "said", "problems", "next", "counted", "evidence", "overrides",
    "look_again_at",
}  # fmt: skip


@dataclass(frozen=True)
class ReleaseCase:
    """One case: the facts, the policy and the time to decide on, and what is expected."""

    name: str
    facts: ReleaseFacts
    policy: LoadedPolicy
    now: datetime
    expected: Mapping[str, Any]

    def decision(self) -> ReleaseDecision:
        """What the core decides."""
        return decide_release(self.facts, self.policy, self.now)


def read_release_cases() -> Iterator[ReleaseCase]:
    """All cases, file by file."""
    for file in sorted(CASES.glob("*.yml")):
        for written in yaml.safe_load(file.read_text("utf-8")):
            unknown = set(written) - KEYS | set(written["expect"]) - EXPECTED_KEYS
            if unknown:
                raise ValueError(f"{file.name}: {written['case']}: unknown keys {sorted(unknown)}")
            yield _case(written)


def observed(decision: ReleaseDecision, expected: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a decision that a case speaks of, in the shape of its `expect`."""
    rows = {row.kind.value: row for row in decision.rows}
    items = [*decision.problems, *(item for row in decision.rows for item in row.items)]
    everything = [f"{item.subject}: {item.reason}" for item in items]
    action = decision.next_action
    found: dict[str, Any] = {
        "state": decision.state.value,
        "title": decision.title,
        "rows": {kind: rows[kind].state.value for kind in expected.get("rows", ())},
        "reasons": {kind: rows[kind].reason for kind in expected.get("reasons", ())},
        "said": [one if one in everything else everything for one in expected.get("said", ())],
        "problems": [problem.reason for problem in decision.problems],
        "next": [action.owner, action.action] if action else None,
        "counted": [f"{one.login} {one.statement} {_name_of(one.commit_sha)}" for one in decision.sign_offs],
        "evidence": decision.evidence.path.rpartition("/")[2] if decision.evidence else None,
        "overrides": [one.track for one in decision.overrides],
        "look_again_at": decision.look_again_at,
    }
    return {key: found[key] for key in expected}


def _name_of(sha: str) -> str:
    return next((name for name, one in SHAS.items() if one == sha), sha)


def _case(written: Mapping[str, Any]) -> ReleaseCase:
    loaded = builders.policy(written.get("policy"))
    bare = release.release_facts(loaded)
    changes: dict[str, Any] = {key: written[key] for key in TAKEN_AS_THEY_ARE if key in written}
    changes["unreadable"] = tuple(written.get("unreadable", ()))
    changes["tracks"] = {
        **bare.tracks,
        **{name: _track(name, one) for name, one in written.get("tracks", {}).items()},
    }
    changes["open_pull_requests"] = tuple(_open(one) for one in written.get("open", ()))
    changes["documents"] = {**bare.documents, **written.get("documents", {})}
    if "evidence" in written:
        changes["evidence"] = tuple(_evidence(one, loaded) for one in written["evidence"])
    changes["test_app_uses"] = tuple(release.used(**one) for one in written.get("used", ()))
    changes["sign_offs"] = _sign_offs(written)
    changes["comparisons"] = {**bare.comparisons, **_comparisons(written)}
    changes["overrides"] = tuple(
        release.override(**{**one, "commit_sha": SHAS.get(one.get("commit_sha", "target"), one.get("commit_sha"))})
        for one in written.get("overrides", ())
    )
    changes["recorded_commit"] = SHAS.get(written.get("recorded"))
    if "existing_tag" in written:
        changes["existing_tag"] = ExistingTag("0b" * 20, SHAS.get(written["existing_tag"]))
    facts = release.release_facts(loaded, **changes)
    return ReleaseCase(written["case"], facts, loaded, written.get("now", release.NOW), written["expect"])


def _track(name: str, written: Mapping[str, Any] | None) -> TrackCommit | None:
    if written is None:
        return None
    known = {"on_commit", "on_pull_request", "at", "is_brought", "sha", "committed_at", "author", "opened_by"}
    if set(written) - known:
        raise ValueError(f"{name}: unknown keys {sorted(set(written) - known)}")
    changes = dict(written)
    for place in ("on_commit", "on_pull_request"):
        if place in changes:
            changes[place] = tuple(_run(name, one) for one in changes[place])
    if "sha" in changes:
        changes["sha"] = release.sha_of(name, changes["sha"])
    return release.commit(name, **changes)


def _run(track: str, written: Mapping[str, Any] | str | None) -> Any:
    if isinstance(written, Mapping):
        return release.run(track, **written)
    return release.run(track, written)


def _open(written: Mapping[str, Any]) -> Any:
    changes = dict(written)
    return release.still_open(changes.pop("number"), *changes.pop("paths", ()), **changes)


def _evidence(written: Mapping[str, Any], loaded: LoadedPolicy) -> EvidenceFile:
    """The product's file under this name, with texts in it replaced; or one that is no file at all."""
    text = STORY
    for old, new in written.get("replaced", {}).items():
        text = story(old, SHAS.get(new, new), text)
    changes = {key: written[key] for key in ("size", "oid") if key in written}
    if "mode" in written:
        changes["mode"] = MODES[written["mode"]]
    if "text" in written:
        text = written["text"]
    return release.evidence(text, written.get("name", "20260219T193000Z.md"), loaded, **changes)


def _sign_offs(written: Mapping[str, Any]) -> tuple[SignOff, ...]:
    """All four at the target but those in `without`, and those of the case."""
    without = set(written.get("without", ()))
    usual = tuple(one for one in release.all_sign_offs() if f"{one.login} {one.statement}" not in without)
    more = []
    for one in written.get("sign_offs", ()):
        login, statement = one["who"].split()
        at = SHAS[one.get("at", "target")]
        more.append(release.sign_off(login, statement, at, one.get("minute", 0), one.get("ended")))
    return (*usual, *more)


def _comparisons(written: Mapping[str, Any]) -> dict[str, Comparison]:
    found = {}
    for name, one in written.get("compared", {}).items():
        changes = dict(one)
        found[SHAS[name]] = release.compared(SHAS[name], *changes.pop("changed", ()), **changes)
    return found
