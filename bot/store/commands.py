"""Commands that were given in comments, each to be carried out once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from psycopg.rows import class_row

from bot.core.commands import ParsedCommand, Verb
from bot.store.database import Connection
from bot.store.text import repository_key, storable

_COLUMNS = """delivery_guid, comment_id, line_number, comment_node_id, repository, number, sender, word, verb,
              nearest, argument, received_at, obeyed, answer, commented_at, handled_by, lifting"""


class Handler(StrEnum):
    """Who rules on a command: the evaluation of its pull request, or the release desk of the repository."""

    PULL_REQUEST = "pull_request"
    RELEASE_DESK = "release_desk"


@dataclass(frozen=True, slots=True)
class WaitingCommand:
    """One command, with the comment it stands in. `verb` is None for a word that is no command.

    `obeyed` is None until it was ruled on; `answer` is then the Markdown to reply with, if any. A crash between
    the ruling and the answer must not rule again: a second `/gate unhold` would find nothing held.
    `commented_at` is GitHub's time of the comment; `handled_by` says which part of the service rules on it.
    `lifting` is the label that an earlier attempt set out to take off for it.
    """

    delivery_guid: UUID
    comment_id: int
    line_number: int
    comment_node_id: str
    repository: str
    number: int
    sender: str
    word: str
    verb: Verb | None
    nearest: Verb | None
    argument: str
    received_at: datetime
    obeyed: bool | None = None
    answer: str | None = None
    commented_at: datetime | None = None
    handled_by: Handler = Handler.PULL_REQUEST
    lifting: str | None = None

    def __post_init__(self) -> None:
        """Verbs and handlers come from the database as plain text."""
        for name in ("verb", "nearest"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else Verb(value))
        object.__setattr__(self, "handled_by", Handler(self.handled_by))

    @property
    def parsed(self) -> ParsedCommand:
        """The command as it was parsed."""
        return ParsedCommand(self.verb, self.word, self.argument, self.nearest)


def store_command(connection: Connection, command: WaitingCommand) -> bool:
    """Keep a command to be carried out; False when its comment's line is known already (it acts once)."""
    row = connection.execute(
        """
        INSERT INTO commands (delivery_guid, comment_id, line_number, comment_node_id, repository, number,
                              sender, word, verb, nearest, argument, received_at, commented_at, handled_by)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT DO NOTHING RETURNING 1
        """,
        [
            command.delivery_guid,
            command.comment_id,
            command.line_number,
            storable(command.comment_node_id),
            repository_key(command.repository),
            command.number,
            storable(command.sender),
            storable(command.word),
            command.verb,
            command.nearest,
            storable(command.argument),
            command.received_at,
            command.commented_at,
            command.handled_by,
        ],
    ).fetchone()
    return row is not None


def waiting_commands(connection: Connection, repository: str, number: int) -> list[WaitingCommand]:
    """The commands of a pull request that have no answer yet, ruled on or not, in the order they were given.

    Those for the release desk are not among them.
    """
    return _waiting(connection, repository, Handler.PULL_REQUEST, number)


def waiting_release_commands(connection: Connection, repository: str) -> list[WaitingCommand]:
    """The commands for the release desk of a repository that have no answer yet, in the order they were given."""
    return _waiting(connection, repository, Handler.RELEASE_DESK, None)


def repositories_with_release_commands(connection: Connection) -> set[str]:
    """The repositories (in lower case) whose release desk has commands without an answer."""
    rows = connection.execute(
        "SELECT DISTINCT repository FROM commands WHERE handled_by = %s AND state <> 'answered'",
        [Handler.RELEASE_DESK.value],
    )
    return {repository for (repository,) in rows}


def ruled_later(connection: Connection, command: WaitingCommand, verb: Verb) -> list[WaitingCommand]:
    """Commands of this verb for the same pull request or desk, written after `command` and ruled on before it."""
    with connection.cursor(row_factory=class_row(WaitingCommand)) as cursor:
        return cursor.execute(
            f"""
            SELECT {_COLUMNS} FROM commands
            WHERE repository = %(repository)s AND verb = %(verb)s AND handled_by = %(handler)s
                AND (%(number)s::bigint IS NULL OR number = %(number)s) AND state <> 'waiting'
                AND (comment_id, line_number) > (%(comment)s, %(line)s)
            """,  # noqa: S608 (constant)
            {
                "repository": repository_key(command.repository),
                "verb": verb.value,
                "handler": command.handled_by.value,
                "number": command.number if command.handled_by is Handler.PULL_REQUEST else None,
                "comment": command.comment_id,
                "line": command.line_number,
            },
        ).fetchall()


def _waiting(
    connection: Connection, repository: str, handler: Handler, number: int | None
) -> list[WaitingCommand]:
    with connection.cursor(row_factory=class_row(WaitingCommand)) as cursor:
        return cursor.execute(
            f"""
            SELECT {_COLUMNS} FROM commands
            WHERE repository = %(repository)s AND (%(number)s::bigint IS NULL OR number = %(number)s)
                AND handled_by = %(handler)s AND state <> 'answered'
            ORDER BY comment_id, line_number
            """,  # noqa: S608 (constant)
            {"repository": repository_key(repository), "number": number, "handler": handler.value},
        ).fetchall()


def keep_ruling(connection: Connection, command: WaitingCommand, *, obeyed: bool, answer: str | None) -> None:
    """Keep the ruling on a command, in the transaction that keeps what the command changes."""
    connection.execute(
        """
        UPDATE commands SET state = 'ruled', obeyed = %s, answer = %s
        WHERE comment_id = %s AND line_number = %s
        """,
        [obeyed, None if answer is None else storable(answer), command.comment_id, command.line_number],
    )


def note_lifting(connection: Connection, command: WaitingCommand, label: str) -> None:
    """Note that a label is about to be taken off GitHub for a command that is not ruled on yet."""
    connection.execute(
        "UPDATE commands SET lifting = %s WHERE comment_id = %s AND line_number = %s",
        [storable(label), command.comment_id, command.line_number],
    )


def note_answered(connection: Connection, commands: Iterable[WaitingCommand]) -> None:
    """Note that GitHub shows the answers to these commands."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE commands SET state = 'answered' WHERE comment_id = %s AND line_number = %s",
            [(command.comment_id, command.line_number) for command in commands],
        )
