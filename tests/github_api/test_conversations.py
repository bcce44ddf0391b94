"""Comments, issues, deployments and rulesets on the sandbox."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.model import AddReaction
from bot.github_api.errors import Forbidden, NotFound, Refused
from bot.github_api.readings import Handles

if TYPE_CHECKING:
    from sandbox import Thread
    from tests.support.hub import Hub

MARKER = "<!-- trackgate:release v3.1.0 -->"


def issue(hub: Hub, repository: str) -> Thread:
    """A plain issue of Raj's."""
    return hub.github.as_user("raj").open_issue(repository, "Release v3.1.0")


def test_one_comment_is_edited_in_place(hub: Hub) -> None:
    """Made on a plain issue by its node ID, found by its marker, changed by its own node ID."""
    repository = hub.repository()
    thread = issue(hub, repository)
    installation = hub.at(repository)
    subject = installation.read_issue(repository, thread.number)
    assert subject is not None
    assert (subject.number, subject.is_open) == (thread.number, True)
    made = installation.add_comment(subject.node_id, f"{MARKER}\nfirst")
    assert installation.find_own_comment(repository, thread.number, MARKER) == made
    changed = installation.update_comment(made.node_id, f"{MARKER}\nsecond")
    assert (changed.node_id, changed.url) == (made.node_id, made.url)
    (shown,) = hub.github.as_user("raj").comments(thread)
    assert (shown["body"], shown["user"]["login"]) == (f"{MARKER}\nsecond", "trackgate[bot]")
    assert (hub.client.requests.counts().read, hub.client.requests.counts().write) == (2, 2)


def test_a_comment_that_was_deleted(hub: Hub) -> None:
    """Changing it finds nothing, and neither does the search."""
    repository = hub.repository()
    thread = issue(hub, repository)
    installation = hub.at(repository)
    subject = installation.read_issue(repository, thread.number)
    assert subject is not None
    made = installation.add_comment(subject.node_id, MARKER)
    raj = hub.github.as_user("raj")
    raj.delete_comment(raj.comments(thread)[0])
    with pytest.raises(NotFound):
        installation.update_comment(made.node_id, "again")
    assert installation.find_own_comment(repository, thread.number, MARKER) is None


def test_the_oldest_of_our_comments_counts(hub: Hub) -> None:
    """Over more than a page, on a pull request; what a person wrote with the same marker does not."""
    repository = hub.repository()
    pull = hub.open("sofia", repository, {"qa/x.ts": "x\n"})
    raj = hub.github.as_user("raj")
    raj.comment(pull, f"{MARKER} mine")
    installation = hub.at(repository)
    subject = installation.read_issue(repository, pull.number)
    assert subject is not None
    first = installation.add_comment(subject.node_id, f"{MARKER} one")
    for number in range(100):
        raj.comment(pull, f"No. {number}")
    installation.add_comment(subject.node_id, f"{MARKER} two")
    hub.client.requests.reset()
    assert installation.find_own_comment(repository, pull.number, MARKER) == first
    assert hub.client.requests.counts().read == 2


def test_no_such_issue(hub: Hub) -> None:
    """None, and no error."""
    repository = hub.repository()
    installation = hub.at(repository)
    assert installation.read_issue(repository, 999) is None
    assert installation.find_own_comment(repository, 999, MARKER) is None


def test_a_reaction_to_a_comment_of_a_plain_issue(hub: Hub) -> None:
    """By the same effect as on pull requests."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    thread = issue(hub, repository)
    comment = raj.comment(thread, "/gate release v3.1.0")
    effect = AddReaction(comment["node_id"], "EYES")
    (outcome,) = hub.at(repository).write(Handles("", None), [effect], "")
    assert outcome.refused is None
    assert raj.comments(thread)[0]["reactions"]["eyes"] == 1


def test_without_the_permission_to_comment(hub: Hub) -> None:
    """Forbidden, and not taken for a comment that is gone."""
    repository = hub.repository()
    thread = issue(hub, repository)
    subject = hub.at(repository).read_issue(repository, thread.number)
    assert subject is not None
    with (
        hub.permissions(repository, without=("issues", "pull_requests")) as installation,
        pytest.raises(Forbidden),
    ):
        installation.add_comment(subject.node_id, "text")


def test_one_issue_for_an_incident(hub: Hub) -> None:
    """Opened, found by its marker among those made since, and closed; closing twice changes nothing."""
    repository = hub.repository()
    since = hub.github.clock.now()
    hub.github.as_user("raj").open_issue(repository, "Not ours", body=MARKER)
    installation = hub.at(repository)
    assert installation.find_own_issue(repository, MARKER, since) is None
    made = installation.create_issue(repository, "Tag v9 was undone", f"Text\n{MARKER}", ["trackgate"])
    hub.github.as_user("raj").open_issue(repository, "Later")
    assert installation.find_own_issue(repository, MARKER, since) == made
    assert installation.find_own_issue(repository, MARKER, since + timedelta(days=1)) is None
    for _ in range(2):
        assert not installation.close_issue(repository, made.number).is_open
    found = installation.find_own_issue(repository, MARKER, since)
    assert found is not None
    assert (found.number, found.is_open) == (made.number, False)


def test_too_long_an_issue_is_cut(hub: Hub) -> None:
    """Nothing is refused for its length."""
    repository = hub.repository()
    made = hub.at(repository).create_issue(repository, "t" * 1_000, "reason\n" * 20_000)
    shown = hub.github.as_user("raj").call("GET", f"/repos/{repository}/issues/{made.number}")
    assert len(shown["title"]) <= 256
    assert len(shown["body"]) <= 65_536


@pytest.mark.parametrize(("is_approved", "state"), [(True, "approved"), (False, "rejected")])
def test_a_deployment_is_answered_once(hub: Hub, is_approved: bool, state: str) -> None:
    """Approved or rejected with a comment that fits; answering again is refused, and recognised by its status."""
    repository = hub.repository()
    hub.github.protect_environment(repository, "production", hub.app)
    deployment = hub.github.request_deployment(repository, "production", "main", app=hub.app)
    path = f"/repos/{repository}/actions/runs/{deployment.run_id}/deployment_protection_rule"
    installation = hub.at(repository)
    installation.answer_deployment(path, "production", is_approved=is_approved, comment="é" * 2_000)
    assert deployment.state == state
    with pytest.raises(Refused) as refused:
        installation.answer_deployment(path, "production", is_approved=is_approved, comment="again")
    assert refused.value.status == 422
    assert hub.client.requests.counts().write == 2


RUN = "/repos/meta/integration/actions/runs/7/deployment_protection_rule"


def test_only_a_callback_s_path_is_called(hub: Hub) -> None:
    """Nothing is sent to a path of another kind, whoever gave it."""
    installation = hub.at(hub.repository())
    for path in (
        "/user",
        "https://evil.example/x",
        f"{RUN}/..",
        "/repos/../x/actions/runs/7/deployment_protection_rule",
    ):
        with pytest.raises(ValueError, match="not the path"):
            installation.answer_deployment(path, "production", is_approved=True, comment="")
    assert hub.client.requests.counts().write == 0


def test_rulesets_on_tags(hub: Hub) -> None:
    """Those on tags, whole, and no others."""
    repository = hub.repository()
    owner = hub.administrator()
    ruleset: dict[str, Any] = {
        "name": "release-tags",
        "target": "tag",
        "enforcement": "disabled",
        "conditions": {"ref_name": {"include": ["refs/tags/v*"], "exclude": []}},
        "rules": [{"type": "creation"}],
    }
    owner.create_ruleset(repository, ruleset)
    owner.create_ruleset(repository, {**ruleset, "name": "branches", "target": "branch"})
    installation = hub.at(repository)
    (found,) = installation.read_rulesets(repository)
    assert (found["name"], found["enforcement"], found["rules"]) == (
        "release-tags",
        "disabled",
        [{"type": "creation"}],
    )
    assert found["conditions"]["ref_name"]["include"] == ["refs/tags/v*"]
    assert hub.client.requests.counts().read == 2


def test_what_was_granted(hub: Hub) -> None:
    """What the App asks for, and what one installation gave it."""
    repository = hub.repository()
    installation_id = hub.client.installation_of(repository)
    assert installation_id is not None
    asked = hub.client.app_grants()
    assert asked.permissions["contents"] == "write"
    with hub.permissions(repository, without=("deployments",)):
        given = hub.client.installation_grants(installation_id)
    assert set(asked.permissions) - set(given.permissions) == {"deployments"}
    assert asked.events == given.events
