"""Whose turn it is, which tags were compared, and the policy that outlasts a broken file."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.policy import load_policy
from bot.store.database import Connection
from bot.store.installations import remember_installation, suspend_installation
from bot.store.sweeps import (
    KeptGlimpse,
    TagLook,
    forget_glimpses,
    forget_tags,
    glimpses_of,
    keep_glimpse,
    note_node_id,
    note_queued,
    note_tags,
    repositories_in_turn,
    serving_installations,
    tag_looks,
)
from bot.store.valid_policies import keep_valid_policy, last_valid_policy
from tests.support.builders import NOW
from tests.support.policy_texts import small

REPOSITORIES = [f"meta/v{number:02}" for number in range(20)]
TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def served(connection: Connection) -> Connection:
    """Twenty repositories of one installation."""
    remember_installation(connection, 7, REPOSITORIES)
    return connection


def test_each_has_its_turn_within_ten_minutes(served: Connection) -> None:
    """Minute after minute a ninth, those that have waited longest first; nobody twice before all had one."""
    came: list[str] = []
    for minute in range(9):
        now = NOW + timedelta(minutes=minute)
        turn = repositories_in_turn(served, now - TEN_MINUTES, 1 / 9)
        assert len(turn) <= 3
        for repository, installation_id in turn:
            assert installation_id == 7
            note_queued(served, repository, now)
            came.append(repository)
    assert came == REPOSITORIES
    (first, *_) = repositories_in_turn(served, NOW + timedelta(seconds=1), 1 / 9)
    assert first[0] == REPOSITORIES[0]


def test_a_repository_that_nobody_serves_has_no_turn(served: Connection) -> None:
    """Suspended: neither its pull requests nor its tags are compared."""
    suspend_installation(served, 7)
    assert repositories_in_turn(served, NOW, 1.0) == []
    assert (serving_installations(served), tag_looks(served, 7)) == ([], [])


def test_what_the_last_look_at_tags_left(served: Connection) -> None:
    """It is kept until the tags are found wrong; the node ID stays."""
    first, second = REPOSITORIES[:2]
    note_node_id(served, first, "R_1", NOW)
    note_queued(served, first, NOW)
    note_tags(served, {first: "digest"})
    assert tag_looks(served, 7)[:2] == [TagLook(first, "R_1", "digest"), TagLook(second, None, None)]
    forget_tags(served, first)
    assert tag_looks(served, 7)[0] == TagLook(first, "R_1", None)
    assert serving_installations(served) == [7]


def test_glimpses_are_kept_replaced_and_forgotten(connection: Connection) -> None:
    """One for each pull request; names of repositories know no case."""
    old, new = KeptGlimpse("a", ("track / qa",), None), KeptGlimpse("b", (), NOW)
    keep_glimpse(connection, "Meta/App", 1, old)
    keep_glimpse(connection, "meta/app", 1, new)
    keep_glimpse(connection, "meta/app", 2, old)
    assert glimpses_of(connection, "META/app") == {1: new, 2: old}
    forget_glimpses(connection, "meta/app", [1])
    assert glimpses_of(connection, "meta/app") == {2: old}


def test_the_last_valid_policy_outlasts_the_process(connection: Connection) -> None:
    """Read back from its own bytes; what this version no longer takes for valid is none."""
    assert last_valid_policy(connection, "meta/app") is None
    loaded = load_policy(small(), ".github/trackgate.yml")
    for _ in range(2):
        keep_valid_policy(connection, "Meta/App", loaded)
    assert last_valid_policy(connection, "meta/app") == loaded
    connection.execute("UPDATE valid_policies SET content = 'nonsense'")
    assert last_valid_policy(connection, "meta/app") is None
