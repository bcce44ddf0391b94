"""Commands that were given in comments, each to be carried out once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from bot.core.commands import ParsedCommand, Verb
from bot.store.database import Connection
from bot.store.text import repository_key, storable


@dataclass(frozen=True, slots=True)
class WaitingCommand:
    """One command, with the comment it stands in. `verb` is None for a word that is no command.

    `obeyed` is None until it was ruled on; `answer` is then the Markdown to reply with, if any. A crash between
    the ruling and the answer must not rule again: a second `/gate unhold` would find nothing held.
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
    """The commands of a pull request that have no answer yet, ruled on or not, in the order they were given."""
    with connection.cursor(row_factory=class_row(WaitingCommand)) as cursor:
        return cursor.execute(
            """
            SELECT delivery_guid, comment_id, line_number, comment_node_id, repository, number, sender, word,
                   verb, nearest, argument, received_at, obeyed, answer
            FROM commands WHERE repository = %s AND number = %s AND state <> 'answered'
            ORDER BY comment_id, line_number
            """,
            [repository_key(repository), number],
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


def note_answered(connection: Connection, commands: Iterable[WaitingCommand]) -> None:
    """Note that GitHub shows the answers to these commands."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE commands SET state = 'answered' WHERE comment_id = %s AND line_number = %s",
            [(command.comment_id, command.line_number) for command in commands],
        )
