"""Pieces of answers become facts: the cases that a sandbox has no account for."""

from __future__ import annotations

import pytest

from bot.core.model import Wanted
from bot.github_api import nodes
from bot.github_api.graphql import Problem


@pytest.mark.parametrize(
    ("person", "login"),
    [
        ({"__typename": "User", "login": "raj"}, "raj"),
        ({"__typename": "Bot", "login": "raj"}, "raj[bot]"),
        ({"__typename": "Mannequin", "login": "raj"}, "raj[mannequin]"),
        ({"__typename": "Organization", "login": "raj"}, "raj[organization]"),
        (None, "ghost"),
    ],
)
def test_only_a_user_has_a_bare_login(person: dict[str, str] | None, login: str) -> None:
    """An App or an imported account that is called like an approver is not that approver."""
    assert nodes.login_of(person) == login


@pytest.mark.parametrize(
    ("entry", "size"),
    [
        ({"mode": 0o100644, "object": {"byteSize": 12}}, 12),
        ({"mode": 0o100755, "object": {"byteSize": 0}}, 0),
        ({"mode": 0o120000, "object": {"byteSize": 12}}, None),
        ({"mode": 0o040000, "object": {}}, None),
        ({"mode": 0o160000, "object": None}, None),
        (None, None),
    ],
)
def test_only_regular_files_are_documents(entry: dict[str, object] | None, size: int | None) -> None:
    """A symbolic link, a folder, a sub-module and nothing at all are no document."""
    wanted = Wanted(documents=("docs/a.md",))
    assert nodes.documents({"d0": entry}, wanted, {"d0": "docs/a.md"}) == {"docs/a.md": size}


def test_a_folder_that_is_nowhere_proves_nothing() -> None:
    """Absent then and now is unknown; absent on one side is a difference."""
    found = nodes.trees(
        "head",
        {"": "t2", "a/": None, "b/": "x", "c/": None},
        {
            "then": {"": "t1", "a/": None, "b/": None, "c/": "y"},
        },
    )
    assert found == {
        "head": {"": "t2", "a/": None, "b/": "x", "c/": None},
        "then": {"": "t1", "b/": None, "c/": "y"},
    }


def test_a_commit_that_is_gone_has_no_folders() -> None:
    """Nothing is known of it, so nothing compares equal."""
    assert nodes.folders({}, Wanted(folders=("a/",)), {"f0": "a"}) == {}


def test_what_makes_facts_unreadable() -> None:
    """An unknown person and a hidden team do not; anything else does, in words."""
    problems = (
        Problem("NOT_FOUND", ("u0",), "Could not resolve to a User"),
        Problem("FORBIDDEN", ("repository", "pullRequest", "reviewRequests", "requestedReviewer"), "no"),
        Problem("FORBIDDEN", ("repository", "pullRequest", "d0"), "Resource not accessible"),
        Problem("FORBIDDEN", (), "something"),
    )
    assert nodes.unreadable(problems, {"u0": "raj", "d0": "docs/a.md"}) == (
        "repository › pullRequest › docs/a.md: Resource not accessible",
        "the answer: something",
    )


def test_siblings_are_open_pull_requests_of_this_repository_at_this_commit() -> None:
    """Not ourselves, not closed ones, not those that only contain the commit, not other repositories'."""

    def node(number: int, state: str = "OPEN", head: str = "h", repository: str | None = "R") -> dict[str, object]:
        base = None if repository is None else {"id": repository}
        return {"number": number, "state": state, "headRefOid": head, "baseRepository": base}

    page = {
        "nodes": [
            node(1), node(2), node(3, state="CLOSED"), node(4, head="x"), node(5, repository="S"),
            node(6, repository=None), None,
        ]
    }  # fmt: skip
    assert nodes.siblings(page, "R", 1, "h") == [2]
