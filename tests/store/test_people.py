"""What people told a gate, what GitHub refused, and which installation serves which repository."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from bot.core.commands import ParsedCommand, Verb
from bot.core.model import Hold, Reassignment
from bot.store.commands import (
    Handler,
    WaitingCommand,
    keep_ruling,
    note_answered,
    ruled_later,
    store_command,
    waiting_commands,
    waiting_release_commands,
)
from bot.store.database import Connection
from bot.store.holds import (
    forget_refusals,
    forget_refusals_in,
    holds_on,
    lift_holds,
    note_refusals,
    place_hold,
    reassign,
    reassignments_on,
    refusals_at,
    refusals_in,
)
from bot.store.installations import (
    forget_repositories,
    installation_of,
    move_repository,
    own_app,
    remember_app,
    remember_installation,
    served_repositories,
    suspend_installation,
)
from tests.support.builders import NOW, SEEN

REPOSITORY = "Meta/Integration"
HEAD = "a" * 40


def test_holds_are_of_a_person_and_a_pull_request(connection: Connection) -> None:
    """Each person has one hold, which only names of the same spelling but for case lift."""
    place_hold(connection, REPOSITORY, 12, Hold("Raj", "wait\x00"), NOW)
    place_hold(connection, REPOSITORY, 12, Hold("raj", "still"), NOW)
    place_hold(connection, REPOSITORY, 12, Hold("mira", "risk"), NOW + timedelta(minutes=1))
    place_hold(connection, REPOSITORY, 13, Hold("raj", "other"), NOW)
    assert holds_on(connection, "meta/integration", 12) == (Hold("raj", "still"), Hold("mira", "risk"))
    assert lift_holds(connection, REPOSITORY, 12, "RAJ") is True
    assert lift_holds(connection, REPOSITORY, 12, "raj") is False
    assert holds_on(connection, REPOSITORY, 12) == (Hold("mira", "risk"),)
    assert lift_holds(connection, REPOSITORY, 12) is True
    assert holds_on(connection, REPOSITORY, 13) == (Hold("raj", "other"),)


def test_later_reassignment_replaces_the_earlier(connection: Connection) -> None:
    """Of two reassignments of one person the later counts."""
    reassign(connection, REPOSITORY, 12, Reassignment("Sofia", "maya", "raj"), NOW)
    reassign(connection, REPOSITORY, 12, Reassignment("sofia", "Lina", "sofia"), NOW)
    assert reassignments_on(connection, REPOSITORY, 12) == (Reassignment("sofia", "lina", "sofia"),)


def test_refusals_are_of_one_head(connection: Connection) -> None:
    """A refusal counts at its head SHA only, until it is forgotten."""
    note_refusals(connection, REPOSITORY, 12, HEAD, {"Lina": "no collaborator", "maya": "x"})
    note_refusals(connection, REPOSITORY, 12, HEAD, {})
    assert refusals_at(connection, REPOSITORY, 12, HEAD) == {"lina": "no collaborator", "maya": "x"}
    assert refusals_at(connection, REPOSITORY, 12, "b" * 40) == {}
    forget_refusals(connection, REPOSITORY, 12, ["LINA"])
    assert refusals_at(connection, REPOSITORY, 12, HEAD) == {"maya": "x"}
    forget_refusals(connection, REPOSITORY, 12)
    assert refusals_at(connection, REPOSITORY, 12, HEAD) == {}


def test_refusals_of_a_repository_end_together(connection: Connection) -> None:
    """Once somebody got access to a repository, nobody counts as refused there any more."""
    for repository in (REPOSITORY, "meta/other"):
        note_refusals(connection, repository, 12, HEAD, {"maya": "x", "Lina": "x"})
    assert refusals_in(connection, REPOSITORY) == {(12, HEAD): ["lina", "maya"]}
    forget_refusals_in(connection, REPOSITORY)
    assert refusals_in(connection, REPOSITORY) == {}
    assert refusals_in(connection, "meta/other") == {(12, HEAD): ["lina", "maya"]}


def test_refusals_end_after_an_hour(connection: Connection) -> None:
    """Who was refused is asked again an hour later, and after another refusal another hour later."""
    note_refusals(connection, REPOSITORY, 12, HEAD, {"lina": "x"})
    connection.execute("UPDATE refused_requests SET refused_at = now() - interval '61 minutes'")
    assert refusals_at(connection, REPOSITORY, 12, HEAD) == refusals_in(connection, REPOSITORY) == {}
    note_refusals(connection, REPOSITORY, 12, HEAD, {"lina": "y"})
    assert refusals_at(connection, REPOSITORY, 12, HEAD) == {"lina": "y"}


def test_command_acts_once(connection: Connection) -> None:
    """A comment that is delivered again, under another GUID, adds no command; a ruling is kept until answered."""
    command = WaitingCommand(
        uuid4(), 5, 0, "IC_5", REPOSITORY.lower(), 12, "raj", "hold", Verb.HOLD, None, "because\x00", NOW
    )
    unknown = replace(command, line_number=1, word="hodl", verb=None, nearest=Verb.HOLD)
    assert store_command(connection, command)
    assert store_command(connection, unknown)
    assert not store_command(connection, replace(command, delivery_guid=uuid4()))
    first, second = waiting_commands(connection, REPOSITORY, 12)
    assert first.parsed == ParsedCommand(Verb.HOLD, "hold", "because\ufffd", None)
    assert (second.verb, second.nearest) == (None, Verb.HOLD)
    keep_ruling(connection, first, obeyed=True, answer="done")
    ruled, _ = waiting_commands(connection, REPOSITORY, 12)
    assert (ruled.obeyed, ruled.answer) == (True, "done")
    note_answered(connection, [ruled])
    assert [waiting.word for waiting in waiting_commands(connection, REPOSITORY, 12)] == ["hodl"]


def test_commands_for_the_release_desk(connection: Connection) -> None:
    """They wait for the whole repository, in order, apart from those of pull requests; with the comment's time."""
    on_a_pull_request = WaitingCommand(
        uuid4(), 9, 0, "IC_9", REPOSITORY.lower(), 12, "raj", "status", Verb.STATUS, None, "", NOW
    )
    for_the_desk = replace(
        on_a_pull_request, line_number=1, commented_at=SEEN, handled_by=Handler.RELEASE_DESK, verb=Verb.APPROVE
    )
    older = replace(for_the_desk, comment_id=3, number=40)
    elsewhere = replace(for_the_desk, comment_id=4, repository="meta/elsewhere")
    for command in (on_a_pull_request, for_the_desk, older, elsewhere):
        assert store_command(connection, command)
    assert waiting_commands(connection, REPOSITORY, 12) == [on_a_pull_request]
    assert waiting_release_commands(connection, REPOSITORY) == [older, for_the_desk]
    note_answered(connection, [older])
    assert waiting_release_commands(connection, REPOSITORY) == [for_the_desk]


def test_installation_of_a_repository(connection: Connection) -> None:
    """The newest installation serves; a suspended one does not; forgetting one leaves another's alone."""
    remember_installation(connection, 7, ["Meta/A", "meta/a", "meta/b"])
    assert installation_of(connection, "META/a") == 7
    remember_installation(connection, 8, ["meta/b"])
    forget_repositories(connection, 7, ["meta/b"])
    assert installation_of(connection, "meta/b") == 8
    suspend_installation(connection, 7)
    assert installation_of(connection, "meta/a") is None
    assert served_repositories(connection) == [("meta/b", 8)]
    suspend_installation(connection, 7, suspended=False)
    assert served_repositories(connection, 7) == [("meta/a", 7)]
    forget_repositories(connection, 7, ["META/A"])
    assert installation_of(connection, "meta/a") is None


def test_hold_moves_with_its_repository(connection: Connection) -> None:
    """After a rename the hold still holds, under the new name."""
    remember_installation(connection, 7, ["meta/old"])
    place_hold(connection, "meta/old", 12, Hold("raj", "wait"), NOW)
    move_repository(connection, "Meta/Old", "meta/old")
    move_repository(connection, "meta/old", "Meta/New")
    assert holds_on(connection, "meta/new", 12) == (Hold("raj", "wait"),)
    assert (installation_of(connection, "meta/new"), installation_of(connection, "meta/old")) == (7, None)


def test_own_identity(connection: Connection) -> None:
    """Unknown until GitHub was asked; then there is exactly one."""
    assert own_app(connection) is None
    remember_app(connection, 1, "first")
    remember_app(connection, 2, "trackgate")
    remember_app(connection, 2, "trackgate-2")
    assert own_app(connection) == (2, "trackgate-2")


def test_commands_that_were_written_later_and_ruled_on_before(connection: Connection) -> None:
    """Only ruled ones of that verb, for the same repository's desk, behind the command in GitHub's order."""
    arming = WaitingCommand(
        uuid4(), 50, 1, "IC_50", REPOSITORY.lower(), 12, "raj", "release", Verb.RELEASE, None, "v3.1.0", NOW,
        handled_by=Handler.RELEASE_DESK,
    )  # fmt: skip
    later = replace(arming, comment_id=51, line_number=0, word="cancel", verb=Verb.CANCEL)
    in_the_same_comment = replace(later, comment_id=50, line_number=2)
    others = [
        replace(later, line_number=1, verb=Verb.REVOKE),
        replace(later, comment_id=50),
        replace(later, comment_id=49, line_number=7),
        replace(later, comment_id=52, repository="meta/elsewhere"),
        replace(later, comment_id=53, handled_by=Handler.PULL_REQUEST),
    ]
    waiting = replace(later, comment_id=54)
    for command in (arming, later, in_the_same_comment, *others, waiting):
        assert store_command(connection, command)
        if command is not waiting:
            keep_ruling(connection, command, obeyed=False, answer=None)
    note_answered(connection, [later])
    found = ruled_later(connection, replace(arming, repository=REPOSITORY), Verb.CANCEL)
    assert sorted((one.comment_id, one.line_number) for one in found) == [(50, 2), (51, 0)]
