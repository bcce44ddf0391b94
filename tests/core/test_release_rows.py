"""The rows tracks and evidence, and required documents, to the letter: each line, each age, each next action."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.documents import judge_document_sizes
from bot.core.model import NextAction, Requirement, RequirementKind
from bot.core.release_model import ReleaseItem, ReleaseRow, RowKind
from bot.core.words import State
from tests.support.builders import policy
from tests.support.evidence_texts import FOLDER, document, story
from tests.support.release_builders import (
    EVIDENCE_PATH,
    MERGED,
    NOW,
    OTHER,
    TRACKS,
    VALIDATED,
    commit,
    compared,
    decide,
    evidence,
    override,
    release_facts,
    row,
    run,
    still_open,
)

GREEN = {
    track: f"last changed by #{number}: track / {track} is success" for number, track in enumerate(TRACKS, 101)
}
GREEN["docs"] = "last changed by #106; it has no check"
PERFORMED = document().performed_at


def green_item(track: str) -> ReleaseItem:
    """The line of a track that is as it should be."""
    return ReleaseItem(track, State.SUCCESS, GREEN[track], since=MERGED)


def test_the_tracks_row_of_an_open_gate() -> None:
    """One line for each track, as old as its last change; the row is as old as the newest of them."""
    assert row(decide(), RowKind.TRACKS) == ReleaseRow(
        RowKind.TRACKS,
        State.SUCCESS,
        "all merged, and each track's last change is checked",
        since=MERGED,
        items=tuple(green_item(track) for track in TRACKS),
    )


def test_the_tracks_row_of_a_gate_that_is_shut() -> None:
    """What failed is told of, not what waits; the first of it acts next."""
    failed = "track / backend ended with failure, and only success counts"
    old = MERGED - timedelta(days=9)
    changed = {
        "backend": commit("backend", on_commit=(run("backend", "failure"),)),
        "dbt": commit("dbt", on_commit=(run("dbt", "failure"),), at=MERGED + timedelta(hours=1)),
        "qa": commit("qa", at=old),
        "airbyte": None,
    }
    found = row(
        decide(
            tracks={**release_facts().tracks, **changed},
            open_pull_requests=(still_open(7, "qa/a"),),
            overrides=(override("dbt"),),
        ),
        RowKind.TRACKS,
    )
    action = NextAction("nina", "make track / backend pass")
    overridden = (
        "track / dbt ended with failure, and only success counts; "
        "overridden by raj and mira until 2026-02-20 16:00 UTC: the runner is broken"
    )
    merge = NextAction("nina", "get #7 merged, or take it out of the release")
    assert found == ReleaseRow(
        RowKind.TRACKS,
        State.FAILURE,
        f"backend: last changed by #101: {failed}",
        action,
        MERGED + timedelta(hours=1),
        (
            ReleaseItem("backend", State.FAILURE, f"last changed by #101: {failed}", action, MERGED),
            ReleaseItem("dbt", State.SUCCESS, overridden, since=MERGED + timedelta(hours=1)),
            green_item("frontend"),
            ReleaseItem("airbyte", State.SUCCESS, "no commit touched it yet"),
            ReleaseItem("qa", State.IN_PROGRESS, "#7 is still open (milestone v3.1.0)", merge),
            ReleaseItem("qa", State.SUCCESS, "not touched since 2026-02-19, the policy's scope date", since=old),
            green_item("docs"),
        ),
        NOW + timedelta(hours=1),
    )


def test_a_repository_in_which_nothing_was_ever_touched() -> None:
    """There is no age to tell."""
    found = row(decide(tracks={}), RowKind.TRACKS)
    assert (found.state, found.since) == (State.SUCCESS, None)


def test_an_open_pull_request_of_unknown_paths_outside_all_tracks() -> None:
    """It may touch any track, and is outside all of them for certain."""
    found = row(decide(open_pull_requests=(still_open(7, "Makefile", has_all_paths=False),)), RowKind.TRACKS)
    waiting = [one.subject for one in found.items if one.state is State.IN_PROGRESS]
    assert waiting == [*TRACKS, "outside all tracks"]


def test_the_evidence_row_of_an_open_gate() -> None:
    """The file that counts, and below it those that do not, as no fault."""
    made = "20260219T193000Z.md was made for 4f0c4f0; nothing that counts changed since"
    other = evidence(story("release: v3.1.0", "release: v3.0.9"), "20260218T000000Z.md")
    assert row(decide(evidence=(other, evidence())), RowKind.EVIDENCE) == ReleaseRow(
        RowKind.EVIDENCE,
        State.SUCCESS,
        made,
        since=PERFORMED,
        items=(
            ReleaseItem(EVIDENCE_PATH, State.SUCCESS, made, since=PERFORMED),
            ReleaseItem(
                other.path, State.SUCCESS, "does not count: made for v3.0.9", since=other.named_at, is_aside=True
            ),
        ),
        look_again_at=PERFORMED + timedelta(days=14, seconds=1),
    )


def test_the_evidence_row_with_several_faults() -> None:
    """All of them are told, and the first decides who acts how."""
    void = {VALIDATED: compared(VALIDATED, "backend/a.py")}
    found = row(decide(PERFORMED + timedelta(days=15), comparisons=void), RowKind.EVIDENCE)
    action = NextAction("the operators", "validate this commit on staging")
    reason = (
        "20260219T193000Z.md does not hold: made for 4f0c4f0; changed since: backend/a.py; "
        "is 15d old; at most 14d is allowed"
    )
    item = ReleaseItem(EVIDENCE_PATH, State.FAILURE, reason, action, PERFORMED)
    assert found == ReleaseRow(RowKind.EVIDENCE, State.FAILURE, reason, action, PERFORMED, (item,))


def test_the_staging_row_of_an_open_gate() -> None:
    """One line for each thing that was looked at; the test app is as old as it is."""
    app = document().test_app.created_at
    passed = [f"scenario {name} passed" for name in policy().policy.release.staging.scenarios]
    found = row(decide(), RowKind.STAGING)
    assert (found.state, found.reason, found.since) == (
        State.SUCCESS,
        "priya validated staging: 4 scenarios passed",
        PERFORMED,
    )
    assert [(one.reason, one.since) for one in found.items] == [
        ("environment staging", None),
        ("operator priya", None),
        ("result pass", None),
        *((reason, None) for reason in passed),
        ("the test app was new", app),
        ("the test app was not used before", None),
    ]


def test_broken_evidence_of_the_very_limit_is_still_a_fault() -> None:
    """A broken file is a fault for as long as a good one would hold; one whose name tells no time always is."""
    broken = evidence("x", "20260219T193000Z.md")
    at_limit, after = PERFORMED + timedelta(days=14), PERFORMED + timedelta(days=14, seconds=1)
    assert row(decide(at_limit, evidence=(broken,)), RowKind.EVIDENCE).state is State.FAILURE
    assert row(decide(after, evidence=(broken,)), RowKind.EVIDENCE).state is State.IN_PROGRESS
    looked = {row(decide(at_limit, evidence=(broken,)), kind).look_again_at for kind in list(RowKind)[1:3]}
    assert looked == {after}
    assert row(decide(after, evidence=(broken,)), RowKind.EVIDENCE).look_again_at is None
    unnamed = evidence("x", "staging.md")
    assert row(decide(after, evidence=(unnamed,)), RowKind.EVIDENCE).state is State.FAILURE
    assert unnamed.path == f"{FOLDER}/staging.md"


def test_an_older_commit_without_evidence() -> None:
    """Nothing that is committed now gets into its tree, so nobody is waited for."""
    reason = (
        "no evidence under docs/project/evidence/meta-validation counts for this release, "
        "and this commit is not the branch's head"
    )
    action = NextAction(
        "the release leads", "cancel this release, and release the head or a commit that has the evidence"
    )
    found = decide(evidence=(), head_sha=OTHER)
    for kind in (RowKind.STAGING, RowKind.EVIDENCE):
        assert row(found, kind) == ReleaseRow(kind, State.FAILURE, reason, action)
    assert row(decide(head_sha=OTHER), RowKind.EVIDENCE).state is State.SUCCESS


def test_many_files_that_do_not_count() -> None:
    """The newest are named, and the rest is counted: told beside the file that counts, as no fault of its own."""
    others = [
        evidence(story("release: v3.1.0", "release: v3.0.9"), f"20260218T0000{second:02}Z.md")
        for second in range(11)
    ]
    last = row(decide(evidence=(evidence(), *others)), RowKind.EVIDENCE).items[-1]
    assert last == ReleaseItem("older files", State.SUCCESS, "1 more that do not count", is_aside=True)


def test_evidence_of_this_moment_is_not_from_the_future() -> None:
    """Of two files of now, the one that does not count is said to be the older one."""
    twin = evidence(name="2026-02-19T19-30-00Z.md")
    found = row(decide(PERFORMED, evidence=(evidence(), twin)), RowKind.EVIDENCE)
    assert found.items[1].reason == "does not count: a newer validation counts"


def test_evidence_of_which_nothing_is_known() -> None:
    """A file without a document is not well formed, also where no finding says why."""
    bare = replace(evidence("x"), findings=())
    found = row(decide(evidence=(evidence(), bare)), RowKind.EVIDENCE)
    assert found.items[1].reason == "does not count: not well formed"


OWNER = NextAction("nina", "commit a.md, as a file with content")


@pytest.mark.parametrize(
    ("sizes", "reason", "action"),
    [
        ({}, "a.md could not be read", NextAction("anybody", "comment /gate recheck")),
        ({"a.md": None}, "a.md is not there as a file", OWNER),
        ({"a.md": 0}, "a.md is empty", OWNER),
        ({"a.md": 1}, "a.md is there", None),
    ],
)
def test_a_required_document(sizes: dict[str, int | None], reason: str, action: NextAction | None) -> None:
    """There as a file with content, or who has to do what."""
    track = policy({"tracks": {"docs": {"required_documents": ["a.md"]}}}).policy.tracks["docs"]
    state = State.FAILURE if action else State.SUCCESS
    expected = Requirement(RequirementKind.DOCUMENT, "a.md", state, reason, next_action=action)
    assert judge_document_sizes(track, sizes, "nina") == (expected,)
