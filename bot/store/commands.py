"""Commands that were given in comments, each to be carried out once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from psycopg.rows import class_row

from bot.core.commands import ParsedCommand, Verb
from bot.store.database import Connection
from bot.store.text import repository_key, storable


class CommandState(StrEnum):
    """`waiting` until an evaluation has answered it."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WaitingCommand:
    """One command, with the comment it stands in. `verb` is None for a word that is no command."""

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

    def __post_init__(self) -> None:
        """Verbs come from the database as plain text."""
        for name in ("verb", "nearest"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else Verb(value))

    @property
    def parsed(self) -> ParsedCommand:
        """The command as it was parsed."""
        return ParsedCommand(self.verb, self.word, self.argument, self.nearest)


def store_command(connection: Connection, command: WaitingCommand) -> bool:
    """Keep a command to be carried out; False when its comment's line is known already (it acts once)."""
    row = connection.execute(
        """
        INSERT INTO commands (delivery_guid, comment_id, line_number, comment_node_id, repository, number,
                              sender, word, verb, nearest, argument, received_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
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
        ],
    ).fetchone()
    return row is not None


def waiting_commands(connection: Connection, repository: str, number: int) -> list[WaitingCommand]:
    """The commands of a pull request that nobody has answered, in the order they were given."""
    with connection.cursor(row_factory=class_row(WaitingCommand)) as cursor:
        return cursor.execute(
            """
            SELECT delivery_guid, comment_id, line_number, comment_node_id, repository, number, sender, word,
                   verb, nearest, argument, received_at
            FROM commands WHERE repository = %s AND number = %s AND state = 'waiting'
            ORDER BY comment_id, line_number
            """,
            [repository_key(repository), number],
        ).fetchall()


def finish_command(connection: Connection, command: WaitingCommand, state: CommandState) -> None:
    """Note what became of a command."""
    connection.execute(
        "UPDATE commands SET state = %s WHERE comment_id = %s AND line_number = %s",
        [state.value, command.comment_id, command.line_number],
    )
