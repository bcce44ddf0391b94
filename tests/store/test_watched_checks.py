"""Which checks may change a gate, as far as is known; what is not known may."""

from datetime import UTC, datetime

import pytest

from bot.core.subjects import CommitSubject
from bot.store.database import Connection
from bot.store.pull_requests import KnownPullRequest, remember_merge_group, remember_pull_request
from bot.store.watched_checks import (
    forget_watched,
    keep_watched,
    merge_group_concerned,
    pull_requests_concerned,
)

NOON = datetime(2026, 2, 19, 12, tzinfo=UTC)
REPOSITORY, SHA = "Meta/Integration", "a" * 40
WATCHED = ("track / dbt", "track / docs")


def remember(connection: Connection, number: int, base: str = "main", *, is_open: bool = True) -> None:
    """A pull request with the head SHA."""
    seen = KnownPullRequest(REPOSITORY, number, 7, SHA, base, is_open, False, "t", "sofia", NOON)
    remember_pull_request(connection, seen)


@pytest.mark.parametrize(
    ("check", "concerned"),
    [("track / dbt", True), ("Track / DBT", True), ("lint", False), ("lint\0", False), (None, True)],
    ids=["named", "in another case", "not named", "hostile", "anything"],
)
def test_only_what_the_policy_names_concerns_a_gate(
    connection: Connection, check: str | None, concerned: bool
) -> None:
    """A check or status by its name in any case; a wish to run all again always does."""
    remember(connection, 1)
    remember_merge_group(connection, REPOSITORY, SHA, "main", NOON)
    keep_watched(connection, REPOSITORY, "main", WATCHED)
    subject = CommitSubject(REPOSITORY, SHA, check)
    assert pull_requests_concerned(connection, subject) == ([1] if concerned else [])
    assert merge_group_concerned(connection, subject) == ("main" if concerned else None)


def test_what_is_not_known_may_be_concerned(connection: Connection) -> None:
    """Another base branch, an unknown pull request, and all of it once the policy may have changed."""
    remember(connection, 1)
    remember(connection, 2, "release")
    keep_watched(connection, REPOSITORY, "main", WATCHED)
    lint = CommitSubject(REPOSITORY, SHA, "lint", named=(1, 9))
    assert pull_requests_concerned(connection, lint) == [2, 9]
    forget_watched(connection, "meta/integration")
    assert pull_requests_concerned(connection, lint) == [1, 2, 9]
    assert merge_group_concerned(connection, lint) is None


def test_a_closed_pull_request_is_not_concerned(connection: Connection) -> None:
    """Neither by its head nor when the event names it: it has no gate to change."""
    remember(connection, 1, is_open=False)
    assert pull_requests_concerned(connection, CommitSubject(REPOSITORY, SHA, "track / dbt", named=(1,))) == []


def test_a_policy_that_reads_nothing_watches_nothing(connection: Connection) -> None:
    """A repository without a policy costs nothing, whatever its checks do."""
    remember(connection, 1)
    keep_watched(connection, REPOSITORY, "main", ())
    assert pull_requests_concerned(connection, CommitSubject(REPOSITORY, SHA, "track / dbt")) == []


def test_only_what_replaces_something_else_is_news(connection: Connection) -> None:
    """What was not known left nothing aside; the same again changes nothing."""
    assert not keep_watched(connection, REPOSITORY, "main", WATCHED)
    assert not keep_watched(connection, "meta/integration", "main", WATCHED)
    assert not keep_watched(connection, REPOSITORY, "release", ())
    assert keep_watched(connection, REPOSITORY, "main", ("track / dbt",))
    assert keep_watched(connection, REPOSITORY, "main", ())
    assert not keep_watched(connection, REPOSITORY, "main", ())
