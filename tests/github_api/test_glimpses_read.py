"""Lists for sweeps: what they show is what a whole reading shows, and what they cannot show they say."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.core.glimpse import glimpse_digest, glimpse_of
from bot.core.model import AddComment, PostCheckRun, State
from bot.github_api.budget import RequestCounts
from bot.github_api.errors import NotFound
from bot.github_api.glimpses_read import ListedPullRequest
from sandbox import Pull
from tests.support.hub import Hub

WATCHED = ("track / backend", "lint")


def listed(hub: Hub, repository: str) -> Sequence[ListedPullRequest]:
    """The list, with what it cost checked."""
    installation = hub.at(repository)
    found = installation.read_glimpses(repository)
    assert hub.client.requests.counts() == RequestCounts(read=1)
    return found.pull_requests


def of(pull: Pull, found: Sequence[ListedPullRequest]) -> ListedPullRequest:
    """One of the list."""
    return next(one for one in found if one.glimpse.number == pull.number)


def test_a_list_shows_what_a_reading_shows(hub: Hub) -> None:
    """Two pull requests with one head, a review, labels, checks of three kinds: the digests are equal."""
    repository = hub.repository({".github/trackgate.yml": "nonsense"})
    pull = hub.open("sofia", repository, {"backend/app/oauth.py": "SCOPES = ()\n"})
    twin_branch = {"ref": "refs/heads/twin", "sha": pull.head_sha}
    hub.github.as_user("raj").call("POST", f"/repos/{repository}/git/refs", twin_branch)
    raj = hub.github.as_user("raj")
    twin = raj.open_pull_request(repository, base="main", branch="twin", files={}, title="The same", draft=True)
    hub.github.as_user("raj").review(pull, "APPROVE")
    hub.github.as_user("mira").review(pull, "COMMENT", body="a thought")
    hub.github.as_user("sofia").request_review(pull, "maya", "lina")
    labels = {"labels": ["triage", "architecture"]}
    hub.github.as_user("raj").call("POST", f"/repos/{repository}/issues/{pull.number}/labels", labels)
    hub.github.complete_check(repository, pull.head_sha, "lint", conclusion="failure", app=hub.other_app)
    hub.github.status(repository, pull.head_sha, "track / backend")
    reading = hub.read(pull)
    post = PostCheckRun("gate", pull.head_sha, State.FAILURE, "Closed", "Because", "digest")
    installation = hub.installation(repository)
    installation.write(reading.handles, [post, AddComment("Hello")], "http://localhost/x")
    found = listed(hub, repository)
    for one in (pull, twin):
        reading, seen = hub.read(one), of(one, found)
        assert reading.policy_file is not None
        expected = glimpse_of(reading.facts, reading.policy_file.oid, reading.sibling_numbers)
        assert seen.is_whole
        assert (seen.glimpse.siblings, seen.title) == (reading.sibling_numbers, reading.facts.title)
        assert glimpse_digest(seen.glimpse, WATCHED, "") == glimpse_digest(expected, WATCHED, "")
    assert of(pull, found).glimpse.own_check_runs[0].external_id == "digest"


def test_more_than_a_page_shows_is_not_whole(hub: Hub) -> None:
    """101 statuses on a head: who compares would miss some, and so is told not to."""
    repository = hub.repository()
    pull = hub.open("sofia", repository, {"backend/app/oauth.py": "SCOPES = ()\n"})
    assert of(pull, listed(hub, repository)).is_whole
    for number in range(101):
        hub.github.status(repository, pull.head_sha, f"ci/{number}")
    assert not of(pull, listed(hub, repository)).is_whole


def test_without_a_repository(hub: Hub) -> None:
    """There is no such repository, or the App may not see it: NotFound for a list, nothing for the guard."""
    installation = hub.at(hub.repository())
    with pytest.raises(NotFound):
        installation.read_glimpses("meta/nowhere")
    assert installation.read_guarded("meta/nowhere") is None


def test_tags_of_many_repositories_in_one_request(hub: Hub) -> None:
    """A digest changes with a tag and with the policy, and with nothing else; one that is gone is left out."""
    first, second = hub.repository(), hub.repository()
    installation = hub.at(first)
    ids = [installation.read_glimpses(one).node_id for one in (first, second)]
    hub.client.requests.reset()
    before = installation.read_tag_digests([*ids, "R_nobody"])
    assert hub.client.requests.counts() == RequestCounts(read=1)
    assert set(before) == set(ids)
    raj = hub.github.as_user("raj")
    head = raj.push(first, "main", {"docs/a.md": "a\n"})
    assert installation.read_tag_digests(ids) == before
    raj.create_tag(first, "v1.0.0", head)
    tagged = installation.read_tag_digests(ids)
    assert tagged[ids[0]] != before[ids[0]]
    assert tagged[ids[1]] == before[ids[1]]
    raj.push(second, "main", {".github/trackgate.yml": "nonsense"})
    assert installation.read_tag_digests(ids)[ids[1]] != before[ids[1]]


def test_what_the_guard_reads(hub: Hub) -> None:
    """Tags with their objects and the policy's bytes in one request; of more tags than an answer holds, none."""
    repository = hub.repository({".github/trackgate.yml": "nonsense"})
    raj, installation = hub.github.as_user("raj"), hub.at(repository)
    head = raj.push(repository, "main", {"docs/a.md": "a\n"})
    annotated = raj.create_tag(repository, "release/1", head, message="One")
    raj.push_tags(repository, {"v1": head})
    hub.client.requests.reset()
    reading = installation.read_guarded(repository)
    assert hub.client.requests.counts() == RequestCounts(read=1)
    assert reading is not None
    assert reading.policy_is_readable
    assert reading.policy_file is not None
    assert reading.policy_file.text == b"nonsense"
    assert reading.tags == {"release/1": annotated, "v1": head}
    raj.push_tags(repository, {f"nightly-{number}": head for number in range(100)})
    reading = installation.read_guarded(repository)
    assert reading is not None
    assert reading.tags is None
