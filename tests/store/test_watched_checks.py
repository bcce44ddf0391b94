"""Which checks may change a gate, as far as is known; what is not known may."""

from datetime import UTC, datetime

import pytest

from bot.core.subjects import CommitSubject
from bot.store.database import Connection
from bot.store.pull_requests import KnownPullRequest, remember_merge_group, remember_pull_request
from bot.store.watched_checks import (
    Concerned,
    concerned_by,
    forget_watched,
    keep_watched,
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
    found = Concerned([1], ["main"]) if concerned else Concerned()
    assert concerned_by(connection, [subject]) == {subject: found}


def test_what_is_not_known_may_be_concerned(connection: Connection) -> None:
    """Another base branch, an unknown pull request, and all of it once the policy may have changed."""
    remember(connection, 1)
    remember(connection, 2, "release")
    keep_watched(connection, REPOSITORY, "main", WATCHED)
    lint = CommitSubject(REPOSITORY, SHA, "lint", named=(1, 9))
    assert concerned_by(connection, [lint]) == {lint: Concerned([2, 9])}
    forget_watched(connection, "meta/integration")
    assert concerned_by(connection, [lint]) == {lint: Concerned([1, 2, 9])}


def test_many_are_asked_about_at_once(connection: Connection) -> None:
    """Each commit and check gets its own answer, whichever are asked about beside it."""
    remember(connection, 1)
    keep_watched(connection, REPOSITORY, "main", WATCHED)
    dbt, lint = (CommitSubject(REPOSITORY, SHA, check) for check in ("track / dbt", "lint"))
    elsewhere = CommitSubject("meta/other", SHA, "track / dbt")
    nobodys = CommitSubject(REPOSITORY, "b" * 40, "track / dbt", named=(9,))
    assert concerned_by(connection, [dbt, lint, elsewhere, nobodys, dbt]) == {
        dbt: Concerned([1]),
        lint: Concerned(),
        elsewhere: Concerned(),
        nobodys: Concerned([9]),
    }
    assert concerned_by(connection, []) == {}


def test_a_closed_pull_request_is_not_concerned(connection: Connection) -> None:
    """Neither by its head nor when the event names it: it has no gate to change."""
    remember(connection, 1, is_open=False)
    subject = CommitSubject(REPOSITORY, SHA, "track / dbt", named=(1,))
    assert concerned_by(connection, [subject]) == {subject: Concerned()}


def test_a_policy_that_reads_nothing_watches_nothing(connection: Connection) -> None:
    """A repository without a policy costs nothing, whatever its checks do."""
    remember(connection, 1)
    keep_watched(connection, REPOSITORY, "main", ())
    subject = CommitSubject(REPOSITORY, SHA, "track / dbt")
    assert concerned_by(connection, [subject]) == {subject: Concerned()}


def test_only_what_replaces_something_else_is_news(connection: Connection) -> None:
    """What was not known left nothing aside; the same again changes nothing."""
    assert not keep_watched(connection, REPOSITORY, "main", WATCHED)
    assert not keep_watched(connection, "meta/integration", "main", WATCHED)
    assert not keep_watched(connection, REPOSITORY, "release", ())
    assert keep_watched(connection, REPOSITORY, "main", ("track / dbt",))
    assert keep_watched(connection, REPOSITORY, "main", ())
    assert not keep_watched(connection, REPOSITORY, "main", ())
