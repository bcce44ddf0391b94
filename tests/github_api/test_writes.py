"""Effects on the sandbox: what GitHub then shows, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.model import AddComment, AddReaction, Effect, PostCheckRun, RemoveLabel, RequestReview, State
from bot.github_api.errors import Retryable
from sandbox import Fault

if TYPE_CHECKING:
    from bot.github_api.readings import Outcome
    from sandbox import Pull
    from tests.support.hub import Hub

PAGE = "http://localhost:8000/repositories/meta/integration/pull-requests/1"
NEW_FILE = {"backend/app/new.py": "x = 1\n"}


def write(hub: Hub, pull: Pull, *effects: Effect) -> tuple[Outcome, ...]:
    """Write effects with the handles of a fresh reading."""
    return hub.installation(pull.repository).write(hub.read(pull).handles, effects, PAGE)


def post(pull: Pull, state: State, run: str | None = None, summary: str = "why") -> PostCheckRun:
    """The gate on the pull request's first head."""
    return PostCheckRun("gate", pull.head_sha, state, "a title", summary, f"digest-{state}", run)


def test_a_gate_opens(hub: Hub) -> None:
    """In progress first, then the same run completed: one check run, with all it says."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    (posted,) = write(hub, pull, post(pull, State.IN_PROGRESS))
    (open_run,) = hub.facts(pull).own_check_runs
    assert (open_run.status, open_run.conclusion, open_run.node_id) == ("in_progress", None, posted.node_id)
    (updated,) = write(hub, pull, post(pull, State.SUCCESS, run=open_run.node_id))
    (run,) = hub.facts(pull).own_check_runs
    assert updated.node_id == posted.node_id
    assert (run.status, run.conclusion, run.external_id) == ("completed", "success", "digest-success")
    (shown,) = hub.github.check_runs(pull.repository, pull.head_sha, hub.app)
    assert (shown.details_url, shown.title, shown.summary) == (PAGE, "a title", "why")


def test_a_failed_gate(hub: Hub) -> None:
    """A new run that is completed at once."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    write(hub, pull, post(pull, State.FAILURE))
    (run,) = hub.facts(pull).own_check_runs
    assert (run.status, run.conclusion) == ("completed", "failure")


def test_an_oversize_summary_is_taken(hub: Hub) -> None:
    """What is longer than GitHub allows was cut before it was sent, so nothing is refused."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    (outcome,) = write(hub, pull, post(pull, State.FAILURE, summary="reason\n" * 20_000))
    assert outcome.refused is None


def test_one_owner_cannot_be_requested_the_other_still_is(hub: Hub) -> None:
    """The author, an outsider and somebody unknown are refused with a reason each; the rest are asked."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    effects = [RequestReview(login) for login in ("sofia", "omar", "nobody", "Maya", "raj")]
    handles = hub.read(pull).handles
    known = {**handles.user_node_ids, "omar": hub.github.world.account("omar").node_id}
    handles = type(handles)(handles.repository_node_id, handles.pull_request_node_id, known, {})
    outcomes = hub.installation(pull.repository).write(handles, effects, PAGE)
    assert hub.github.requested_reviewers(pull) == {"maya", "raj"}
    reasons = [outcome.refused or "" for outcome in outcomes]
    assert "author" in reasons[0]
    assert "collaborator" in reasons[1]
    assert "knows nobody" in reasons[2]
    assert reasons[3:] == ["", ""]
    assert [outcome.transient for outcome in outcomes] == [False] * 5


def test_asking_more_people_keeps_those_asked(hub: Hub) -> None:
    """A request adds: GraphQL's own default would replace."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    hub.github.as_user("sofia").request_review(pull, "lina")
    write(hub, pull, RequestReview("maya"))
    assert hub.github.requested_reviewers(pull) == {"lina", "maya"}


def test_comments_reactions_and_labels(hub: Hub) -> None:
    """A reply, a reaction to the command, and the hold label taken off; a label that is gone is no error."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    raj = hub.github.as_user("raj")
    raj.label(pull, "gate/hold", "other")
    asked = raj.comment(pull, "/gate unhold")
    effects = AddReaction(asked["node_id"], "ROCKET"), AddComment("Unheld."), RemoveLabel("gate/hold")
    outcomes = write(hub, pull, *effects, RemoveLabel("gone"))
    assert [outcome.refused for outcome in outcomes] == [None] * 4
    assert hub.facts(pull).labels == ("other",)
    _, reply = raj.comments(pull)
    assert (reply["body"], reply["user"]["login"], reply["node_id"]) == (
        "Unheld.",
        "trackgate[bot]",
        outcomes[1].node_id,
    )
    assert raj.comments(pull)[0]["reactions"]["rocket"] == 1


def test_a_missing_permission_refuses_that_effect(hub: Hub) -> None:
    """An App without issues:write cannot react, and says why; its gate is posted all the same."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    comment = hub.github.as_user("raj").comment(pull, "/gate status")
    handles = hub.read(pull).handles
    with hub.permissions(pull.repository, without=("issues", "pull_requests")) as installation:
        outcomes = installation.write(
            handles, [AddReaction(comment["node_id"], "EYES"), post(pull, State.SUCCESS)], PAGE
        )
    assert outcomes[0].refused == "Resource not accessible by integration"
    assert outcomes[1].refused is None


def test_an_answer_lost_behind_a_502_is_not_repeated(hub: Hub) -> None:
    """The comment was made and the answer lost: Retryable, and still one comment."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    handles = hub.read(pull).handles
    hub.github.faults.add(Fault(method="POST", path="/graphql", operation="addComment", status=502, after=True))
    with pytest.raises(Retryable):
        hub.installation(pull.repository).write(handles, [AddComment("Once.")], PAGE)
    assert [comment["body"] for comment in hub.github.as_user("raj").comments(pull)] == ["Once."]
