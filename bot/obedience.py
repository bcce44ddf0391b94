"""Commands carried out: each is ruled on once, what it changes is kept, and only then is it answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from bot.core.model import AddComment, AddReaction, Effect, RemoveLabel
from bot.github_api.client import Installation
from bot.judging import Judged
from bot.overriding import keep_override
from bot.services import Services
from bot.store.commands import WaitingCommand, keep_ruling, ruled_later
from bot.store.database import Connection
from bot.store.holds import forget_refusals, lift_holds, place_hold, reassign

SEEN, OBEYED, REFUSED = "EYES", "ROCKET", "CONFUSED"


def obey(
    services: Services, installation: Installation, judged: Judged, commands: Sequence[WaitingCommand]
) -> tuple[Judged, tuple[Effect, ...]]:
    """Carry out `commands`; returns the pull request as judged after them, and the answers to write.

    A command that was ruled on before a crash is only answered again.
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
    return judged, _answers(rulings)


def _rule(services: Services, installation: Installation, judged: Judged, command: WaitingCommand) -> Ruling:
    repository, parsed = judged.facts.repository, command.parsed
    permission = "none"
    if needs_permission(parsed):
        permission = installation.read_permission(repository, command.sender)
    now = services.clock()
    with services.database.transaction() as connection:
        held = [one.sender for one in ruled_later(connection, command, Verb.HOLD) if one.obeyed]
        unheld = [one.sender for one in ruled_later(connection, command, Verb.UNHOLD)]
    later = {"held_later": frozenset(held), "unheld_later": frozenset(unheld)}
    ruling = rule(
        parsed, Situation(command.sender, permission, judged.facts, judged.decision, judged.policy, now, **later)
    )
    if isinstance(ruling.change, LiftHolds) and ruling.change.label is not None:
        ruling = _without_label(installation, judged, ruling, ruling.change.label)
    with services.database.transaction() as connection:
        if ruling.change is not None:
            kept = _keep(connection, judged, command, ruling.change, now)
            ruling = replace(ruling, change=kept)
        keep_ruling(connection, command, obeyed=ruling.obeyed, answer=ruling.answer)
    return ruling


def _without_label(installation: Installation, judged: Judged, ruling: Ruling, label: str) -> Ruling:
    """Take the hold label off first: a hold counts as lifted only when GitHub did so."""
    effect = RemoveLabel(label)
    (outcome,) = installation.write(judged.reading.handles, [effect], "")
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


def _answers(rulings: Iterable[tuple[WaitingCommand, Ruling]]) -> tuple[Effect, ...]:
    """A reaction for each comment, confused if anything in it was refused; one reply for all there is to say."""
    obeyed: dict[str, bool] = {}
    texts: list[str] = []
    for command, ruling in rulings:
        comment = command.comment_node_id
        obeyed[comment] = obeyed.get(comment, True) and ruling.obeyed
        if ruling.answer is not None:
            texts.append(ruling.answer)
    reactions = [AddReaction(comment, OBEYED if fine else REFUSED) for comment, fine in obeyed.items()]
    replies = [AddComment("\n\n".join(dict.fromkeys(texts)))] if texts else []
    return (*reactions, *replies)
