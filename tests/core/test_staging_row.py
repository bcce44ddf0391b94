"""The row of the staging validation, to the letter: each line, what is wrong with it, and what to do then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.evidence_staging import judge_staging
from bot.core.model import NextAction
from bot.core.release_model import EvidenceDocument, ReleaseItem, ReleaseRow, RowKind, TestApp
from bot.core.words import State
from tests.support.builders import policy
from tests.support.evidence_texts import document
from tests.support.release_builders import NOW, decide, evidence, release_facts, row, used

TOLD = document()
SCENARIOS = tuple(policy().policy.release.staging.scenarios)
EVERY = "validate again with every scenario, and commit the evidence"
NEW_APP = "validate against a new Meta Test App, and commit the evidence"
LATER = NOW + timedelta(days=3)


def judged(told: EvidenceDocument = TOLD, *app_ids: str) -> ReleaseRow:
    """The row for one file; `app_ids` were used before."""
    file = replace(evidence(), document=told)
    facts = release_facts(evidence=(file,), test_app_uses=tuple(used(app_id) for app_id in app_ids))
    return judge_staging(file, told, facts, policy().policy, LATER)


FINE = (
    ReleaseItem("environment", State.SUCCESS, "environment staging"),
    ReleaseItem("operator", State.SUCCESS, "operator priya"),
    ReleaseItem("result", State.SUCCESS, "result pass"),
    *(ReleaseItem(name, State.SUCCESS, f"scenario {name} passed") for name in SCENARIOS),
    ReleaseItem("test app", State.SUCCESS, "the test app was new", since=TOLD.test_app.created_at),
    ReleaseItem("test app's use", State.SUCCESS, "the test app was not used before"),
)


def test_a_validation_that_passed() -> None:
    """Who, where, how many scenarios; as old as the validation."""
    assert judged() == ReleaseRow(
        RowKind.STAGING,
        State.SUCCESS,
        "priya validated staging: 4 scenarios passed",
        since=TOLD.performed_at,
        items=FINE,
        look_again_at=LATER,
    )


def with_scenario(name: str, outcome: str | None) -> EvidenceDocument:
    """The validation with another outcome of one scenario; None: it was not tried."""
    others = {one: "pass" for one in SCENARIOS if one != name}
    return replace(TOLD, scenarios={**others, **({name: outcome} if outcome else {})})


def with_app(**age: float) -> EvidenceDocument:
    """The validation with a test app that was made so long before it."""
    return replace(TOLD, test_app=TestApp(TOLD.test_app.id, TOLD.performed_at - timedelta(**age)))


RATE = "rate-limit-429"
FAULTS: dict[str, tuple[EvidenceDocument, str, str, str]] = {
    "environment": (
        replace(TOLD, environment="production"),
        "environment",
        "environment production instead of staging",
        "validate on staging, and commit the evidence",
    ),
    "operator": (
        replace(TOLD, operator="nina"),
        "operator",
        "operator nina is not in the policy's list",
        "have one of raj, mira, sofia, maya, priya, lina validate",
    ),
    "result": (
        replace(TOLD, result="fail"),
        "result",
        "result fail",
        "correct what failed, validate again, and commit the evidence",
    ),
    "failed": (with_scenario(RATE, "fail"), RATE, f"scenario {RATE} failed", f"correct what failed, then {EVERY}"),
    "missing": (with_scenario(RATE, None), RATE, f"scenario {RATE} is missing", EVERY),
    "skipped": (with_scenario(RATE, "skipped"), RATE, f"scenario {RATE} was skipped", EVERY),
    "outcome": (with_scenario(RATE, "maybe"), RATE, f"scenario {RATE} has an unknown outcome", EVERY),
    "unknown": (
        replace(TOLD, scenarios={**dict.fromkeys(SCENARIOS, "pass"), "other": "pass"}),
        "other",
        "scenario other is unknown to the policy",
        EVERY,
    ),
    "younger": (with_app(seconds=-1), "test app", "the test app was created after the validation", NEW_APP),
    "older": (
        with_app(days=7, seconds=1),
        "test app",
        "the test app was created more than 7d before the validation",
        NEW_APP,
    ),
}


@pytest.mark.parametrize(("told", "subject", "reason", "todo"), FAULTS.values(), ids=FAULTS)
def test_a_validation_with_one_fault(told: EvidenceDocument, subject: str, reason: str, todo: str) -> None:
    """Its line says what is wrong, and the row what to do; all other lines stay."""
    found = judged(told)
    action = NextAction("the operators", todo)
    assert found == ReleaseRow(
        RowKind.STAGING, State.FAILURE, reason, action, TOLD.performed_at, found.items, LATER
    )
    wrong = [item for item in found.items if item.state is not State.SUCCESS]
    assert wrong == [ReleaseItem(subject, State.FAILURE, reason, action)]
    right = [item for item in found.items if item.state is State.SUCCESS]
    assert right == [item for item in FINE if item.subject != subject]


def test_a_test_app_that_was_used() -> None:
    """The first file that names it is told of."""
    found = judged(TOLD, "another", TOLD.test_app.id)
    action = NextAction("the operators", NEW_APP)
    reason = "the test app was used before, in docs/project/evidence/meta-validation/20260101T000000Z.md"
    assert found.items == (*FINE[:-1], ReleaseItem("test app's use", State.FAILURE, reason, action))
    assert found.next_action == action


def test_several_faults() -> None:
    """All are told; the first of them is what to do."""
    found = judged(replace(TOLD, environment="production", result="fail"))
    assert found.reason == "environment production instead of staging; result fail"
    assert found.next_action == NextAction("the operators", "validate on staging, and commit the evidence")


def test_both_rows_are_looked_at_when_the_time_of_a_file_comes() -> None:
    """Evidence of another release is waited for by nobody."""
    early = TOLD.performed_at - timedelta(hours=1)
    elsewhere = replace(evidence(), document=replace(TOLD, release="v9"))
    for found in (decide(early, evidence=(elsewhere,)), decide(early, evidence=(), tag=None)):
        assert {row(found, kind).look_again_at for kind in (RowKind.STAGING, RowKind.EVIDENCE)} == {None}
    named_late = replace(evidence(), document=TOLD, named_at=LATER)
    late = replace(evidence("x"), named_at=LATER)
    found = decide(early, evidence=(named_late, late))
    assert {row(found, kind).look_again_at for kind in (RowKind.STAGING, RowKind.EVIDENCE)} == {LATER}


def test_a_file_that_is_named_in_between() -> None:
    """Later is later than the name of this file as well as its validation: both can be put too early."""
    named, app = timedelta(hours=3), TOLD.test_app.id
    file = replace(evidence(), document=TOLD, named_at=TOLD.performed_at + named)
    hour, path = timedelta(hours=1), f"{file.path}.other"
    other = replace(
        file,
        path=path,
        oid="0" * 40,
        document=replace(TOLD, release="v9", performed_at=TOLD.performed_at + hour),
        named_at=TOLD.performed_at + 2 * hour,
    )
    for one, state in ((other, State.FAILURE), (replace(other, named_at=LATER), State.SUCCESS)):
        use = replace(used(app), path=path, oid=one.oid)
        facts = release_facts(evidence=(file, one), test_app_uses=(use,))
        assert judge_staging(file, TOLD, facts, policy().policy, None).state is state
