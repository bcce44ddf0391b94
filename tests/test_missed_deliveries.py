"""Deliveries that never arrived are asked for again, each once, whatever happens meanwhile.

What happens while the web process is still away: `test_redelivery.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.github_api.errors import LimitReached, Retryable
from bot.recovery import ASKED_IN_A_RUN
from bot.store.deliveries import note_failed
from bot.store.recovery import RECOVER
from tests.support.recovery_stage import REPOSITORY, Death, DyingLimiter, RecoveryStage, recovery_stage
from tests.support.service import wait_until

pytestmark = pytest.mark.end_to_end

ATTEMPTS = "/attempts$"
LONG_AFTER = timedelta(minutes=20)


@pytest.fixture
def stage(tmp_path: Path, database_url: str) -> Iterator[RecoveryStage]:
    """A sandbox whose webhooks reach nobody."""
    with recovery_stage(tmp_path, database_url) as stage:
        yield stage


def test_missed_deliveries_are_asked_again_once(stage: RecoveryStage) -> None:
    """The web process was away: when it is back all arrive, once each, and the repository is swept at once."""
    for _ in range(3):
        stage.open()
    missed = {one.guid for one in stage.failed()}
    assert len(missed) >= 3
    with stage.listening():
        stage.recover()
        assert stage.asked() == Counter(missed)
        assert stage.stored(missed)
        assert f"sweep:{REPOSITORY}" in stage.queued()
        stage.later += LONG_AFTER
        stage.recover()
    assert stage.asked() == Counter(missed)
    found = stage.summary()
    assert (found.asked, found.arrived, found.waiting, found.lost) == (len(missed), len(missed), 0, 0)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("request_number", [1, 2, 3, 4])
def test_a_crash_at_each_step(stage: RecoveryStage, when: str, request_number: int) -> None:
    """Right before a request, or right after its answer: nothing is forgotten, and nothing asked for twice."""
    stage.comment(3)
    missed = {one.guid for one in stage.failed()}
    assert len(missed) == 3
    with stage.listening():
        with pytest.raises(Death):
            stage.recover(DyingLimiter(**{when: request_number}))
        stage.github.wait_for_deliveries()
        for _ in range(2):
            stage.later += LONG_AFTER
            stage.recover()
    assert stage.asked() == Counter(missed)
    assert (stage.summary().asked, stage.summary().waiting) == (3, 0)


@pytest.mark.parametrize("happened", [False, True])
def test_502_while_asking(stage: RecoveryStage, happened: bool) -> None:
    """Whether GitHub heard is read in its own list: asked for once in the end, either way."""
    stage.comment()
    (missed,) = stage.failed()
    if happened:
        stage.github.faults.drop_answer(path=ATTEMPTS)
    else:
        stage.github.faults.fail(502, path=ATTEMPTS)
    with stage.listening():
        with pytest.raises(Retryable):
            stage.recover()
        stage.github.wait_for_deliveries()
        stage.recover()
        assert stage.asked() == Counter({missed.guid: 1} if happened else {})
        stage.later += LONG_AFTER
        stage.recover()
    assert stage.asked() == Counter({missed.guid: 1})


def test_what_github_refuses_to_deliver_again(stage: RecoveryStage) -> None:
    """Noted with the reason, and not repeated."""
    stage.comment()
    stage.github.faults.fail(422, message="Delivery too old", path=ATTEMPTS)
    for _ in range(2):
        stage.recover()
    assert stage.asked() == Counter()
    assert (stage.summary().refused, stage.summary().waiting) == (1, 0)


def test_a_limit_keeps_the_rest_for_later(stage: RecoveryStage) -> None:
    """GitHub has had enough after the first: nothing was asked, and the next run goes on."""
    stage.comment(3)
    missed = {one.guid for one in stage.failed()}
    stage.github.faults.fail(429, headers={"Retry-After": "60"}, path=ATTEMPTS)
    with stage.listening():
        with pytest.raises(LimitReached):
            stage.recover()
        assert (stage.asked(), stage.summary().waiting) == (Counter(), 3)
        stage.recover()
    assert stage.asked() == Counter(missed)


def test_what_only_a_payload_tells_goes_first(stage: RecoveryStage) -> None:
    """Comments before what a sweep sees anyway; a run asks for so many, and another job goes on."""
    stage.github.as_user("sofia").retitle(stage.opened[0], "Another title")
    stage.comment(ASKED_IN_A_RUN)
    by_guid = {one.guid: one.event for one in stage.failed()}
    with stage.listening():
        stage.recover()
        assert Counter(by_guid[guid] for guid in stage.asked()) == Counter({"issue_comment": ASKED_IN_A_RUN})
        assert RECOVER in stage.queued()
        stage.recover()
    assert stage.asked() == Counter(by_guid.keys())


def test_a_list_of_many_pages_that_is_cut_short(stage: RecoveryStage) -> None:
    """The process dies after the second page: what that had is kept, and the look goes on with the third."""
    stage.comment(250)
    with pytest.raises(Death):
        stage.recover(DyingLimiter(before=3))
    assert stage.summary().waiting == 200
    stage.github.requests.reset()
    stage.github.faults.fail(429, headers={"Retry-After": "60"}, path=ATTEMPTS)
    with pytest.raises(LimitReached):
        stage.recover()
    assert stage.github.requests.by_path()["GET /app/hook/deliveries"] == 1
    assert stage.summary().waiting == 250


def test_in_flight_is_left_alone(stage: RecoveryStage) -> None:
    """GitHub may still be waiting for an answer: the next run sees to it."""
    stage.later = timedelta()
    stage.comment()
    stage.recover()
    assert stage.asked() == Counter()
    stage.later = timedelta(minutes=2)
    stage.recover()
    assert len(stage.asked()) == 1


def test_a_delivery_that_was_given_up_here(stage: RecoveryStage) -> None:
    """GitHub got its 202, and the evaluation failed for good: it is asked for once, later failures are not."""
    with stage.listening():
        (delivery,) = (one for one in stage.github.deliveries(stage.app) if one.event == "issue_comment")
        stage.recover()
        assert stage.asked() == Counter()
        for _ in range(2):
            with stage.services.database.transaction() as connection:
                note_failed(connection, delivery.guid, "evaluation given up")
            stage.later += LONG_AFTER
            stage.recover()
    assert stage.asked() == Counter({delivery.guid: 1})


def test_nothing_missed_costs_one_request(stage: RecoveryStage) -> None:
    """All arrived: one page of the list, and nothing is asked for."""
    stage.recover()
    stage.github.requests.reset()
    stage.recover()
    assert stage.github.requests.count(token_kind="app") == 1
    wait_until(lambda: stage.summary().waiting == 0, what="nothing to wait for")
