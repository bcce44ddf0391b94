"""What the row `staging validation` says: environment, operator, result, scenarios, and a fresh test app."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.evidence import judge_evidence
from bot.core.evidence_name import canonical_name
from bot.core.release_model import TestApp, TestAppUse
from bot.core.words import State
from tests.support.builders import policy
from tests.support.evidence_cases import (
    DAY,
    NOW,
    OTHER,
    PERFORMED,
    SECOND,
    TARGET,
    bound,
    evidence,
    facts,
    judge,
    missing,
)
from tests.support.evidence_texts import FOLDER, document, fault, story


def staging_fault(**changes: Any) -> str:
    """The reason of the staging row alone, for a file with these fields of its document."""
    judged = judge(evidence(**changes))
    assert judged.evidence.state is State.SUCCESS
    state, reason = missing(judged.staging)
    assert state is State.FAILURE
    return reason


def test_one_scenario_failed() -> None:
    """A failed scenario closes the staging row by its name."""
    scenarios = {**document().scenarios, "rate-limit-429": "fail"}
    assert staging_fault(scenarios=scenarios) == "scenario rate-limit-429 failed"


def test_one_scenario_missing() -> None:
    """A scenario that the evidence leaves out is missing, not passed."""
    scenarios = {key: value for key, value in document().scenarios.items() if key != "permission-403"}
    assert staging_fault(scenarios=scenarios) == "scenario permission-403 is missing"


def test_one_scenario_skipped() -> None:
    """A skipped scenario is not passed."""
    scenarios = {**document().scenarios, "rate-limit-429": "skipped"}
    assert staging_fault(scenarios=scenarios) == "scenario rate-limit-429 was skipped"


def test_one_scenario_unknown() -> None:
    """A scenario or an outcome that nobody knows is a finding of the file; nor would it pass here."""
    assert fault(story("rate-limit-429: pass", "rate-limit-429: pass\n  other: pass"))[1] == "scenarios.other"
    assert fault(story("rate-limit-429: pass", "rate-limit-429: passed"))[1] == "scenarios.rate-limit-429"
    known = document().scenarios
    assert staging_fault(scenarios={**known, "other": "pass"}) == "scenario other is unknown to the policy"
    assert staging_fault(scenarios={**known, "rate-limit-429": "ok"}).endswith("has an unknown outcome")


def test_every_scenario_is_an_item() -> None:
    """The board shows each scenario, passed or not."""
    scenarios = {**document().scenarios, "rate-limit-429": "fail"}
    states = {item.subject: item.state for item in judge(evidence(scenarios=scenarios)).staging.items}
    assert {name: states[name] for name in document().scenarios} == {
        "oauth-callback-success": State.SUCCESS,
        "oauth-missing-scope": State.SUCCESS,
        "rate-limit-429": State.FAILURE,
        "permission-403": State.SUCCESS,
    }


def test_operator_not_in_the_list() -> None:
    """Somebody who is no operator of the policy validates nothing, even a person of the matrix."""
    assert staging_fault(operator="nina") == "operator nina is not in the policy's list"
    loaded = policy({"release": {"staging": {"operators": ["lina"]}}})
    row = judge_evidence(facts([evidence()]), loaded.policy, bound, NOW).staging
    assert missing(row) == (State.FAILURE, "operator priya is not in the policy's list")
    assert row.next_action is not None
    assert row.next_action.action == "have one of lina validate"


@pytest.mark.parametrize("operator", ["priya", "Priya", "PRIYA-ops", "priya-OPS"])
def test_operators_are_persons_or_logins(operator: str) -> None:
    """A person's name of the policy and that person's login both count, in any case."""
    loaded = policy({"people": {"priya": {"login": "priya-ops"}}})
    row = judge_evidence(facts([evidence(operator=operator)]), loaded.policy, bound, NOW).staging
    assert row.state is State.SUCCESS


def test_another_environment() -> None:
    """A validation in production is none on staging."""
    assert staging_fault(environment="production") == "environment production instead of staging"


def test_result_fail() -> None:
    """All scenarios may have passed: the operator's own word counts too."""
    assert staging_fault(result="fail") == "result fail"


def test_test_app_older_than_allowed() -> None:
    """Seven days exactly are allowed, a second more is not."""
    assert judge(evidence(test_app=TestApp("1", PERFORMED - 7 * DAY))).staging.state is State.SUCCESS
    old = TestApp("1", PERFORMED - 7 * DAY - SECOND)
    assert staging_fault(test_app=old) == "the test app was created more than 7d before the validation"


def test_test_app_from_after_the_validation() -> None:
    """An app that was created later cannot have been validated against."""
    late = TestApp("1", PERFORMED + SECOND)
    assert staging_fault(test_app=late) == "the test app was created after the validation"


@pytest.mark.parametrize("name", ["20260101T000000Z.md", "20991231T000000Z.md", "notes.md"])
def test_test_app_used_before(name: str) -> None:
    """An app that a deleted file named is not fresh, whatever that file called itself: a name proves no time."""
    use = TestAppUse("1029384756", f"{FOLDER}/{name}", "oid", "v3.1.0", TARGET)
    state, reason = missing(judge(evidence(), uses=[use]).staging)
    assert (state, reason) == (State.FAILURE, f"the test app was used before, in {FOLDER}/{name}")


@pytest.mark.parametrize(
    ("release", "commit", "is_used"),
    [
        ("v3.1.0", TARGET, False),
        ("v3.0.0", TARGET, True),
        ("v3.1.0", OTHER, True),
        (None, TARGET, True),
        ("v3.1.0", None, True),
    ],
)
def test_an_earlier_version_of_the_same_file(release: str | None, commit: str | None, is_used: bool) -> None:
    """A corrected version of one validation uses the app once; overwritten for another one it is used twice."""
    use = TestAppUse("1029384756", evidence().path, "another version", release, commit)
    row = judge(evidence(), uses=[use]).staging
    assert (row.state is State.FAILURE) is is_used
    if is_used:
        assert missing(row)[1] == f"the test app was used before, in an earlier version of {evidence().path}"


def test_the_file_itself_is_no_other_use() -> None:
    """Even when nothing of what it is for was read."""
    use = TestAppUse("1029384756", evidence().path, evidence().oid)
    assert judge(evidence(), uses=[use]).staging.state is State.SUCCESS


def test_the_same_validation_in_another_file() -> None:
    """Only a version of the same file can be its correction."""
    use = TestAppUse("1029384756", f"{FOLDER}/20260218T000000Z.md", "oid", "v3.1.0", TARGET)
    assert judge(evidence(), uses=[use]).staging.state is State.FAILURE


@pytest.mark.parametrize(
    ("performed_after", "named_after", "is_used"),
    [(SECOND, SECOND, False), (-SECOND, SECOND, True), (0 * SECOND, SECOND, True), (SECOND, 0 * SECOND, True)],
)
def test_a_later_file_is_to_blame_itself(
    performed_after: timedelta, named_after: timedelta, is_used: bool
) -> None:
    """A file at the target that was really validated later, and named so, takes nothing from the first."""
    name = canonical_name(PERFORMED + named_after)
    if not named_after:
        name = (PERFORMED + named_after).strftime("%Y-%m-%dT%H-%M-%SZ.md")
    later = evidence(PERFORMED + performed_after, name=name, oid="other", release="v3.0.9")
    assert (judge(evidence(), later).staging.state is State.FAILURE) is is_used


@pytest.mark.parametrize("changes", [{"document": None}, {"named_at": None}])
def test_a_later_file_that_is_not_well_formed(changes: dict[str, Any]) -> None:
    """What a broken file says of itself proves nothing."""
    later = evidence(PERFORMED + SECOND, oid="other", release="v3.0.9")
    use = TestAppUse("1029384756", later.path, later.oid)
    assert judge(evidence(), replace(later, **changes), uses=[use]).staging.state is State.FAILURE
    assert judge(evidence(), later, uses=[use]).staging.state is State.SUCCESS


def test_a_name_that_is_too_early_hides_no_use() -> None:
    """A file that is named before an earlier use, but was validated after it, does not pass for the first."""
    other = evidence(PERFORMED - 2 * DAY, oid="other", release="v3.0.9")
    assert judge(evidence(name="20260101T000000Z.md"), other).staging.state is State.FAILURE


def test_a_use_between_the_validation_and_the_name() -> None:
    """A file that is named later than it was validated is later than what came between."""
    between = evidence(PERFORMED + SECOND, oid="other", release="v3.0.9")
    file = evidence(name=canonical_name(PERFORMED + 2 * SECOND))
    assert judge(file, between).staging.state is State.FAILURE


def test_another_app_is_no_use_of_this_one() -> None:
    """Apps are told apart by their IDs."""
    use = TestAppUse("5", f"{FOLDER}/deleted.md", "oid")
    assert judge(evidence(), uses=[use]).staging.state is State.SUCCESS


def test_all_faults_of_the_validation_are_told() -> None:
    """Every reason is in the row, and the next action is that of the first."""
    judged = judge(evidence(environment="qa", operator="nina", result="fail"))
    assert judged.staging.reason == (
        "environment qa instead of staging; operator nina is not in the policy's list; result fail"
    )
    assert judged.staging.next_action is not None
    assert judged.staging.next_action.action.startswith("validate on staging")


def test_a_test_app_made_at_that_moment() -> None:
    """Created and validated in the same second is not created afterwards."""
    assert judge(evidence(test_app=TestApp("1", PERFORMED))).staging.state is State.SUCCESS
