"""GitHub's list of an installation's repositories is what counts: names move, IDs stay."""

from __future__ import annotations

from bot.core.model import Hold
from bot.store.database import Connection
from bot.store.holds import holds_on, place_hold
from bot.store.installations import (
    erase_repository,
    installation_of,
    move_repository,
    remember_installation,
    suspend_all_installations,
)
from bot.store.repository_names import ListedRepository, learn_ids, serve_exactly, served_as
from tests.support.builders import NOW

INSTALLATION = 7


def held(connection: Connection, repository: str) -> list[str]:
    """Who holds the repository's pull request 1."""
    return [one.holder for one in holds_on(connection, repository, 1)]


def hold(connection: Connection, repository: str, holder: str) -> None:
    """Something that is known of a repository."""
    place_hold(connection, repository, 1, Hold(holder, "wait"), NOW)


def listed(**names: str) -> list[ListedRepository]:
    """What GitHub lists: `r5="meta/a"` is repository 5."""
    return [ListedRepository(int(number[1:]), name) for number, name in names.items()]


def test_what_is_new(connection: Connection) -> None:
    """Named are repositories that were not served before, or came back, or have another ID; and no others."""
    assert serve_exactly(connection, INSTALLATION, listed(r5="Meta/A", r6="meta/b")) == {"meta/a", "meta/b"}
    assert serve_exactly(connection, INSTALLATION, listed(r5="meta/a", r6="meta/b")) == frozenset()
    assert serve_exactly(connection, INSTALLATION, listed(r5="meta/a", r9="meta/b")) == {"meta/b"}
    assert serve_exactly(connection, INSTALLATION, listed(r5="meta/a")) == frozenset()
    suspend_all_installations(connection, except_for=[])
    assert serve_exactly(connection, INSTALLATION, listed(r5="meta/a")) == {"meta/a"}


def test_renamed_without_an_event(connection: Connection) -> None:
    """What is known follows the ID to the new name, and the old name leads there."""
    serve_exactly(connection, INSTALLATION, listed(r5="Meta/Old", r6="meta/other"))
    hold(connection, "meta/old", "raj")
    serve_exactly(connection, INSTALLATION, listed(r5="meta/New", r6="meta/other"))
    assert held(connection, "meta/new") == ["raj"]
    assert held(connection, "meta/old") == []
    assert installation_of(connection, "meta/old") is None
    assert served_as(connection, "Meta/Old") == ("meta/new", INSTALLATION)


def test_two_swapped_their_names(connection: Connection) -> None:
    """Each takes what is its own along."""
    serve_exactly(connection, INSTALLATION, listed(r5="meta/a", r6="meta/b"))
    hold(connection, "meta/a", "raj")
    hold(connection, "meta/b", "mira")
    serve_exactly(connection, INSTALLATION, listed(r5="meta/b", r6="meta/a"))
    assert (held(connection, "meta/a"), held(connection, "meta/b")) == (["mira"], ["raj"])
    assert served_as(connection, "meta/a") == ("meta/a", INSTALLATION)


def test_deleted_and_made_again_without_an_event(connection: Connection) -> None:
    """Another ID under the same name is another repository, which inherits nothing."""
    serve_exactly(connection, INSTALLATION, listed(r5="meta/a"))
    hold(connection, "meta/a", "raj")
    serve_exactly(connection, INSTALLATION, listed(r9="meta/a"))
    assert held(connection, "meta/a") == []
    assert served_as(connection, "meta/a") == ("meta/a", INSTALLATION)


def test_renamed_to_a_name_that_another_one_has_given_up(connection: Connection) -> None:
    """What the other one left under the name is gone, and the one that came keeps its own."""
    serve_exactly(connection, INSTALLATION, listed(r5="meta/a", r6="meta/b"))
    hold(connection, "meta/a", "raj")
    hold(connection, "meta/b", "mira")
    serve_exactly(connection, INSTALLATION, listed(r6="meta/a"))
    assert held(connection, "meta/a") == ["mira"]
    assert served_as(connection, "meta/b") == ("meta/a", INSTALLATION)


def test_transferred_to_another_installation(connection: Connection) -> None:
    """The new owner's installation serves it, under its new name, with all that is known of it."""
    serve_exactly(connection, INSTALLATION, listed(r5="meta/a"))
    hold(connection, "meta/a", "raj")
    serve_exactly(connection, 8, listed(r5="other/a"))
    assert held(connection, "other/a") == ["raj"]
    assert served_as(connection, "meta/a") == ("other/a", 8)
    serve_exactly(connection, INSTALLATION, [])
    assert served_as(connection, "meta/a") == ("other/a", 8)


def test_no_longer_listed_is_served_by_nobody(connection: Connection) -> None:
    """The App was taken off it while events were lost: what is known waits, in case it comes back."""
    serve_exactly(connection, INSTALLATION, listed(r5="meta/a", r6="meta/b"))
    hold(connection, "meta/a", "raj")
    serve_exactly(connection, INSTALLATION, listed(r6="meta/b"))
    assert served_as(connection, "meta/a") is None
    serve_exactly(connection, INSTALLATION, listed(r5="meta/a", r6="meta/b"))
    assert held(connection, "meta/a") == ["raj"]


def test_a_late_deletion_leaves_the_namesake_alone(connection: Connection) -> None:
    """The event is about another ID than the one that has the name now."""
    serve_exactly(connection, INSTALLATION, listed(r9="meta/a"))
    hold(connection, "meta/a", "raj")
    assert not erase_repository(connection, "meta/a", 5)
    assert held(connection, "meta/a") == ["raj"]
    assert erase_repository(connection, "meta/a", 9)
    assert held(connection, "meta/a") == []


def test_former_names_lead_on_through_several_renames(connection: Connection) -> None:
    """Each name that a repository ever had leads to the one of today, until somebody else has that name."""
    remember_installation(connection, INSTALLATION, ["meta/a"])
    move_repository(connection, "meta/a", "meta/b")
    move_repository(connection, "meta/b", "meta/c")
    assert served_as(connection, "meta/a") == ("meta/c", INSTALLATION)
    move_repository(connection, "meta/c", "meta/a")
    assert served_as(connection, "meta/b") == ("meta/a", INSTALLATION)
    remember_installation(connection, 8, ["meta/b"])
    assert served_as(connection, "meta/b") == ("meta/b", 8)
    erase_repository(connection, "meta/a")
    assert served_as(connection, "meta/c") is None


def test_a_suspended_installation_serves_nothing_until_it_is_listed_again(connection: Connection) -> None:
    """Neither under its own names nor under former ones."""
    serve_exactly(connection, INSTALLATION, listed(r5="meta/a"))
    serve_exactly(connection, 8, listed(r6="other/b"))
    suspend_all_installations(connection, except_for=[8])
    assert served_as(connection, "meta/a") is None
    assert served_as(connection, "other/b") == ("other/b", 8)
    serve_exactly(connection, INSTALLATION, listed(r5="meta/a"))
    assert served_as(connection, "meta/a") == ("meta/a", INSTALLATION)


def test_what_events_tell_is_not_believed_against_what_is_known(connection: Connection) -> None:
    """Another ID under the name, or the ID under another name: an event was lost, and GitHub's list must tell."""
    assert learn_ids(connection, listed(r5="meta/A"))
    assert learn_ids(connection, listed(r5="meta/a", r6="meta/b"))
    assert not learn_ids(connection, listed(r9="meta/a"))
    assert not learn_ids(connection, listed(r5="meta/c"))
    hold(connection, "meta/a", "raj")
    serve_exactly(connection, INSTALLATION, listed(r9="meta/a"))
    assert held(connection, "meta/a") == []


def test_an_id_outlasts_the_absence_of_the_app(connection: Connection) -> None:
    """While the App was away the repository was deleted and made again: nothing is inherited."""
    serve_exactly(connection, INSTALLATION, listed(r5="meta/a"))
    hold(connection, "meta/a", "raj")
    serve_exactly(connection, INSTALLATION, [])
    serve_exactly(connection, INSTALLATION, listed(r9="meta/a"))
    assert held(connection, "meta/a") == []
