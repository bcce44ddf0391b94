"""The comment that shows a release and is edited in place: which it is, and what it shows.

It is noted before it is made. Who finds one that is only intended looks for it on GitHub by its hidden marker
before making it: a crash between the two doubles no comment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from psycopg.rows import class_row

from bot.store.database import Connection
from bot.store.text import repository_key, storable


@dataclass(frozen=True, slots=True)
class ReportComment:
    """The comment of one tag, or of one issue for reports without a tag (`tag` is empty then).

    `comment_node_id` is None while it is only intended. `digest` is that of the text it shows.
    `is_new`: it was not even intended before, so that it need not be looked for.
    """

    repository: str
    tag: str
    issue_number: int
    comment_node_id: str | None = None
    digest: str = ""
    is_new: bool = False


def report_comment(connection: Connection, repository: str, tag: str, issue_number: int) -> ReportComment:
    """The comment for this report, noted as intended if there is none yet.

    A tag has one, whatever the issue: the one that was intended first. Of two at once both get the same.
    """
    key, tag = repository_key(repository), storable(tag)
    while True:
        inserted = connection.execute(
            """
            INSERT INTO report_comments (repository, tag, issue_number) VALUES (%s, %s, %s)
            ON CONFLICT DO NOTHING
            """,
            [key, tag, issue_number],
        )
        with connection.cursor(row_factory=class_row(ReportComment)) as cursor:
            found = cursor.execute(
                """
                SELECT repository, tag, issue_number, comment_node_id, digest FROM report_comments
                WHERE repository = %s AND tag = %s AND (tag <> '' OR issue_number = %s)
                """,
                [key, tag, issue_number],
            ).fetchone()
        if found is not None:  # else it was erased in between
            return replace(found, is_new=inserted.rowcount == 1)


def note_shown(connection: Connection, comment: ReportComment, comment_node_id: str, digest: str) -> None:
    """The comment is on GitHub as this node and shows the text with this digest."""
    connection.execute(
        """
        UPDATE report_comments SET state = 'there', comment_node_id = %s, digest = %s
        WHERE repository = %s AND tag = %s AND issue_number = %s
        """,
        [storable(comment_node_id), digest, comment.repository, comment.tag, comment.issue_number],
    )


def note_gone(connection: Connection, comment: ReportComment) -> None:
    """Somebody deleted the comment on GitHub: it is only intended again."""
    connection.execute(
        """
        UPDATE report_comments SET state = 'intended', comment_node_id = NULL, digest = ''
        WHERE repository = %s AND tag = %s AND issue_number = %s AND comment_node_id = %s
        """,
        [comment.repository, comment.tag, comment.issue_number, comment.comment_node_id],
    )
