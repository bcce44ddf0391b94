"""Pull requests as last seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.store.database import Connection
from bot.store.pull_requests import (
    KnownPullRequest,
    close_pull_requests,
    find_pull_request,
    merge_group_base,
    open_pull_requests,
    pull_requests_with_head,
    remember_merge_group,
    remember_pull_request,
)

NOON = datetime(2026, 2, 19, 12, tzinfo=UTC)
SEEN = KnownPullRequest("Meta/Integration", 12, 7, "a" * 40, "main", True, False, "A title", "sofia", NOON)


def test_found_by_its_head_whatever_the_case(connection: Connection) -> None:
    """A repository is found under any spelling of its name, and a pull request by its head SHA."""
    remember_pull_request(connection, SEEN)
    remember_pull_request(connection, replace(SEEN, number=13))
    remember_pull_request(connection, replace(SEEN, number=14, is_open=False))
    found = pull_requests_with_head(connection, "META/integration", "a" * 40)
    assert [known.number for known in found] == [12, 13]
    assert pull_requests_with_head(connection, "meta/integration", "b" * 40) == []


def test_head_seen_at_is_of_the_head_not_of_the_last_look(connection: Connection) -> None:
    """A second look at the same head keeps its time; a new head starts its own."""
    remember_pull_request(connection, SEEN)
    later = replace(SEEN, head_seen_at=NOON + timedelta(hours=1), title="New title")
    assert remember_pull_request(connection, later) == NOON
    pushed = replace(later, head_sha="b" * 40)
    assert remember_pull_request(connection, pushed) == NOON + timedelta(hours=1)
    known = find_pull_request(connection, "meta/integration", 12)
    assert known is not None
    assert (known.title, known.head_sha) == ("New title", "b" * 40)


def test_late_delivery_changes_nothing(connection: Connection) -> None:
    """An older state that is delivered after a newer one is not believed; a read from GitHub always is."""
    remember_pull_request(connection, replace(SEEN, head_sha="b" * 40), updated_at=NOON)
    remember_pull_request(connection, SEEN, updated_at=NOON - timedelta(seconds=1))
    assert [known.number for known in pull_requests_with_head(connection, "meta/integration", "b" * 40)] == [12]
    remember_pull_request(connection, SEEN)
    assert [known.number for known in pull_requests_with_head(connection, "meta/integration", "a" * 40)] == [12]


def test_open_ones_are_listed_and_closed(connection: Connection) -> None:
    """What GitHub no longer lists as open is closed, in this repository only."""
    for repository, number in (("m/i", 1), ("m/i", 2), ("m/other", 1)):
        remember_pull_request(connection, replace(SEEN, repository=repository, number=number))
    close_pull_requests(connection, "M/I", except_for=(2,))
    assert [known.number for known in open_pull_requests(connection, "m/i")] == [2]
    assert [known.repository for known in open_pull_requests(connection)] == ["m/i", "m/other"]


def test_hostile_text_is_stored(connection: Connection) -> None:
    """A title with NUL and a lone surrogate, which PostgreSQL refuses, is kept readable."""
    remember_pull_request(connection, replace(SEEN, title="a\x00b\ud800c'; DROP TABLE pull_requests; --"))
    known = find_pull_request(connection, "meta/integration", 12)
    assert known is not None
    assert known.title == "a\ufffdb\ufffdc'; DROP TABLE pull_requests; --"


def test_merge_group_is_known_by_its_head(connection: Connection) -> None:
    """A merge group's head is told apart from other commits, and keeps when it was first seen."""
    assert remember_merge_group(connection, "M/I", "c" * 40, "main", NOON) == NOON
    assert remember_merge_group(connection, "m/i", "c" * 40, "main", NOON + timedelta(hours=1)) == NOON
    assert merge_group_base(connection, "m/I", "c" * 40) == "main"
    assert merge_group_base(connection, "m/i", "d" * 40) is None
