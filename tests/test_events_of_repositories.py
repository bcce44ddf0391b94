"""The event table, for what concerns whole repositories: pushes, installations, moves, rights."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.subjects import InstallationSubject, RepositorySubject, TagsSubject
from bot.events import interpret
from bot.interpretation import InstallationChange, RepositoryGone, RepositoryMoved
from tests.support.deliveries import OWN, REPOSITORY, payload


def push(*paths: str, kind: str = "modified", **changes: Any) -> dict[str, Any]:
    """A push to main of one commit with these paths."""
    return payload(**{"ref": "refs/heads/main", "forced": False, "commits": [{kind: list(paths)}], **changes})


@pytest.mark.parametrize("kind", ["added", "modified", "removed"])
def test_a_push_that_changes_the_policy(kind: str) -> None:
    """Every open pull request is looked at again."""
    found = interpret("push", push("x", ".github/trackgate.yml", kind=kind), OWN)
    assert found.subjects == (RepositorySubject(REPOSITORY),)


def test_a_push_that_may_have_changed_the_policy() -> None:
    """A forced push lists only the new commits, and a long one not all of them."""
    assert interpret("push", push("x", forced=True), OWN).has_work
    assert interpret("push", push(commits=[{}] * 2048), OWN).has_work


@pytest.mark.parametrize(
    "given",
    [
        push("x"),
        push(),
        push(commits=None),
        push("y", ref=None),
    ],
)
def test_a_push_that_leaves_the_policy_as_it_was(given: dict[str, Any]) -> None:
    """Pushes to a pull request's own branch come as pull_request synchronize; a release may follow any branch."""
    found = interpret("push", given, OWN)
    assert (found.has_work, found.concerns_releases) == (False, True)


def installation(action: str, **parts: Any) -> dict[str, Any]:
    """An installation event: it names no single repository."""
    return {"action": action, "installation": {"id": 99}, **parts}


ONE = [{"full_name": "meta/a"}, {"full_name": None}, "odd"]


@pytest.mark.parametrize("action", ["created", "unsuspend", "new_permissions_accepted"])
def test_an_installation_that_came(action: str) -> None:
    """Its repositories are looked at, and their tags, the baseline; one that was there before tells all it has."""
    found = interpret("installation", installation(action, repositories=ONE), OWN)
    back = () if action == "created" else (InstallationSubject(99),)
    assert found.subjects == (RepositorySubject("meta/a"), TagsSubject("meta/a"), *back)
    assert found.installation == InstallationChange(99, gained=("meta/a",))


@pytest.mark.parametrize("action", ["deleted", "suspend"])
def test_an_installation_that_went(action: str) -> None:
    """Nothing of it is served any more."""
    found = interpret("installation", installation(action, repositories=ONE), OWN)
    assert (found.subjects, found.installation) == ((), InstallationChange(99, all_lost=True))


def test_repositories_that_came_and_went() -> None:
    """Those that came are looked at, with their tags."""
    given = installation("added", repositories_added=ONE, repositories_removed=[{"full_name": "meta/b"}])
    found = interpret("installation_repositories", given, OWN)
    assert found.subjects == (RepositorySubject("meta/a"), TagsSubject("meta/a"))
    assert found.installation == InstallationChange(99, ("meta/a",), ("meta/b",))


def test_an_installation_without_an_id() -> None:
    """Nothing to remember."""
    assert not interpret("installation", {"action": "created", "installation": {}}, OWN).has_work


MOVES = {
    "renamed": ({"repository": {"name": {"from": "old"}}}, RepositoryMoved("meta/old", REPOSITORY)),
    "transferred": (
        {"owner": {"from": {"user": {"login": "raj"}}}},
        RepositoryMoved("raj/integration", REPOSITORY),
    ),
    "edited": ({"default_branch": {"from": "master"}}, None),
    "unarchived": ({}, None),
}


@pytest.mark.parametrize("action", MOVES)
def test_a_repository_changed(action: str) -> None:
    """It is known by its new name, and all its pull requests are looked at."""
    changes, moved = MOVES[action]
    found = interpret("repository", payload(action=action, changes=changes), OWN)
    # Renames may arrive in the wrong order, so GitHub is asked for all names of today; and for what it left out.
    listed = () if action == "edited" else (InstallationSubject(99),)
    assert (found.subjects, found.moved) == ((RepositorySubject(REPOSITORY), *listed), moved)


def test_a_repository_transferred_from_an_organization() -> None:
    """The old owner may be an organization."""
    changes = {"owner": {"from": {"organization": {"login": "old"}}}}
    found = interpret("repository", payload(action="transferred", changes=changes), OWN)
    assert found.moved == RepositoryMoved("old/integration", REPOSITORY)


@pytest.mark.parametrize("action", ["deleted", "archived"])
def test_a_repository_that_is_gone(action: str) -> None:
    """Nothing of it is looked at any more; only what is deleted never comes back."""
    found = interpret("repository", payload(action=action), OWN)
    gone = RepositoryGone(REPOSITORY, is_deleted=action == "deleted", repository_id=7)
    assert (found.subjects, found.moved) == ((), gone)


@pytest.mark.parametrize("old", ["a/b", "../..", "x" * 101, "ü"])
def test_a_repository_whose_old_name_is_none(old: str) -> None:
    """It is looked at under the name that it has; nothing follows it from a name that GitHub never gave."""
    changes = {"repository": {"name": {"from": old}}}
    found = interpret("repository", payload(action="renamed", changes=changes), OWN)
    assert (found.subjects, found.moved) == ((RepositorySubject(REPOSITORY),), None)


def test_somebody_gained_access() -> None:
    """Who could not be asked before perhaps can be now."""
    assert interpret("member", payload(action="added"), OWN).subjects == (RepositorySubject(REPOSITORY),)
