"""Effects become mutations, and answers become outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.core.model import AddComment, AddReaction, Effect, PostCheckRun, RemoveLabel, RequestReview, State
from bot.github_api.budget import RequestKind
from bot.github_api.errors import Retryable
from bot.github_api.mutations import LONGEST_COMMENT, LONGEST_SUMMARY, LONGEST_TITLE, mutation_for, shortened
from bot.github_api.readings import Handles, Outcome
from tests.support.scripted_http import Received, Reply

if TYPE_CHECKING:
    from tests.github_api.conftest import Stages

HANDLES = Handles("R_1", "PR_1", {"sofia": "U_1", "maya": "U_2"}, {"gate/hold": "L_1"})
PAGE = "http://localhost:8000/repositories/meta/integration/pull-requests/1"


def gate(state: State, run: str | None = None, title: str = "t", summary: str = "s") -> PostCheckRun:
    """A gate to be posted."""
    return PostCheckRun("gate", "a" * 40, state, title, summary, "digest", run)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (State.SUCCESS, {"status": "COMPLETED", "conclusion": "SUCCESS"}),
        (State.FAILURE, {"status": "COMPLETED", "conclusion": "FAILURE"}),
        (State.IN_PROGRESS, {"status": "IN_PROGRESS"}),
    ],
)
def test_a_gate_is_a_check_run(state: State, shown: dict[str, str]) -> None:
    """A new gate is created on its head SHA; one that is open is updated by its own ID."""
    created = mutation_for(gate(state), HANDLES, PAGE)
    output = {"title": "t", "summary": "s"}
    common = {"repositoryId": "R_1", "name": "gate", "externalId": "digest", "detailsUrl": PAGE, "output": output}
    assert created.name == "createCheckRun"
    assert created.input == {**common, **shown, "headSha": "a" * 40}
    updated = mutation_for(gate(state, run="CR_9"), HANDLES, PAGE)
    assert updated.name == "updateCheckRun"
    assert updated.input == {**common, **shown, "checkRunId": "CR_9"}


def test_one_person_is_added_to_those_asked() -> None:
    """A request adds to the set and does not replace it; a login's case does not matter."""
    request = mutation_for(RequestReview("Sofia"), HANDLES, PAGE)
    assert request.input == {"pullRequestId": "PR_1", "userIds": ["U_1"], "union": True}


def test_long_text_is_cut_clearly() -> None:
    """Title, summary and comment keep GitHub's limits, and say that they were cut."""
    line = "é" * 99 + "\n"
    posted = mutation_for(gate(State.SUCCESS, title="x" * 300, summary=line * 700), HANDLES, PAGE).input["output"]
    comment = mutation_for(AddComment(line * 700), HANDLES, PAGE).input["body"]
    assert (len(posted["title"].encode()), posted["title"][-1]) == (LONGEST_TITLE, "…")
    for text, longest in ((posted["summary"], LONGEST_SUMMARY), (comment, LONGEST_COMMENT)):
        whole, _, mark = text.partition("\n\n(Cut here")
        assert mark
        assert longest - 300 < len(text.encode()) <= longest
        assert set(whole.split("\n")) == {"é" * 99}


@pytest.mark.parametrize("length", [254, 255, 256])
def test_text_at_the_limit(length: int) -> None:
    """What fits stays whole."""
    assert (shortened("x" * length, 255) == "x" * length) is (length <= 255)


def answering(*parts: Any) -> Any:
    """A script that answers each document in turn, with its fields in order."""
    answers = iter(parts)

    def script(received: Received) -> Reply:
        answer = next(answers)
        return answer if isinstance(answer, Reply) else Reply(200, answer)

    return script


def test_one_refusal_does_not_stop_the_others(stages: Stages) -> None:
    """Aliased mutations answer each for itself, in one request; GitHub's reason is kept as plain text."""
    effects: tuple[Effect, ...] = (gate(State.SUCCESS), RequestReview("sofia"), AddReaction("IC_1", "EYES"))
    refusal = {"type": "UNPROCESSABLE", "path": ["e1"], "message": "Reviews may only be `requested` from <b>…"}
    data = {"e0": {"checkRun": {"id": "CR_1"}}, "e1": None, "e2": {"reaction": {"id": "REA_1"}}}
    stage = stages.start(answering({"data": data, "errors": [refusal]}))
    assert stage.client.installation(1).write(HANDLES, effects, PAGE) == (
        Outcome(effects[0], node_id="CR_1"),
        Outcome(effects[1], refused="Reviews may only be requested from b…"),
        Outcome(effects[2], node_id="REA_1"),
    )
    assert stage.client.requests.counts().write == 1


def test_a_passing_trouble_is_not_a_refusal_to_remember(stages: Stages) -> None:
    """A limit or a failure of GitHub's own, and a missing answer, are marked transient."""
    effects: tuple[Effect, ...] = (RequestReview("sofia"), RequestReview("maya"), AddComment("hello"))
    errors = [
        {"type": "RATE_LIMITED", "path": ["e0"], "message": "was submitted too quickly"},
        {"path": ["e1"], "message": "Something went wrong"},
    ]
    stage = stages.start(answering({"data": {"e0": None, "e1": None, "e2": None}, "errors": errors}))
    outcomes = stage.client.installation(1).write(HANDLES, effects, PAGE)
    assert [outcome.transient for outcome in outcomes] == [True, True, True]
    assert [outcome.refused for outcome in outcomes] == [
        "was submitted too quickly",
        "Something went wrong",
        "GitHub gave no answer",
    ]


def test_done_but_not_read_back_is_done(stages: Stages) -> None:
    """An error inside a payload that is there does not make the effect a refusal."""
    answer = {
        "data": {"e0": {"commentEdge": None}},
        "errors": [{"type": "FORBIDDEN", "path": ["e0", "commentEdge"], "message": "no"}],
    }
    stage = stages.start(answering(answer))
    (outcome,) = stage.client.installation(1).write(HANDLES, (AddComment("hello"),), PAGE)
    assert outcome == Outcome(AddComment("hello"))


def test_what_cannot_be_sent_is_not_sent(stages: Stages) -> None:
    """A person GitHub does not know, a label that is not there, and nothing at all cost no request."""
    stage = stages.start(answering())
    installation = stage.client.installation(1)
    effects: tuple[Effect, ...] = (RequestReview("nobody"), RemoveLabel("gone"))
    assert installation.write(HANDLES, effects, PAGE) == (
        Outcome(effects[0], refused="GitHub knows nobody of this name"),
        Outcome(effects[1]),
    )
    assert installation.write(HANDLES, (), PAGE) == ()
    group = Handles("R_1", None)
    assert (
        installation.write(group, (AddComment("x"),), PAGE)[0].refused == "there is no pull request to do this on"
    )
    assert stage.server.requests == []


def test_a_write_is_not_repeated_after_an_outage(stages: Stages) -> None:
    """A 502 may hide a write that was done: one attempt, and the caller reads again."""
    stage = stages.start(answering(Reply(502)))
    with pytest.raises(Retryable):
        stage.client.installation(1).write(HANDLES, (AddComment("hello"),), PAGE)
    assert [o.kind for o in stage.observed].count(RequestKind.WRITE) == 1


def test_many_effects_take_several_documents(stages: Stages) -> None:
    """Twenty a document; when a later one fails, what was done before stays known."""
    effects = tuple(AddComment(str(number)) for number in range(45))

    def done(count: int) -> dict[str, Any]:
        return {"data": {f"e{i}": {"commentEdge": {"node": {"id": f"IC_{i}"}}} for i in range(count)}}

    stage = stages.start(answering(done(20), done(20), done(5), done(20), Reply(502)))
    installation = stage.client.installation(1)
    assert all(outcome.refused is None for outcome in installation.write(HANDLES, effects, PAGE))
    assert stage.client.requests.reset().write == 3
    outcomes = installation.write(HANDLES, effects, PAGE)
    assert [outcome.effect for outcome in outcomes] == list(effects)
    assert [outcome.transient for outcome in outcomes] == [False] * 20 + [True] * 25
