"""Commands carried out: each is ruled on once, what it changes is kept, and only then is it answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.core.authority import (
    AskOverride,
    Change,
    ForgetRefusals,
    LiftHolds,
    PlaceHold,
    Reassign,
    Ruling,
    Situation,
    needs_permission,
    rule,
    with_change,
)
from bot.core.commands import Verb
from bot.core.model import AddComment, AddReaction, Effect, PullRequestFacts, RemoveLabel
from bot.github_api.client import Installation
from bot.judging import Judged
from bot.overriding import keep_override
from bot.posting import write_all
from bot.services import Services
from bot.store.commands import WaitingCommand, keep_ruling, note_lifting, ruled_later
from bot.store.database import Connection
from bot.store.holds import forget_refusals, lift_holds, place_hold, reassign

SEEN, OBEYED, REFUSED = "EYES", "ROCKET", "CONFUSED"


def obey(
    services: Services, installation: Installation, judged: Judged, commands: Sequence[WaitingCommand]
) -> tuple[Judged, tuple[Effect, ...]]:
    """Carry out `commands`; returns the pull request as judged after them, and the answers to write.

    A command that was ruled on in an earlier attempt is only answered, and first GitHub is asked whether it was.
    """
    rulings: list[tuple[WaitingCommand, Ruling]] = []
    unseen = {command.comment_node_id for command in commands if command.obeyed is None}
    if unseen:
        eyes = [AddReaction(comment, SEEN) for comment in sorted(unseen)]
        installation.write(judged.reading.handles, eyes, "")
    for command in commands:
        if command.obeyed is not None:
            rulings.append((command, Ruling(command.obeyed, answer=command.answer)))
            continue
        ruling = _rule(services, installation, judged, command)
        if ruling.change is not None:
            judged = judged.with_facts(with_change(judged.facts, ruling.change), services.clock())
        rulings.append((command, ruling))
    return judged, _answers(rulings, _answered_already(installation, judged, commands))


def reply_mark(command: WaitingCommand) -> str:
    """The hidden line by which the reply to a command is found again."""
    return f"<!-- trackgate reply {command.comment_id}.{command.line_number} -->"


def _answered_already(
    installation: Installation, judged: Judged, commands: Sequence[WaitingCommand]
) -> set[WaitingCommand]:
    """Those that an earlier attempt, which did not hear of it, replied to (1 request for each; usually none)."""
    repository, number = judged.facts.repository, judged.facts.number
    return {
        command
        for command in commands
        if command.answer is not None
        and installation.find_own_comment(repository, number, reply_mark(command)) is not None
    }


def _told_of_before(services: Services, command: WaitingCommand) -> dict[str, frozenset[str]]:
    """What later comments, which came here first, mean for this one: the fields of `Situation` that say so."""
    with services.database.transaction() as connection:
        match command.verb:
            case Verb.HOLD | Verb.UNHOLD:
                held = [one.sender for one in ruled_later(connection, command, Verb.HOLD) if one.obeyed]
                unheld = [one.sender for one in ruled_later(connection, command, Verb.UNHOLD)]
                return {"held_later": frozenset(held), "unheld_later": frozenset(unheld)}
            case Verb.REASSIGN:
                given = [one for one in ruled_later(connection, command, Verb.REASSIGN) if one.obeyed]
                return {"reassigned_later": frozenset(one.argument.split()[0].lstrip("@") for one in given)}
            case _:
                return {}


def _rule(services: Services, installation: Installation, judged: Judged, command: WaitingCommand) -> Ruling:
    repository, parsed = judged.facts.repository, command.parsed
    permission = "none"
    if needs_permission(parsed):
        permission = installation.read_permission(repository, command.sender)
    now = services.clock()
    later = _told_of_before(services, command)
    facts = _with_label(judged.facts, command.lifting)
    ruling = rule(
        parsed, Situation(command.sender, permission, facts, judged.decision, judged.policy, now, **later)
    )
    if isinstance(ruling.change, LiftHolds) and ruling.change.label is not None:
        with services.database.transaction() as connection:
            note_lifting(connection, command, ruling.change.label)
        ruling = _without_label(installation, judged, ruling, ruling.change.label)
    with services.database.transaction() as connection:
        if ruling.change is not None:
            kept = _keep(connection, judged, command, ruling.change, now)
            ruling = replace(ruling, change=kept)
        keep_ruling(connection, command, obeyed=ruling.obeyed, answer=ruling.answer)
    return ruling


def _with_label(facts: PullRequestFacts, lifting: str | None) -> PullRequestFacts:
    """The facts as they were when an earlier attempt took the label off, and did not hear that it was done."""
    if lifting is None or lifting in facts.labels:
        return facts
    return replace(facts, labels=(*facts.labels, lifting))


def _without_label(installation: Installation, judged: Judged, ruling: Ruling, label: str) -> Ruling:
    """Take the hold label off first: a hold counts as lifted only when GitHub did so."""
    effect = RemoveLabel(label)
    (outcome,) = write_all(installation, judged.reading.handles, [effect], "")
    if outcome.refused is None:
        return ruling
    return Ruling(False, answer="GitHub did not let the hold label be taken off; take it off by hand.")


def _keep(
    connection: Connection, judged: Judged, command: WaitingCommand, change: Change, now: datetime
) -> Change:
    """Keep the change; it comes back as it is kept."""
    repository, number = judged.facts.repository, judged.facts.number
    match change:
        case PlaceHold(hold):
            place_hold(connection, repository, number, hold, now)
        case LiftHolds(holders):
            for holder in holders:
                lift_holds(connection, repository, number, holder)
        case Reassign(reassignment):
            reassign(connection, repository, number, reassignment, now)
        case ForgetRefusals():
            forget_refusals(connection, repository, number)
        case AskOverride(override):
            guid = command.delivery_guid
            return AskOverride(keep_override(connection, repository, number, override, now, guid))
        case _:
            assert_never(change)
    return change


def _answers(
    rulings: Iterable[tuple[WaitingCommand, Ruling]], answered: Collection[WaitingCommand]
) -> tuple[Effect, ...]:
    """A reaction for each comment, confused if anything in it was refused; one reply for all there is to say.

    `answered` have their reply already; a reaction that is there is not doubled by GitHub.
    """
    obeyed: dict[str, bool] = {}
    texts: list[str] = []
    marks: list[str] = []
    for command, ruling in rulings:
        comment = command.comment_node_id
        obeyed[comment] = obeyed.get(comment, True) and ruling.obeyed
        if ruling.answer is not None and command not in answered:
            texts.append(ruling.answer)
            marks.append(reply_mark(command))
    reactions = [AddReaction(comment, OBEYED if fine else REFUSED) for comment, fine in obeyed.items()]
    body = "\n\n".join(dict.fromkeys(texts))
    replies = [AddComment("\n".join([*marks, body]))] if texts else []
    return (*reactions, *replies)
