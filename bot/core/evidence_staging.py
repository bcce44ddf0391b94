"""The row `staging validation`: environment, operator, result, scenarios, and a Meta Test App that is fresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.core.model import NextAction
from bot.core.policy_model import Policy
from bot.core.policy_text import shown
from bot.core.policy_types import duration_text
from bot.core.release_model import (
    EvidenceDocument,
    EvidenceFile,
    ReleaseFacts,
    ReleaseItem,
    ReleaseRow,
    RowKind,
    TestAppUse,
)
from bot.core.words import State

OPERATORS = "the operators"
PASS, FAIL, SKIPPED = "pass", "fail", "skipped"
RESULTS = (PASS, FAIL)
OUTCOMES = (PASS, FAIL, SKIPPED)
"""What a scenario may say; only `pass` lets it pass."""


def judge_staging(
    file: EvidenceFile,
    document: EvidenceDocument,
    facts: ReleaseFacts,
    policy: Policy,
    look_again_at: datetime | None,
) -> ReleaseRow:
    """The row for the file that counts, one of those in `facts`."""
    items = (
        _environment(document, policy),
        _operator(document, policy),
        _result(document),
        *_scenarios(document, policy),
        _age_of_test_app(document, policy),
        _use_of_test_app(file, document, facts.test_app_uses, facts.evidence),
    )
    wrong = [item for item in items if item.state is not State.SUCCESS]
    if not wrong:
        reason = (
            f"{document.operator} validated {document.environment}: {len(document.scenarios)} scenarios passed"
        )
        return ReleaseRow(
            RowKind.STAGING, State.SUCCESS, reason, None, document.performed_at, items, look_again_at
        )
    reason = "; ".join(item.reason for item in wrong)
    action = wrong[0].next_action
    return ReleaseRow(RowKind.STAGING, State.FAILURE, reason, action, document.performed_at, items, look_again_at)


def is_operator(name: str, policy: Policy) -> bool:
    """Whether this is an operator of the policy: a person's name, or their login; case does not matter."""
    operators = policy.release.staging.operators
    names = {word.casefold() for person in operators for word in (person, policy.login_of(person))}
    return name.casefold() in names


def _environment(document: EvidenceDocument, policy: Policy) -> ReleaseItem:
    wanted = policy.release.staging.environment
    if document.environment == wanted:
        return ReleaseItem("environment", State.SUCCESS, f"environment {wanted}")
    reason = f"environment {shown(document.environment)} instead of {wanted}"
    return _wrong("environment", reason, f"validate on {wanted}, and commit the evidence")


def _operator(document: EvidenceDocument, policy: Policy) -> ReleaseItem:
    name = shown(document.operator)
    if is_operator(document.operator, policy):
        return ReleaseItem("operator", State.SUCCESS, f"operator {name}")
    operators = ", ".join(policy.release.staging.operators)
    return _wrong("operator", f"operator {name} is not in the policy's list", f"have one of {operators} validate")


def _result(document: EvidenceDocument) -> ReleaseItem:
    if document.result == PASS:
        return ReleaseItem("result", State.SUCCESS, "result pass")
    reason = f"result {shown(document.result)}"
    return _wrong("result", reason, "correct what failed, validate again, and commit the evidence")


def _scenarios(document: EvidenceDocument, policy: Policy) -> Iterator[ReleaseItem]:
    """Each scenario of the policy; failed, missing and unknown outcomes are told apart."""
    again = "validate again with every scenario, and commit the evidence"
    for name in policy.release.staging.scenarios:
        outcome = document.scenarios.get(name)
        if outcome == PASS:
            yield ReleaseItem(name, State.SUCCESS, f"scenario {name} passed")
        elif outcome is None:
            yield _wrong(name, f"scenario {name} is missing", again)
        elif outcome == FAIL:
            yield _wrong(name, f"scenario {name} failed", f"correct what failed, then {again}")
        elif outcome == SKIPPED:
            yield _wrong(name, f"scenario {name} was skipped", again)
        else:
            yield _wrong(name, f"scenario {name} has an unknown outcome", again)
    for name in document.scenarios:
        if name not in policy.release.staging.scenarios:
            yield _wrong(shown(name), f"scenario {shown(name)} is unknown to the policy", again)


def _age_of_test_app(document: EvidenceDocument, policy: Policy) -> ReleaseItem:
    created, performed = document.test_app.created_at, document.performed_at
    allowed = policy.release.staging.test_app_max_age
    again = "validate against a new Meta Test App, and commit the evidence"
    if created > performed:
        return _wrong("test app", "the test app was created after the validation", again)
    if performed - created > allowed:
        reason = f"the test app was created more than {duration_text(allowed)} before the validation"
        return _wrong("test app", reason, again)
    return ReleaseItem("test app", State.SUCCESS, "the test app was new", since=created)


def _use_of_test_app(
    file: EvidenceFile, document: EvidenceDocument, uses: Iterable[TestAppUse], files: Iterable[EvidenceFile]
) -> ReleaseItem:
    """No other validation named the test app, in whatever version of whatever file."""
    later = {(one.path, one.oid) for one in files if _is_later(one, file, document)}
    earlier = sorted(
        use.path
        for use in uses
        if use.app_id == document.test_app.id
        and not _is_same_validation(use, file, document)
        and (use.path, use.oid) not in later
    )
    if not earlier:
        return ReleaseItem("test app's use", State.SUCCESS, "the test app was not used before")
    reason = f"the test app was used before, in {earlier[0]}"
    if earlier[0] == file.path:
        reason = f"the test app was used before, in an earlier version of {file.path}"
    return _wrong("test app's use", reason, "validate against a new Meta Test App, and commit the evidence")


def _is_same_validation(use: TestAppUse, file: EvidenceFile, document: EvidenceDocument) -> bool:
    """Whether it is this file, or a version of it that was corrected: for the same release and commit."""
    if use.path != file.path:
        return False
    return use.oid == file.oid or (use.release, use.commit) == (document.release, document.commit.lower())


def _is_later(one: EvidenceFile, file: EvidenceFile, document: EvidenceDocument) -> bool:
    """Whether a well-formed file at the target came later than this one, by its name and by its validation.

    Then using the app again is that file's fault. A name alone says nothing, nor does a file that is gone.
    """
    if one.document is None or one.named_at is None:
        return False
    latest = max(document.performed_at, file.named_at or document.performed_at)
    return one.named_at > latest and one.document.performed_at > document.performed_at


def _wrong(subject: str, reason: str, action: str) -> ReleaseItem:
    return ReleaseItem(subject, State.FAILURE, reason, NextAction(OPERATORS, action))
