"""The event table: which delivery means which subject, and which means nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.commands import ParsedCommand, Verb
from bot.core.subjects import (
    CommitSubject,
    MergeGroupSubject,
    PullRequestSubject,
)
from bot.events import PULL_REQUEST_ACTIONS, TABLE, interpret
from bot.interpretation import (
    CommandComment,
    Interpretation,
    Own,
    PullRequestSeen,
)
from tests.support.deliveries import OWN, REPOSITORY, SHA, payload

PULL_REQUEST = PullRequestSubject(REPOSITORY, 12)


def pull_request(**changes: Any) -> dict[str, Any]:
    """The pull request of a payload."""
    fields = {
        "number": 12,
        "state": "open",
        "draft": False,
        "title": "Refresh tokens",
        "user": {"login": "nina"},
        "head": {"sha": SHA},
        "base": {"ref": "main"},
    }
    return {**fields, **changes}


SEEN = PullRequestSeen(REPOSITORY, 12, SHA, "main", True, False, "Refresh tokens", "nina")


@pytest.mark.parametrize("action", [action for action in PULL_REQUEST_ACTIONS if action != "edited"])
def test_a_pull_request_changed(action: str) -> None:
    """It is looked at again, and its head is remembered to find it by its checks."""
    found = interpret("pull_request", payload(action=action, pull_request=pull_request()), OWN)
    assert found == Interpretation(
        f"pull_request {action}",
        (PULL_REQUEST,),
        pull_request=SEEN,
        concerns_releases=True,
    )


def test_a_new_base_branch() -> None:
    """`edited` matters only with a new base; another title is remembered and changes no gate."""
    base = {"base": {"ref": {"from": "develop"}}}
    moved = interpret("pull_request", payload(action="edited", pull_request=pull_request(), changes=base), OWN)
    titled = interpret(
        "pull_request", payload(action="edited", pull_request=pull_request(), changes={"title": {}}), OWN
    )
    assert moved.subjects == (PULL_REQUEST,)
    assert (titled.subjects, titled.pull_request) == ((), SEEN)


def test_what_a_pull_request_event_says() -> None:
    """Closed, a draft, without title or author (GitHub's ghost): read as it is."""
    odd = pull_request(state="closed", draft=True, title=None, user=None, head={"sha": SHA, "repo": None})
    found = interpret("pull_request", payload(action="closed", pull_request=odd), OWN)
    assert found.pull_request == PullRequestSeen(REPOSITORY, 12, SHA, "main", False, True, "", "ghost")
    assert found.subjects == (PULL_REQUEST,)


@pytest.mark.parametrize("missing", ["number", "head", "base"])
def test_a_pull_request_that_names_too_little(missing: str) -> None:
    """Nothing to look at, and no error."""
    found = interpret("pull_request", payload(action="opened", pull_request=pull_request(**{missing: None})), OWN)
    assert (found.subjects, found.pull_request, found.has_work) == ((), None, False)


def test_our_own_review_request() -> None:
    """What we asked for ourselves is no reason to look again; what somebody else asked for is."""
    for sender, subjects in (("trackgate[bot]", ()), ("raj", (PULL_REQUEST,))):
        given = payload(action="review_requested", pull_request=pull_request(), sender={"login": sender})
        assert interpret("pull_request", given, OWN).subjects == subjects
    unknown = payload(action="review_requested", pull_request=pull_request(), sender={"login": "None[bot]"})
    assert interpret("pull_request", unknown, Own()).subjects == (PULL_REQUEST,)


@pytest.mark.parametrize("action", ["submitted", "edited", "dismissed"])
def test_a_review_changed(action: str) -> None:
    """Also of a draft's or an outsider's: what it means is decided later."""
    given = payload(action=action, pull_request={"number": 12}, review={"state": "approved"})
    assert interpret("pull_request_review", given, OWN).subjects == (PULL_REQUEST,)
    assert interpret("pull_request_review", payload(action=action), OWN).subjects == ()


def check(app_id: int = 15368, repository_id: int = 7, **changes: Any) -> dict[str, Any]:
    """A check run or suite of a pull request of our repository."""
    pulls = [{"number": 12, "base": {"repo": {"id": repository_id}}}]
    return {"head_sha": SHA, "app": {"id": app_id}, "pull_requests": pulls, **changes}


CHECK_EVENTS = [("check_run", "created"), ("check_run", "completed"), ("check_suite", "rerequested")]


@pytest.mark.parametrize(("event", "action"), CHECK_EVENTS)
def test_a_check_changed(event: str, action: str) -> None:
    """The pull requests it names, and whoever else has that head."""
    found = interpret(event, payload(action=action, **{event: check()}), OWN)
    assert found.subjects == (CommitSubject(REPOSITORY, SHA, named=(12,)),)


def test_a_check_is_told_by_its_name() -> None:
    """Which policies read it depends on that; somebody's wish to run again is about everything."""
    run = check(4242, name="track / dbt")
    (subject,) = interpret("check_run", payload(action="completed", check_run=run), Own()).subjects
    assert subject == CommitSubject(REPOSITORY, SHA, check="track / dbt", named=(12,))
    (subject,) = interpret("check_run", payload(action="rerequested", check_run=run), OWN).subjects
    assert subject == CommitSubject(REPOSITORY, SHA, named=(12,))


@pytest.mark.parametrize(("event", "action"), CHECK_EVENTS)
def test_a_check_of_a_fork_names_no_pull_request(event: str, action: str) -> None:
    """Then the commit alone finds it."""
    found = interpret(event, payload(action=action, **{event: check(pull_requests=[])}), OWN)
    (subject,) = found.subjects
    assert isinstance(subject, CommitSubject)
    assert (subject.sha, subject.named) == (SHA, ())


def test_a_check_that_names_another_repositorys_pull_request() -> None:
    """A fork's own pull request of that number is not ours."""
    found = interpret("check_run", payload(action="completed", check_run=check(repository_id=8)), OWN)
    assert found.subjects == (CommitSubject(REPOSITORY, SHA),)


def test_our_own_check_runs() -> None:
    """What we posted is no news, but somebody's wish to run it again is."""
    for action in ("created", "completed"):
        assert not interpret("check_run", payload(action=action, check_run=check(4242)), OWN).has_work
    for action in ("rerequested", "requested_action"):
        assert interpret("check_run", payload(action=action, check_run=check(4242)), OWN).has_work
    assert interpret("check_suite", payload(action="rerequested", check_suite=check(4242)), OWN).has_work
    assert interpret("check_run", payload(action="completed", check_run=check(4242)), Own()).has_work


def test_a_check_without_a_head() -> None:
    """Nothing to look at."""
    assert not interpret("check_run", payload(action="completed", check_run={}), OWN).has_work


def test_a_commit_status() -> None:
    """It names only the commit; the event has no action."""
    found = interpret("status", payload(sha=SHA, context="ci"), OWN)
    assert found.subjects == (CommitSubject(REPOSITORY, SHA, check="ci"),)
    assert not interpret("status", payload(), OWN).has_work


def comment(body: str = "/gate hold now", **changes: Any) -> dict[str, Any]:
    """A comment on pull request 12, by sofia."""
    sofia = {"login": "sofia", "type": "User"}
    fields: dict[str, Any] = {
        "action": "created",
        "issue": {"number": 12, "pull_request": {"url": "x"}},
        "comment": {"id": 5, "node_id": "IC_5", "user": sofia, "body": body},
        "sender": sofia,
    }
    return payload(**{**fields, **changes})


def test_a_command() -> None:
    """Kept with what an answer needs; its pull request is looked at."""
    found = interpret("issue_comment", comment(), OWN)
    hold = ParsedCommand(Verb.HOLD, "hold", "now")
    assert found.subjects == (PULL_REQUEST,)
    assert found.comment == CommandComment(REPOSITORY, 12, 5, "IC_5", "sofia", (hold,))
    assert not found.concerns_releases


def with_writer(**user: Any) -> dict[str, Any]:
    """The comment with another user as its writer."""
    return {"id": 5, "node_id": "IC_5", "user": user, "body": "/gate hold now"}


DISOBEYED = {
    "no command": comment("looks good"),
    "command in a quote": comment("> /gate hold now"),
    "command in a code block": comment("```\n/gate hold now\n```"),
    "command in an edited comment": comment(action="edited", changes={"body": {"from": "x"}}),
    "command by a bot": comment(sender={"login": "sofia", "type": "Bot"}),
    "command written by a bot": comment(comment=with_writer(login="sofia", type="Bot")),
    "command by a sender who is not the writer": comment(comment=with_writer(login="maya", type="User")),
    "command without a writer": comment(comment=with_writer(login=None, type="User")),
    "comment without an issue": comment(issue=None),
    "comment without an ID": comment(comment={"node_id": "IC_5", "body": "/gate hold now"}),
    "comment without a sender": comment(sender=None),
    "comment without a body": comment(comment={**with_writer(login="sofia", type="User"), "body": None}),
}


@pytest.mark.parametrize("given", DISOBEYED.values(), ids=DISOBEYED)
def test_no_command(given: dict[str, Any]) -> None:
    """Obeyed only when the comment was just created, by a human, and the sender wrote it."""
    assert not interpret("issue_comment", given, OWN).has_work


def test_a_merge_group() -> None:
    """Its head and base branch, without the branch's long name."""
    group = {"head_sha": SHA, "base_ref": "refs/heads/release/3.1"}
    found = interpret("merge_group", payload(action="checks_requested", merge_group=group), OWN)
    assert found.subjects == (MergeGroupSubject(REPOSITORY, SHA, "release/3.1"),)
    for broken in ({"head_sha": SHA}, {"base_ref": "refs/heads/main"}, None):
        assert not interpret("merge_group", payload(action="checks_requested", merge_group=broken), OWN).has_work
    assert not interpret("merge_group", payload(action="destroyed", merge_group=group), OWN).has_work


@pytest.mark.parametrize(
    ("event", "action"),
    [
        ("pull_request", "assigned"),
        ("star", "created"),
        ("ping", None),
        ("check_suite", "requested"),
        ("check_suite", "completed"),
    ],
)
def test_what_cannot_change_a_gate(event: str, action: str | None) -> None:
    """Asks for nothing, and the reason says what it was."""
    found = interpret(event, payload(action=action), OWN)
    assert not found.has_work
    assert found.reason == f"{event} {action or ''}".strip() + " cannot change a gate"


def test_an_event_without_its_repository() -> None:
    """Only installations come without one."""
    found = interpret("pull_request", {"action": "opened", "pull_request": pull_request()}, OWN)
    assert found == Interpretation("pull_request names no repository")


KEY_WORDS = """
    action repository full_name id installation pull_request number head sha base ref user login
    type sender comment node_id body issue check_run check_suite head_sha app pull_requests repo
    merge_group base_ref commits added modified forced changes repositories repositories_added
    owner from name organization ref_type environment deployment deployment_callback_url created_at
"""
KEYS = st.sampled_from(KEY_WORDS.split())
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["User", "/gate hold", "refs/heads/main", "opened", "created", "completed"]),
)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6))


@given(
    st.sampled_from(sorted({event for event, _ in TABLE})),
    st.sampled_from(sorted({action for _, action in TABLE})),
    st.dictionaries(KEYS, JSON, max_size=8),
)
def test_a_payload_of_any_shape_is_read(event: str, action: str, given: dict[str, Any]) -> None:
    """Hostile or odd payloads ask for nothing or for something, and are never an error."""
    known = {**given, "action": action, "repository": {"full_name": REPOSITORY}}
    for one in (given, known):
        assert interpret(event, one, OWN).reason
