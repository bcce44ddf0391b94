"""The event table, for what concerns releases: tags, rulesets, deployments, deleted comments, milestones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.commands import Verb
from bot.core.subjects import PullRequestSubject, ReleasesSubject, RepositorySubject, TagsSubject
from bot.events import interpret
from bot.interpretation import Interpretation, Own, RequestedDeployment
from tests.support.deliveries import OWN, REPOSITORY, SHA, payload

TAGS, RELEASES = TagsSubject(REPOSITORY), ReleasesSubject(REPOSITORY)
SOFIA = {"login": "sofia", "type": "User"}
OURSELVES = {"login": "trackgate[bot]", "type": "Bot"}
WRITTEN = "2026-02-19T15:00:00Z"

TAG_EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "tag pushed": ("push", {"ref": "refs/tags/v3.1.0"}),
    "tag moved by force": ("push", {"ref": "refs/tags/v3.1.0", "forced": True}),
    "tag pushed that changes the policy": (
        "push",
        {"ref": "refs/tags/v1", "commits": [{"added": [".github/trackgate.yml"]}]},
    ),
    "tag made": ("create", {"ref": "v3.1.0", "ref_type": "tag"}),
    "tag deleted": ("delete", {"ref": "v3.1.0", "ref_type": "tag"}),
    "release published": ("release", {"action": "published"}),
    "release edited": ("release", {"action": "edited"}),
    "release created": ("release", {"action": "created"}),
    "release released": ("release", {"action": "released"}),
}


@pytest.mark.parametrize(("event", "parts"), TAG_EVENTS.values(), ids=TAG_EVENTS)
def test_release_tags_may_have_changed(event: str, parts: dict[str, Any]) -> None:
    """All release tags are looked at, whichever one it was: what an event says of it is not believed."""
    found = interpret(event, payload(**parts, sender=SOFIA), OWN)
    assert (found.subjects, found.has_work, found.concerns_releases) == ((TAGS,), True, False)


@pytest.mark.parametrize(("event", "parts"), TAG_EVENTS.values(), ids=TAG_EVENTS)
def test_our_own_tags_and_releases(event: str, parts: dict[str, Any]) -> None:
    """What we made ourselves is no news; while we do not know who we are, it may be anybody's."""
    assert not interpret(event, payload(**parts, sender=OURSELVES), OWN).has_work
    assert interpret(event, payload(**parts, sender=OURSELVES), Own()).has_work
    assert interpret(event, payload(**parts, sender={"login": "None[bot]"}), Own()).has_work
    assert interpret(event, payload(**parts, sender={"login": "trackgate"}), OWN).has_work


@pytest.mark.parametrize("ref_type", ["branch", None, 7])
@pytest.mark.parametrize("event", ["create", "delete"])
def test_a_branch_was_made_or_deleted(event: str, ref_type: Any) -> None:
    """No tag changed, and a push tells of branches."""
    found = interpret(event, payload(ref="v3.1.0", ref_type=ref_type, sender=SOFIA), OWN)
    assert (found.has_work, found.concerns_releases) == (False, False)


@pytest.mark.parametrize("action", ["deleted", "unpublished"])
def test_a_release_went(action: str) -> None:
    """A GitHub release that is gone or a draft again publishes nothing."""
    assert not interpret("release", payload(action=action, sender=SOFIA), OWN).has_work


@pytest.mark.parametrize("action", ["created", "edited", "deleted"])
def test_a_ruleset_changed(action: str) -> None:
    """The rulesets are looked at with the tags, also when we are said to have changed one."""
    for sender in (SOFIA, OURSELVES):
        found = interpret("repository_ruleset", payload(action=action, sender=sender), OWN)
        assert found.subjects == (TagsSubject(REPOSITORY, rulesets=True),)


def test_a_push_to_a_branch_concerns_releases() -> None:
    """An armed release may follow that branch; the policy's change is looked at besides."""
    policy = [{"modified": [".github/trackgate.yml"]}]
    plain = interpret("push", payload(ref="refs/heads/main", commits=[{"modified": ["x"]}]), OWN)
    changed = interpret("push", payload(ref="refs/heads/main", commits=policy), OWN)
    assert (plain.subjects, plain.concerns_releases) == ((), True)
    assert (changed.subjects, changed.concerns_releases) == ((RepositorySubject(REPOSITORY),), True)


@pytest.mark.parametrize("action", ["milestoned", "demilestoned"])
def test_a_pull_request_entered_or_left_a_milestone(action: str) -> None:
    """It says which release the pull request belongs to; its own gate has no use for it."""
    found = interpret("pull_request", payload(action=action, pull_request={"number": 12}), OWN)
    assert found == Interpretation(f"pull_request {action}", concerns_releases=True)


@pytest.mark.parametrize(
    ("event", "check", "concerns"),
    [
        ("check_run", {"name": "track / backend"}, True),
        ("check_run", {"name": "lint"}, False),
        ("check_run", {"name": "track/backend"}, False),
        ("check_run", {}, True),
        ("check_suite", {}, False),
    ],
)
def test_which_checks_concern_releases(event: str, check: dict[str, Any], concerns: bool) -> None:
    """Only a track's check can open a release; one without a name may be it, and a suite says nothing new."""
    found = interpret(event, payload(action="completed", **{event: {"head_sha": SHA, **check}}), OWN)
    assert found.concerns_releases is concerns


def test_our_own_check_runs_concern_no_release() -> None:
    """Else `gate/release` would ask for itself for ever."""
    ours = {"head_sha": SHA, "app": {"id": 4242}, "name": "track / backend"}
    assert not interpret("check_run", payload(action="completed", check_run=ours), OWN).concerns_releases


def comment(body: str, *, on_pull_request: bool = True, **changes: Any) -> dict[str, Any]:
    """A comment by sofia, just written on issue 12."""
    issue = {"number": 12, **({"pull_request": {"url": "x"}} if on_pull_request else {})}
    written = {"id": 5, "node_id": "IC_5", "user": SOFIA, "body": body, "created_at": WRITTEN}
    return payload(**{"action": "created", "issue": issue, "comment": written, "sender": SOFIA, **changes})


RELEASE_COMMANDS = ["release v3.1.0", "cancel v3.1.0", "approve", "revoke"]


@pytest.mark.parametrize("on_pull_request", [True, False])
@pytest.mark.parametrize("command", RELEASE_COMMANDS)
def test_commands_for_a_release(command: str, on_pull_request: bool) -> None:
    """On a plain issue or a pull request alike they are the release desk's, and no merge gate is looked at."""
    found = interpret("issue_comment", comment(f"/gate {command}", on_pull_request=on_pull_request), OWN)
    assert found.subjects == (RELEASES,)
    assert found.comment is not None
    assert (found.comment.number, found.comment.for_release) == (12, {0})
    assert found.comment.written_at == datetime(2026, 2, 19, 15, tzinfo=UTC)


@pytest.mark.parametrize("command", ["hold wait", "status", "override backend why", "hodl"])
def test_every_command_on_a_plain_issue_is_the_release_desks(command: str) -> None:
    """There is no pull request that could carry it out or refuse it; null for a pull request is none either."""
    bare = comment(f"/gate {command}", on_pull_request=False)
    for given in (bare, {**bare, "issue": {"number": 12, "pull_request": None}}):
        found = interpret("issue_comment", given, OWN)
        assert found.subjects == (RELEASES,)
        assert found.comment is not None
        assert found.comment.for_release == {0}


@pytest.mark.parametrize("command", ["hold wait", "status", "override backend why", "hodl"])
def test_commands_of_a_pull_request_stay_with_it(command: str) -> None:
    """The release desk does not hear of them."""
    found = interpret("issue_comment", comment(f"/gate {command}"), OWN)
    assert found.subjects == (PullRequestSubject(REPOSITORY, 12),)
    assert found.comment is not None
    assert found.comment.for_release == frozenset()


def test_one_comment_with_commands_for_both() -> None:
    """Each command is carried out where it belongs; their places tell which."""
    found = interpret("issue_comment", comment("/gate approve\n/gate recheck\n/gate release v3.1.0"), OWN)
    assert found.subjects == (RELEASES, PullRequestSubject(REPOSITORY, 12))
    assert found.comment is not None
    assert [one.verb for one in found.comment.commands] == [Verb.APPROVE, Verb.RECHECK, Verb.RELEASE]
    assert found.comment.for_release == {0, 2}


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "edited"},
        {"sender": {"login": "sofia", "type": "Bot"}},
        {"sender": {"login": "raj", "type": "User"}},
        {"issue": {"number": None}},
    ],
)
def test_sign_offs_that_are_not_obeyed(changes: dict[str, Any]) -> None:
    """An edited comment, a bot's, another person's: as with every command."""
    assert not interpret("issue_comment", comment("/gate approve", on_pull_request=False, **changes), OWN).has_work


def test_a_comment_was_deleted() -> None:
    """Whoever deleted it and whatever it said: a sign-off that it gave ends with it. None of it is obeyed."""
    found = interpret("issue_comment", comment("/gate approve", action="deleted"), OWN)
    assert (found.deleted_comment, found.comment, found.subjects) == ((REPOSITORY, 5), None, ())
    bare = interpret("issue_comment", payload(action="deleted", comment={"id": 5}), OWN)
    assert bare.deleted_comment == (REPOSITORY, 5)


@pytest.mark.parametrize("given", [None, {}, {"id": "5"}, {"id": True}, {"id": 0}])
def test_a_deleted_comment_without_an_id(given: Any) -> None:
    """Nothing to look for, and no error."""
    found = interpret("issue_comment", payload(action="deleted", comment=given), OWN)
    assert (found.deleted_comment, found.has_work) == (None, False)


DEPLOYMENT = {
    "environment": "production",
    "deployment": {"ref": "v3.1.0", "sha": SHA},
    "deployment_callback_url": "https://api.github.com/repos/meta/integration/actions/runs/7/x",
}


def test_a_deployment_waits_for_our_answer() -> None:
    """What it is of, and where the answer would go: as it is said, to be checked before anything is sent."""
    found = interpret("deployment_protection_rule", payload(action="requested", **DEPLOYMENT), OWN)
    assert found.deployment == RequestedDeployment(
        REPOSITORY,
        "production",
        "v3.1.0",
        SHA,
        "https://api.github.com/repos/meta/integration/actions/runs/7/x",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"environment": None},
        {"deployment": None},
        {"deployment": {"sha": SHA}},
        {"deployment": {"ref": "v3 1", "sha": SHA}},
        {"deployment": {"ref": "v3.1.0", "sha": SHA[:7]}},
        {"deployment_callback_url": None},
        {"deployment_callback_url": "https://x/" + "y" * 2000},
        {"action": "created"},
    ],
)
def test_a_deployment_that_says_too_little(change: dict[str, Any]) -> None:
    """Nothing to judge, and no error."""
    given = payload(**{"action": "requested", **DEPLOYMENT, **change})
    found = interpret("deployment_protection_rule", given, OWN)
    assert (found.deployment, found.has_work) == (None, False)
