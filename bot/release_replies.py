"""Answers of the release desk on GitHub: a reaction for each comment, and one reply for each issue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from bot.core.model import AddReaction
from bot.github_api.client import Installation
from bot.github_api.errors import Forbidden, NotFound, Refused
from bot.github_api.readings import Handles
from bot.obedience import OBEYED, REFUSED, SEEN, reply_mark
from bot.posting import write_all
from bot.release_answers import Ruling
from bot.store.commands import WaitingCommand

NO_HANDLES = Handles("", None)
"""Reactions name their comment; nothing else is written here by effects."""


def show_seen(installation: Installation, commands: Iterable[WaitingCommand]) -> None:
    """Eyes for each comment with a command that was not ruled on yet."""
    comments = {one.comment_node_id for one in commands if one.obeyed is None}
    write_all(installation, NO_HANDLES, [AddReaction(comment, SEEN) for comment in sorted(comments)], "")


def reply(
    installation: Installation,
    repository: str,
    rulings: Sequence[tuple[WaitingCommand, Ruling]],
    *,
    look_first: bool,
) -> None:
    """A rocket for each comment, confused if anything in it was refused; one reply for each issue, if need be.

    `look_first`: an earlier attempt may have written a reply already, which is then found by its hidden mark.
    """
    obeyed: dict[str, bool] = {}
    texts: dict[int, list[tuple[WaitingCommand, str]]] = {}
    for command, ruling in rulings:
        comment = command.comment_node_id
        obeyed[comment] = obeyed.get(comment, True) and ruling.obeyed
        if ruling.answer is not None:
            texts.setdefault(command.number, []).append((command, ruling.answer))
    reactions = [AddReaction(comment, OBEYED if fine else REFUSED) for comment, fine in obeyed.items()]
    write_all(installation, NO_HANDLES, reactions, "")
    for number, answers in texts.items():
        _reply_on(installation, repository, number, answers, look_first=look_first)


def _reply_on(
    installation: Installation,
    repository: str,
    number: int,
    answers: Sequence[tuple[WaitingCommand, str]],
    *,
    look_first: bool,
) -> None:
    marks = [reply_mark(command) for command, _ in answers]
    if look_first:
        unanswered = [
            place
            for place, mark in enumerate(marks)
            if installation.find_own_comment(repository, number, mark) is None
        ]
        answers = [answers[place] for place in unanswered]
        marks = [marks[place] for place in unanswered]
    issue = installation.read_issue(repository, number) if answers else None
    if issue is None:
        return
    body = "\n\n".join(dict.fromkeys(text for _, text in answers))
    # Where a conversation is locked the reaction has to do, and one that was just deleted needs no reply: neither
    # releases nor the commands on other issues wait for that.
    with suppress(Forbidden, NotFound, Refused):
        installation.add_comment(issue.node_id, "\n".join([*marks, body]))
