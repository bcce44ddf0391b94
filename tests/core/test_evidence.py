"""Which evidence file counts for a release, and what the row `evidence` says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.evidence import MAXIMUM_OTHERS, choose, judge_evidence
from bot.core.evidence_name import canonical_name
from bot.core.release_model import EvidenceDocument, EvidenceFile, Finding, RowKind, TestApp
from bot.core.words import State
from tests.support.builders import policy
from tests.support.evidence_cases import (
    DAY,
    NOW,
    OTHER,
    PARENT,
    PERFORMED,
    SECOND,
    bound,
    broken,
    evidence,
    facts,
    judge,
    missing,
)
from tests.support.evidence_texts import FOLDER, read


def evidence_fault(file: EvidenceFile, now: datetime = NOW) -> str:
    """The reason of the evidence row alone."""
    judged = judge(file, now=now)
    assert judged.staging.state is State.SUCCESS
    state, reason = missing(judged.evidence)
    assert state is State.FAILURE
    return reason


def test_everything_is_there() -> None:
    """Both rows are open, since the validation, and will be looked at when the evidence becomes too old."""
    file = evidence()
    judged = judge(file)
    for row, kind in ((judged.staging, RowKind.STAGING), (judged.evidence, RowKind.EVIDENCE)):
        assert (row.kind, row.state, row.next_action, row.since) == (kind, State.SUCCESS, None, PERFORMED)
        assert row.look_again_at == PERFORMED + 14 * DAY + SECOND
    assert judged.file is file
    assert {item.state for row in (judged.staging, judged.evidence) for item in row.items} == {State.SUCCESS}
    assert judged.evidence.reason == "20260219T193000Z.md was made for 7a467a4"
    assert judged.staging.reason == "priya validated staging: 4 scenarios passed"


def test_no_evidence_at_all() -> None:
    """Without any file both rows wait for an operator, and say where the evidence belongs."""
    judged = judge()
    for row in (judged.staging, judged.evidence):
        assert missing(row) == (State.IN_PROGRESS, f"no evidence under {FOLDER} counts for this release")
        assert row.next_action is not None
        assert FOLDER in row.next_action.action
        assert row.look_again_at is None
    assert judged.file is None


def test_evidence_of_other_releases_only() -> None:
    """Files of another tag do not count, and are named with that tag; the row goes on waiting."""
    judged = judge(evidence(release="v3.0.0"))
    assert missing(judged.evidence)[0] is State.IN_PROGRESS
    assert [item.reason for item in judged.evidence.items] == ["does not count: made for v3.0.0"]
    assert judged.evidence.items[0].state is State.IN_PROGRESS


def test_a_report_without_a_tag_takes_any_release() -> None:
    """`/gate release` without a tag judges whatever release the evidence names."""
    assert judge(evidence(release="v9"), tag=None).evidence.state is State.SUCCESS


def test_evidence_that_is_broken() -> None:
    """A recent file with a finding closes both rows, which name file, line and key."""
    judged = judge(broken())
    state, reason = missing(judged.evidence)
    assert state is State.FAILURE
    assert "20260219T200000Z.md: line 13: result: expected pass or fail" in reason
    assert missing(judged.staging) == (state, reason)
    assert judged.evidence.next_action is not None
    assert judged.evidence.next_action.action.startswith(f"correct {FOLDER}/20260219T200000Z.md")


def test_broken_evidence_of_long_ago_is_no_fault() -> None:
    """A broken file that would be too old anyway is named, and an operator is waited for."""
    judged = judge(broken(f"{FOLDER}/20250219T200000Z.md"))
    assert missing(judged.evidence)[0] is State.IN_PROGRESS
    assert judged.evidence.items[0].reason.startswith("does not count: line 13: result: expected")


def test_several_findings_are_counted() -> None:
    """Of a file with several findings the first is told, and how many more there are."""
    file = read("", path=f"{FOLDER}/x.md")
    assert judge(file).evidence.items[0].reason == (
        "does not count: line 1: name: expected a timestamp as its name, such as 20260219T193000Z.md (and 1 more)"
    )
    assert "not well formed" in judge(replace(file, findings=())).evidence.items[0].reason


@pytest.mark.parametrize("ahead", [SECOND, DAY])
def test_evidence_from_the_future(ahead: timedelta) -> None:
    """A validation that is still to come does not count, and the release is looked at again when it comes."""
    file = evidence(NOW + ahead, name=canonical_name(NOW))
    assert evidence_fault(file).startswith("20260220T193000Z.md is from the future: 2026-02-2")
    assert judge(file).evidence.look_again_at == NOW + ahead
    assert judge(file, now=NOW + ahead).evidence.state is State.SUCCESS


def test_evidence_whose_name_is_from_the_future() -> None:
    """A name that lies ahead is enough."""
    file = evidence(name=canonical_name(NOW + SECOND))
    assert "is from the future: 2026-02-20T19:30:01Z" in evidence_fault(file)
    assert judge(file, now=NOW + SECOND).evidence.state is State.SUCCESS


def test_evidence_too_old() -> None:
    """Fourteen days exactly still count, a second more does not; then new evidence is the next action."""
    assert judge(evidence(), now=PERFORMED + 14 * DAY).evidence.state is State.SUCCESS
    reason = evidence_fault(evidence(), PERFORMED + 14 * DAY + SECOND)
    assert reason == "20260219T193000Z.md is 14d old; at most 14d is allowed"
    hours = policy({"release": {"evidence": {"max_age": "1h"}}}).policy
    judged = judge_evidence(facts([evidence()]), hours, bound, PERFORMED + 2 * timedelta(hours=1))
    assert "is 2h old; at most 1h is allowed" in judged.evidence.reason


def test_evidence_for_another_commit() -> None:
    """What was validated is not what would be released: the row says what changed since."""
    assert evidence_fault(evidence(commit=OTHER)) == (
        "20260219T193000Z.md does not hold: made for 07e407e; changed since: backend/app.py"
    )


def test_evidence_for_the_parent() -> None:
    """Bound is bound: the rule decides, not the commit's name."""
    assert judge(evidence(commit=PARENT)).evidence.state is State.SUCCESS


def test_all_faults_of_one_file_are_told_and_one_action() -> None:
    """Old and for another commit: both reasons, and the first one's action."""
    judged = judge(evidence(commit=OTHER), now=NOW + 30 * DAY)
    assert "does not hold" in judged.evidence.reason
    assert "31d old" in judged.evidence.reason
    assert judged.evidence.next_action is not None
    assert judged.evidence.next_action.action == "validate this commit on staging"
    assert judged.evidence.look_again_at is None


def test_two_evidence_files_for_one_commit() -> None:
    """The newer validation rules: a failure after a pass closes the row, a pass after a failure opens it."""
    earlier = evidence(PERFORMED - DAY, test_app=TestApp("1", PERFORMED - 2 * DAY))
    failed = evidence(result="fail")
    judged = judge(earlier, failed)
    assert judged.file is failed
    assert missing(judged.staging)[1] == "result fail"
    assert judged.evidence.items[1].reason == "does not count: a newer validation counts"
    assert judged.evidence.items[1].state is State.SUCCESS
    passed = evidence(PERFORMED + SECOND, test_app=TestApp("2", PERFORMED))
    assert judge(earlier, failed, passed).staging.state is State.SUCCESS


@pytest.mark.parametrize("better", [evidence(), evidence(PERFORMED - 30 * DAY)])
def test_what_counts_goes_before_what_does_not(better: EvidenceFile) -> None:
    """A newer file for another commit or from the future hides no older one that is bound."""
    others = [
        evidence(PERFORMED + SECOND, commit=OTHER),
        evidence(NOW + DAY),
        replace(evidence(PERFORMED + 2 * SECOND), document=None, findings=(Finding("x", 1, "k", "v"),)),
    ]
    for files in ([better, *others], [*others, better]):
        chosen = choose(files, "v3.1.0", bound, NOW)
        assert chosen.file is better
        assert [why for _, why in chosen.others] == [
            "from the future",
            "line 1: k: expected v",
            "made for 07e407e; changed since: backend/app.py",
        ]


def test_a_file_of_the_future_is_looked_at_when_its_time_comes() -> None:
    """A failure that is dated ahead will count: the release is judged again at that moment."""
    ahead = evidence(NOW + DAY, result="fail", test_app=TestApp("2", NOW))
    judged = judge(evidence(), ahead)
    assert judged.evidence.state is State.SUCCESS
    assert judged.evidence.look_again_at == judged.staging.look_again_at == NOW + DAY
    assert judge(evidence(), ahead, now=NOW + DAY).staging.state is State.FAILURE


def test_the_bound_one_explains_itself_when_none_counts() -> None:
    """Of a file from the future that is bound and one for another commit, the bound one is told of."""
    judged = judge(evidence(commit=OTHER), evidence(NOW + DAY))
    assert "from the future" in judged.evidence.reason


def test_the_end_of_the_calendar() -> None:
    """A validation in the year 9999 is from the future, and nothing overflows."""
    file = evidence(datetime(9999, 12, 31, tzinfo=UTC), name="20260219T193000Z.md")
    assert "from the future" in judge(file).evidence.reason


def test_many_files_are_named_in_part() -> None:
    """Files that do not count are told newest first, those without a timestamp before; the rest is counted."""
    old = [evidence(PERFORMED - number * DAY, release="v3.0.0") for number in range(1, 20)]
    judged = judge(evidence(), *old, read(path=f"{FOLDER}/README.md"))
    items = judged.evidence.items[1:]
    assert [item.subject.rpartition("/")[2] for item in items[:2]] == ["README.md", "20260218T193000Z.md"]
    assert len(items) == MAXIMUM_OTHERS + 1
    assert (items[-1].subject, items[-1].reason) == ("older files", "10 more that do not count")


def test_a_document_without_a_timestamp_does_not_count() -> None:
    """The name is part of the form."""
    file = replace(evidence(), named_at=None)
    assert isinstance(file.document, EvidenceDocument)
    assert judge(file).file is None


def test_the_very_moments() -> None:
    """What begins now counts now, until it becomes too old; a broken file is recent to the second."""
    file = evidence(NOW)
    assert judge(file).evidence.state is State.SUCCESS
    assert judge(file).evidence.look_again_at == NOW + 14 * DAY + SECOND
    named_now = evidence(PERFORMED - DAY, name=canonical_name(NOW), test_app=TestApp("2", PERFORMED - DAY))
    assert [why for _, why in choose([file, named_now], "v3.1.0", bound, NOW).others] == [
        "a newer validation counts"
    ]
    name = canonical_name(NOW - 14 * DAY)
    assert missing(judge(broken(f"{FOLDER}/{name}")).evidence)[0] is State.FAILURE


@pytest.mark.parametrize("more", [0, 1])
def test_as_many_files_as_are_named(more: int) -> None:
    """Ten others are all named; an eleventh is counted."""
    old = [evidence(PERFORMED - number * DAY, release="v3.0.0") for number in range(1, MAXIMUM_OTHERS + 1 + more)]
    items = judge(evidence(), *old).evidence.items[1:]
    assert [item.reason for item in items if item.subject == "older files"] == ["1 more that do not count"] * more


def test_nothing_that_is_committed_now_helps_an_older_commit() -> None:
    """Armed for a commit that is not the head, whose tree never gets other evidence: the leads have to act."""
    judged = judge_evidence(replace(facts([]), head_sha=OTHER), policy().policy, bound, NOW)
    for row in (judged.staging, judged.evidence):
        assert row.state is State.FAILURE
        assert row.reason.endswith("this commit is not the branch's head")
        assert row.next_action is not None
        assert row.next_action.owner == "the release leads"
