"""Writes of several callers share documents: each hears of its own, nothing is sent twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.model import AddComment, AddReaction, Effect, PostCheckRun, RequestReview, State
from bot.github_api.errors import GitHubError, LimitReached, Refused, Retryable
from bot.github_api.limits import GRAPHQL, Cost, Limiter, Permit, background_work
from bot.github_api.limits_local import ObedientLimiter
from bot.github_api.mutations import Mutation
from bot.github_api.pacing import GAPS
from bot.github_api.readings import Handles, Outcome
from bot.github_api.shared_writes import FEWEST_IN_A_DOCUMENT, MUTATIONS_IN_A_DOCUMENT, Part, packed
from tests.support.scripted_http import Received, Reply
from tests.support.service import wait_until

if TYPE_CHECKING:
    from tests.github_api.conftest import Stage, Stages

PAGE = "http://localhost:8000/repositories/meta/integration/pull-requests/1"
SECONDS = 30.0


def gate(number: int) -> PostCheckRun:
    """The gate of one pull request."""
    return PostCheckRun("gate", f"{number:040}", State.SUCCESS, f"title {number}", "s", f"digest-{number}")


def inputs_of(received: Received) -> list[dict[str, Any]]:
    """What each mutation of a document was given, in order."""
    variables = received.json["variables"]
    return [variables[f"e{position}"] for position in range(len(variables))]


def done(received: Received) -> Reply:
    """Each mutation was done; what it made is named for what it was given."""

    def payload(given: dict[str, Any]) -> dict[str, Any]:
        if "externalId" in given:
            return {"checkRun": {"id": f"CR_{given['externalId']}"}}
        if "body" in given:
            return {"commentEdge": {"node": {"id": f"IC_{given['body']}"}}}
        return {"clientMutationId": None}

    data = {f"e{position}": payload(given) for position, given in enumerate(inputs_of(received))}
    return Reply(200, {"data": data})


class Rush:
    """The first caller's document is held at GitHub until the others wait; then all goes its way."""

    def __init__(
        self,
        stages: Stages,
        answers: Callable[[Received], Reply] = done,
        limiter: Limiter | None = None,
    ) -> None:
        self._held, self._go = threading.Event(), threading.Event()
        self._answers = answers
        self.stage: Stage = stages.start(self._script, limiter=limiter)
        self.installation = self.stage.client.installation(1)

    def _script(self, received: Received) -> Reply:
        if not self._held.is_set():
            self._held.set()
            assert self._go.wait(SECONDS)
        return self._answers(received)

    def write(
        self,
        first: Sequence[Effect],
        others: Sequence[Sequence[Effect]],
        handles: Handles,
        can_wait: Sequence[bool] = (),
    ) -> list[tuple[Outcome, ...] | GitHubError]:
        """What each caller heard: its outcomes, or the error that was raised. `can_wait`: for each caller."""

        def write(effects: Sequence[Effect], waits: bool) -> tuple[Outcome, ...]:
            with background_work(waits=waits):
                return self.installation.write(handles, effects, PAGE)

        waiting = iter(can_wait or [False] * (len(others) + 1))
        with ThreadPoolExecutor(len(others) + 1) as threads:
            callers = [threads.submit(write, first, next(waiting))]
            assert self._held.wait(SECONDS)
            for number, effects in enumerate(others, 2):
                callers.append(threads.submit(write, effects, next(waiting)))
                wait_until(lambda n=number: self.installation.writes_waiting == n, what="waiting")  # type: ignore[misc]
            self._go.set()
            return [_heard(caller) for caller in callers]

    @property
    def documents(self) -> list[list[dict[str, Any]]]:
        """What was given to the mutations of each document that GitHub got."""
        return [inputs_of(request) for request in self.stage.server.requests if request.path == "/graphql"]


def _heard(caller: Future[tuple[Outcome, ...]]) -> tuple[Outcome, ...] | GitHubError:
    try:
        return caller.result(SECONDS)
    except GitHubError as error:
        return error


HANDLES = Handles("R_1", "PR_1", {"sofia": "U_1", "maya": "U_2"})


def test_what_comes_while_a_document_is_in_flight_shares_the_next(stages: Stages) -> None:
    """Seven callers at once cost two requests, and each gets the outcomes of its own effects in their order."""
    rush = Rush(stages)
    heard = rush.write([gate(0)], [[gate(number), AddComment(str(number))] for number in range(1, 7)], HANDLES)
    assert [len(document) for document in rush.documents] == [1, 12]
    assert heard[0] == (Outcome(gate(0), node_id="CR_digest-0"),)
    for number in range(1, 7):
        assert heard[number] == (
            Outcome(gate(number), node_id=f"CR_digest-{number}"),
            Outcome(AddComment(str(number)), node_id=f"IC_{number}"),
        )


def test_a_caller_alone_is_sent_at_once(stages: Stages) -> None:
    """Nobody waits for company: three writes one after another are three documents."""
    stage = stages.start(done)
    for number in range(3):
        (outcome,) = stage.client.installation(1).write(HANDLES, [gate(number)], PAGE)
        assert outcome.node_id == f"CR_digest-{number}"
    assert stage.client.requests.counts().write == 3


def test_a_document_holds_no_more_than_github_does_in_its_time(stages: Stages) -> None:
    """What does not fit goes into further documents; a caller's effects stay together."""
    rush = Rush(stages)
    others = [[gate(10 * caller + number) for number in range(7)] for caller in range(1, 6)]
    heard = rush.write([gate(0)], others, HANDLES)
    assert [len(document) for document in rush.documents] == [1, 14, 14, 7]
    assert max(len(document) for document in rush.documents) <= MUTATIONS_IN_A_DOCUMENT
    assert all(isinstance(one, tuple) and all(o.refused is None for o in one) for one in heard)


def test_a_document_that_is_refused_whole_is_sent_again_apart(stages: Stages) -> None:
    """One caller's part is no valid GraphQL: nothing was done, so the others' are done, and only it is refused."""

    def refusing(received: Received) -> Reply:
        if any(given.get("subjectId") == "bad" for given in inputs_of(received)):
            return Reply(200, {"errors": [{"message": "invalid value", "locations": [{"line": 1, "column": 1}]}]})
        return done(received)

    rush = Rush(stages, refusing)
    heard = rush.write([gate(0)], [[gate(1)], [AddReaction("bad", "EYES")], [gate(2)]], HANDLES)
    assert isinstance(heard[2], Refused)
    assert [heard[1], heard[3]] == [
        (Outcome(gate(1), node_id="CR_digest-1"),),
        (Outcome(gate(2), node_id="CR_digest-2"),),
    ]
    assert [len(document) for document in rush.documents] == [1, 3, 1, 1, 1]


def test_a_refusal_inside_a_shared_document_is_its_own_callers(stages: Stages) -> None:
    """GitHub refuses to ask one person: the caller who asked hears of it, the other does not."""

    def refusing(received: Received) -> Reply:
        answer = done(received).body
        for position, given in enumerate(inputs_of(received)):
            if given.get("userIds") == ["U_1"]:
                answer["data"][f"e{position}"] = None
                answer["errors"] = [{"type": "UNPROCESSABLE", "path": [f"e{position}"], "message": "no"}]
        return Reply(200, answer)

    rush = Rush(stages, refusing)
    heard = rush.write([gate(0)], [[RequestReview("sofia")], [RequestReview("maya")]], HANDLES)
    assert heard[1:] == [
        (Outcome(RequestReview("sofia"), refused="no"),),
        (Outcome(RequestReview("maya")),),
    ]


def test_502_on_a_shared_document_reaches_each_of_its_callers(stages: Stages) -> None:
    """It is unknown what was done: every caller reads again, nothing is sent again here, and later ones go on."""
    sent = 0

    def answering(received: Received) -> Reply:
        nonlocal sent
        sent += 1
        return Reply(502) if sent == 2 else done(received)

    rush = Rush(stages, answering)
    heard = rush.write([gate(0)], [[gate(1)], [AddComment("x")]], HANDLES)
    assert isinstance(heard[0], tuple)
    assert all(isinstance(one, Retryable) for one in heard[1:])
    assert len(rush.documents) == 2
    (outcome,) = rush.installation.write(HANDLES, [gate(3)], PAGE)
    assert outcome.refused is None


def test_documents_get_smaller_when_github_does_not_manage_them(stages: Stages) -> None:
    """After a 502 half as much is tried at once, down to a few; what GitHub manages lets them grow again."""
    fails = True

    def answering(received: Received) -> Reply:
        return Reply(502) if fails else done(received)

    stage = stages.start(answering)
    installation = stage.client.installation(1)
    for _ in range(4):
        with pytest.raises(Retryable):
            installation.write(HANDLES, [gate(number) for number in range(40)], PAGE)
    fails = False
    installation.write(HANDLES, [gate(number) for number in range(40)], PAGE)
    sizes = [len(inputs_of(request)) for request in stage.server.requests if request.path == "/graphql"]
    assert sizes[:4] == [20, 10, 5, FEWEST_IN_A_DOCUMENT]
    assert sizes[4:] == [5, 6, 7, 8, 9, 5]


class FullOfNotifications(ObedientLimiter):
    """There is no room for what notifies people, and room for all else."""

    def acquire(self, cost: Cost) -> Permit:
        """Refuse by that limit alone, as the service's own count does."""
        if cost.creations:
            raise LimitReached("content creations", 17.0)
        return super().acquire(cost)


def test_gates_do_not_wait_for_the_limit_of_what_notifies(stages: Stages) -> None:
    """A document is refused before it is sent: gates are posted all the same; who notifies comes again later."""
    rush = Rush(stages, limiter=FullOfNotifications())
    heard = rush.write([gate(0)], [[gate(1)], [RequestReview("sofia"), gate(2)], [AddComment("x")]], HANDLES)
    assert heard[1] == (Outcome(gate(1), node_id="CR_digest-1"),)
    assert [(type(one), one.retry_after) for one in heard[2:] if isinstance(one, LimitReached)] == [
        (LimitReached, 17.0)
    ] * 2
    assert [[given["externalId"] for given in document] for document in rush.documents] == [
        ["digest-0"],
        ["digest-1", "digest-2"],
    ]


def test_documents_that_notify_wait_for_each_other_once_there_were_many(stages: Stages) -> None:
    """The first ten of a minute go at once, the eleventh waits a moment."""
    arrived: list[float] = []

    def noting(received: Received) -> Reply:
        arrived.append(time.monotonic())
        return done(received)

    installation = stages.start(noting).client.installation(1)
    for number in range(10):
        installation.write(HANDLES, [AddComment(str(number))], PAGE)
    installation.write(HANDLES, [gate(1)], PAGE)
    installation.write(HANDLES, [AddComment("last")], PAGE)
    assert arrived[11] - arrived[9] >= GAPS[1][1] - 0.02


def loud(count: int = 1) -> Part:
    """A caller who notifies people."""
    return Part([Mutation("requestReviews", "", "", {})] * count)


def quiet(count: int = 1) -> Part:
    """A caller who does not."""
    return Part([Mutation("createCheckRun", "", "", {})] * count)


@pytest.mark.parametrize(
    ("parts", "together"),
    [
        ([quiet(5), loud(5), quiet(5)], [0, 1, 2]),
        ([quiet(5), loud(12), quiet(5)], [0, 2]),
        ([loud(5), quiet(12), loud(5), loud(5)], [0, 2, 3]),
        ([loud(5), quiet(5), loud(5)], [0, 2, 1]),
        ([quiet(25), quiet(1)], [0]),
        ([quiet(12), quiet(12), quiet(8)], [0, 2]),
    ],
    ids=["all fit", "not all fit", "loud first", "loud first and room", "too long for one", "gaps are filled"],
)
def test_documents_that_notify_people_are_few(parts: list[Part], together: list[int]) -> None:
    """GitHub counts them: who notifies shares one with others who do, and else stays out of quiet ones."""
    assert [parts.index(part) for part, _ in packed(parts, 20)] == together
    assert sum(len(some) for _, some in packed(parts, 20)) <= 20


class NoRoomForBackground(ObedientLimiter):
    """Lets one document of background work through, as many as there are of others, and notes what asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[bool] = []

    def acquire(self, cost: Cost) -> Permit:
        """Refuses background work, as after four fifths of the minute's points."""
        if cost.resource == GRAPHQL:
            self.asked.append(cost.background)
            if cost.background and len(self.asked) > 1:
                raise LimitReached("background work waits", 30.0)
        return super().acquire(cost)


@pytest.mark.parametrize("somebody_waits", [True, False])
def test_background_work_beside_foreground_work(stages: Stages, somebody_waits: bool) -> None:
    """A sweep's thread sends its rest and somebody's gate: that cannot wait as soon as one of them cannot."""
    limiter = NoRoomForBackground()
    many = [gate(number) for number in range(MUTATIONS_IN_A_DOCUMENT + 1)]
    rush = Rush(stages, limiter=limiter)
    heard = rush.write(many, [[gate(100)]], HANDLES, can_wait=(True, not somebody_waits))
    assert limiter.asked == [True, not somebody_waits]
    if somebody_waits:
        assert heard[1] == (Outcome(gate(100), node_id="CR_digest-100"),)
        assert [len(document) for document in rush.documents] == [MUTATIONS_IN_A_DOCUMENT, 2]
    else:
        assert isinstance(heard[1], LimitReached)
