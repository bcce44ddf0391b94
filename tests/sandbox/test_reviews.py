"""Reviews, and who may be asked for one."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Pull, RequestRefusedError
from tests.sandbox.conftest import Stage

COLLABORATORS_ONLY = (
    "Reviews may only be requested from collaborators. One or more of the users or teams you specified"
    " is not a collaborator of the meta/integration repository."
)
LATEST = """
query($writers: Boolean!) {
  repository(owner: "meta", name: "integration") {
    pullRequest(number: 1) {
      latestOpinionatedReviews(first: 10, writersOnly: $writers) { nodes { author { login } state } }
    }
  }
}
"""
REQUEST = """
mutation($pull: ID!, $users: [ID!]!, $union: Boolean) {
  requestReviews(input: {pullRequestId: $pull, userIds: $users, union: $union}) { pullRequest { number } }
}
"""


def latest(stage: Stage, *, writers: bool = False) -> dict[str, str]:
    """Each person's latest opinion."""
    found = stage.bot().graphql(LATEST, {"writers": writers})["repository"]["pullRequest"]
    return {one["author"]["login"]: one["state"] for one in found["latestOpinionatedReviews"]["nodes"]}


def test_nobody_approves_their_own(stage: Stage) -> None:
    """Approving and requesting changes are refused to the author, commenting is not."""
    pull = stage.open()
    alice = stage.person("alice")
    for event, message in (
        ("APPROVE", "Can not approve your own pull request"),
        ("REQUEST_CHANGES", "Can not request changes on your own pull request"),
    ):
        with pytest.raises(RequestRefusedError) as refused:
            alice.review(pull, event)
        assert refused.value.body["errors"] == [message]
    assert alice.review(pull, "COMMENT")["state"] == "COMMENTED"


def test_a_comment_leaves_the_opinion_standing(stage: Stage) -> None:
    """APPROVED then COMMENTED stays approved; CHANGES_REQUESTED after it counts; dismissal ends it."""
    pull = stage.open()
    maya, sofia = stage.person("maya"), stage.person("sofia")
    maya.review(pull, "APPROVE")
    maya.review(pull, "COMMENT")
    assert latest(stage) == {"maya": "APPROVED"}
    blocking = maya.review(pull, "REQUEST_CHANGES")
    assert latest(stage) == {"maya": "CHANGES_REQUESTED"}
    sofia.dismiss(blocking)
    assert latest(stage) == {"maya": "DISMISSED"}
    with pytest.raises(RequestRefusedError):
        sofia.dismiss(blocking)


def test_writers_only_leaves_readers_out(stage: Stage) -> None:
    """A reader's approval is listed, but not among the writers'."""
    pull = stage.open()
    stage.person("lina").review(pull, "APPROVE")
    stage.person("maya").review(pull, "APPROVE")
    assert latest(stage) == {"lina": "APPROVED", "maya": "APPROVED"}
    assert latest(stage, writers=True) == {"maya": "APPROVED"}


def test_a_review_keeps_the_commit_it_was_made_for(stage: Stage) -> None:
    """After a push the old approval still names the old head."""
    pull = stage.open()
    stage.person("maya").review(pull, "APPROVE")
    head = stage.person("alice").push(stage.repository, "feature", {"y": "1"})
    (review,) = stage.bot().call("GET", f"{pull.path}/reviews")
    assert review["commit_id"] == pull.head_sha != head


def test_only_writers_dismiss(stage: Stage) -> None:
    """A reader cannot dismiss a review."""
    pull = stage.open()
    review = stage.person("maya").review(pull, "APPROVE")
    with pytest.raises(RequestRefusedError) as refused:
        stage.person("lina").dismiss(review)
    assert refused.value.status == 403


def test_reviewing_answers_the_request(stage: Stage) -> None:
    """Whoever reviews is no longer asked, and neither is a team of theirs; others still are."""
    pull = stage.open()
    stage.github.add_team("meta", "backend", ["maya"], {"meta/integration": "write"})
    stage.person("alice").request_review(pull, "maya", "sofia", teams=("backend",))
    assert stage.github.requested_reviewers(pull) == {"maya", "sofia", "backend"}
    stage.person("maya").review(pull, "COMMENT")
    assert stage.github.requested_reviewers(pull) == {"sofia"}


@pytest.mark.parametrize(
    ("login", "message"),
    [
        ("alice", "Review cannot be requested from pull request author."),
        ("outsider", COLLABORATORS_ONLY),
        ("nobody-at-all", COLLABORATORS_ONLY),
        ("trackgate[bot]", COLLABORATORS_ONLY),
    ],
)
def test_who_cannot_be_asked_by_rest(stage: Stage, login: str, message: str) -> None:
    """The author, a non-collaborator, nobody and a bot are refused, and nobody else is asked either."""
    pull = stage.open()
    with pytest.raises(RequestRefusedError) as refused:
        stage.person("sofia").request_review(pull, "maya", login)
    assert (refused.value.status, refused.value.body["message"]) == (422, message)
    assert stage.github.requested_reviewers(pull) == set()


def test_sixteen_people_are_too_many(stage: Stage) -> None:
    """Fifteen reviewers can be asked at once, a sixteenth makes it a refusal."""
    logins = [f"person{number}" for number in range(16)]
    for login in logins:
        stage.github.add_user(login)
        stage.person("sofia").call("PUT", f"/repos/meta/integration/collaborators/{login}", {"permission": "pull"})
    pull = stage.open()
    with pytest.raises(RequestRefusedError):
        stage.person("sofia").request_review(pull, *logins)
    stage.person("sofia").request_review(pull, *logins[:15])
    assert len(stage.github.requested_reviewers(pull)) == 15


def ask(stage: Stage, pull: Pull, logins: list[str], union: bool | None) -> Any:
    """Ask by GraphQL; returns the whole answer."""
    users = [stage.github.world.account(login).node_id for login in logins]
    variables = {"pull": pull.node_id, "users": users, "union": union}
    return stage.bot().send("POST", "/graphql", {"query": REQUEST, "variables": variables})[1]


def test_graphql_replaces_unless_told_to_unite(stage: Stage) -> None:
    """Without `union` the set becomes the one given; with it the new ones are added."""
    pull = stage.open()
    ask(stage, pull, ["maya"], True)
    ask(stage, pull, ["sofia"], True)
    assert stage.github.requested_reviewers(pull) == {"maya", "sofia"}
    ask(stage, pull, ["lina"], False)
    assert stage.github.requested_reviewers(pull) == {"lina"}


@pytest.mark.parametrize("login", ["alice", "outsider"])
def test_who_cannot_be_asked_by_graphql(stage: Stage, login: str) -> None:
    """The refusal is an error of the mutation, with HTTP 200, and it names the reason."""
    pull = stage.open()
    answer = ask(stage, pull, ["maya", login], True)
    assert answer["data"] == {"requestReviews": None}
    (error,) = answer["errors"]
    assert (error["type"], error["path"]) == ("UNPROCESSABLE", ["requestReviews"])
    assert ("author" in error["message"]) == (login == "alice")
    assert stage.github.requested_reviewers(pull) == set()


def test_asking_again_is_no_event(stage: Stage) -> None:
    """Somebody who is asked already stays asked, silently; after a review they can be asked anew."""
    pull = stage.open()
    events: list[str | None] = []
    stage.github.observe_webhooks(lambda sent: events.append(sent.action))
    sofia = stage.person("sofia")
    sofia.request_review(pull, "maya")
    sofia.request_review(pull, "MAYA")
    assert events == ["review_requested"]
    stage.person("maya").review(pull, "APPROVE")
    sofia.request_review(pull, "maya")
    sofia.remove_review_request(pull, "maya")
    assert events == ["review_requested", "submitted", "review_requested", "review_request_removed"]


def test_a_team_needs_members_read(stage: Stage) -> None:
    """Without members:read an App's request for a team is refused as an unknown node."""
    pull = stage.open()
    stage.github.add_team("meta", "backend", ["maya"], {"meta/integration": "write"})
    stage.github.add_team("meta", "elsewhere", ["maya"])
    token = stage.github.token_for(stage.app, stage.repository, {"pull_requests": "write"})
    path = f"{pull.path}/requested_reviewers"
    status, answer, _ = stage.client(token).send("POST", path, {"team_reviewers": ["backend"]})
    assert status == 422
    assert answer["errors"][0].startswith("Could not resolve to a node with the global id of")
    assert stage.bot().send("POST", path, {"team_reviewers": ["backend"]})[0] == 201
    assert stage.bot().send("POST", path, {"team_reviewers": ["elsewhere"]})[0] == 422


def test_removing_needs_the_reviewers_field(stage: Stage) -> None:
    """A DELETE without `reviewers` is refused, even for teams alone."""
    pull = stage.open()
    body = {"team_reviewers": ["backend"]}
    assert stage.bot().send("DELETE", f"{pull.path}/requested_reviewers", body)[0] == 422
