"""Who may give a command, and what it changes. Rights come from GitHub and the policy, never from the comment."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from bot.core.checks import check_name
from bot.core.commands import RELEASE_VERBS, ParsedCommand, Verb
from bot.core.holds import has_hold_label
from bot.core.inert import code, inert
from bot.core.merge_gate import all_requirements
from bot.core.model import Decision, Hold, Override, PullRequestFacts, Reassignment
from bot.core.override_request import OverrideRequest, rule_on_override
from bot.core.overrides import authors_of
from bot.core.people import People, same_login
from bot.core.policy_model import Policy
from bot.core.release_words import MAXIMUM_REASON, Refusal, parse_override
from bot.core.render import help_comment, status_comment, unknown_command_comment
from bot.core.slots import holder_of

WRITE_PERMISSIONS = frozenset({"admin", "maintain", "write"})
"""Roles of "Get repository permissions for a user" that may write."""

_LOGIN = re.compile(r"@([A-Za-z0-9][A-Za-z0-9_-]{0,38})")


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Remember a hold."""

    hold: Hold


@dataclass(frozen=True, slots=True)
class LiftHolds:
    """Forget the holds of these people, and take the hold label off if `label` names it."""

    holders: tuple[str, ...]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Reassign:
    """Remember a reassignment."""

    reassignment: Reassignment


@dataclass(frozen=True, slots=True)
class ForgetRefusals:
    """Ask again whoever GitHub refused to ask."""


@dataclass(frozen=True, slots=True)
class AskOverride:
    """Remember an override: asked for, or confirmed by its second person."""

    override: Override


Change = PlaceHold | LiftHolds | Reassign | ForgetRefusals | AskOverride


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a command is obeyed, what it changes, and the answer (Markdown; None: the reaction says enough)."""

    obeyed: bool
    change: Change | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What a command is judged on. `permission` is GitHub's role name of the sender, read when it is needed.

    GitHub may tell of comments in another order than they were written in: `held_later` are the people who wrote
    an obeyed hold after this command, `unheld_later` those who wrote an unhold after it, `reassigned_later` those
    whose reviews were reassigned by an obeyed command after it.
    """

    sender: str
    permission: str
    facts: PullRequestFacts
    decision: Decision
    policy: Policy | None
    now: datetime
    held_later: frozenset[str] = frozenset()
    unheld_later: frozenset[str] = frozenset()
    reassigned_later: frozenset[str] = frozenset()


def needs_permission(command: ParsedCommand) -> bool:
    """Whether GitHub has to be asked for the sender's permission: one request that other commands save."""
    return command.verb is Verb.HOLD


def rule(command: ParsedCommand, situation: Situation) -> Ruling:
    """The ruling on one command."""
    if command.verb is None:
        return Ruling(False, answer=unknown_command_comment(command))
    if not situation.facts.is_open and command.verb not in (Verb.HELP, Verb.STATUS):
        return _refused("This pull request is closed; reopen it first.")
    return _RULES[command.verb](command, situation)


def _help(command: ParsedCommand, situation: Situation) -> Ruling:
    return Ruling(True, answer=help_comment())


def _status(command: ParsedCommand, situation: Situation) -> Ruling:
    return Ruling(True, answer=status_comment(situation.decision))


def _recheck(command: ParsedCommand, situation: Situation) -> Ruling:
    return Ruling(True, ForgetRefusals())


def _hold(command: ParsedCommand, situation: Situation) -> Ruling:
    if situation.permission not in WRITE_PERMISSIONS:
        return _refused("Only people who may write to the repository may hold a pull request.")
    if not command.argument:
        return _refused("Say why: `/gate hold <reason>`.")
    if any(
        _is_lead(login, situation.policy) or same_login(login, situation.sender)
        for login in situation.unheld_later
    ):
        return Ruling(True)  # it was lifted before we were told of it
    if any(same_login(login, situation.sender) for login in situation.held_later):
        return Ruling(True)  # the later one's reason stands
    return Ruling(True, PlaceHold(Hold(situation.sender, command.argument[:MAXIMUM_REASON])))


def _unhold(command: ParsedCommand, situation: Situation) -> Ruling:
    facts, policy = situation.facts, situation.policy
    label = policy.hold_label if policy is not None and has_hold_label(facts.labels, policy) else None
    later = {login.lower() for login in situation.held_later}
    held = tuple(hold.holder for hold in facts.holds if hold.holder.lower() not in later)
    if not held and label is None:
        return _refused("Nothing is held here.")
    if _is_lead(situation.sender, policy):
        return Ruling(True, LiftHolds(held, label))
    own = tuple(holder for holder in held if same_login(holder, situation.sender))
    if own:
        return Ruling(True, LiftHolds(own))
    holders = ", ".join(inert(holder) for holder in held) or f"whoever set the label {code(label or '')}"
    return _refused(f"Only {holders} or a release lead{_leads(situation)} may lift this hold.")


def _reassign(command: ParsedCommand, situation: Situation) -> Ruling:
    words = command.argument.split()
    logins = [found.group(1) for word in words if (found := _LOGIN.fullmatch(word))]
    if len(words) != 2 or len(logins) != 2:
        return _refused("Name two people: `/gate reassign @old @new`.")
    old, new = logins
    if not (_is_lead(situation.sender, situation.policy) or same_login(old, situation.sender)):
        return _refused(f"Only {inert(old)} or a release lead{_leads(situation)} may reassign this review.")
    if situation.policy is None:
        return _refused("The policy in force is invalid, so nobody can be reassigned until it is corrected.")
    if any(same_login(login, old) for login in situation.reassigned_later):
        return Ruling(True)  # the later one stands
    return _reassign_to(old, new, situation, situation.policy)


def _reassign_to(old: str, new: str, situation: Situation, policy: Policy) -> Ruling:
    all_slots = [item.slot for item in all_requirements(situation.decision) if item.slot is not None]
    slots = [slot for slot in all_slots if same_login(holder_of(slot, policy), old)]
    if not slots:
        return _refused(f"{inert(old)} has no review to give away here.")
    person = policy.person_of(new)
    if person is None:
        return _refused(f"{inert(new)} is not in the policy's reviewer matrix.")
    why_not = People(policy, situation.facts.author, situation.now).why_not(person)
    if why_not is not None:
        return _refused(f"{inert(why_not)}.")
    tracks = {slot.track for slot in slots if slot.track is not None}
    if any(same_login(slot.approver, new) and slot.track in tracks for slot in all_slots):
        return _refused(f"{inert(new)} already reviews the same track, which needs two people.")
    return Ruling(True, Reassign(Reassignment(old, policy.login_of(person), situation.sender)))


def _override(command: ParsedCommand, situation: Situation) -> Ruling:
    policy, facts = situation.policy, situation.facts
    if policy is None:
        return _refused("The policy in force is invalid, so nothing can be overridden until it is corrected.")
    named = parse_override(command.argument, policy)
    if isinstance(named, Refusal):
        return _refused(named)
    track, reason = named
    if track not in {gate.track for gate in situation.decision.tracks}:
        return _refused(f"The gate here does not need {code(check_name(track))}, so there is nothing to override.")
    request = OverrideRequest(situation.sender, track, reason, facts.head_sha, facts.overrides, authors_of(facts))
    ruling = rule_on_override(request, policy, situation.now)
    if ruling.override is None:
        return _refused(ruling.answer)
    return Ruling(True, AskOverride(ruling.override), ruling.answer)


def _not_here(command: ParsedCommand, situation: Situation) -> Ruling:
    """A command that another desk answers, and that should not have come here."""
    return _refused(f"`/gate {command.word}` is not a command of the merge gate, and nothing was changed.")


def _is_lead(login: str, policy: Policy | None) -> bool:
    return policy is not None and any(same_login(policy.login_of(lead), login) for lead in policy.release.leads)


def _leads(situation: Situation) -> str:
    policy = situation.policy
    names = [] if policy is None else [inert(policy.login_of(lead)) for lead in policy.release.leads]
    return f" ({', '.join(names)})" if names else ""


def _refused(answer: str) -> Ruling:
    return Ruling(False, answer=answer)


_RULES: dict[Verb, Callable[[ParsedCommand, Situation], Ruling]] = {
    Verb.HELP: _help,
    Verb.STATUS: _status,
    Verb.RECHECK: _recheck,
    Verb.HOLD: _hold,
    Verb.UNHOLD: _unhold,
    Verb.REASSIGN: _reassign,
    Verb.OVERRIDE: _override,
    **dict.fromkeys(RELEASE_VERBS, _not_here),
}


def with_change(facts: PullRequestFacts, change: Change) -> PullRequestFacts:
    """The facts as they are once the change is remembered, so that the next command of a comment sees it."""
    match change:
        case PlaceHold(hold):
            others = tuple(other for other in facts.holds if not same_login(other.holder, hold.holder))
            return replace(facts, holds=(*others, hold))
        case LiftHolds(holders, label):
            gone = {holder.lower() for holder in holders}
            holds = tuple(hold for hold in facts.holds if hold.holder.lower() not in gone)
            labels = tuple(name for name in facts.labels if label is None or name.lower() != label.lower())
            return replace(facts, holds=holds, labels=labels)
        case Reassign(reassignment):
            return replace(facts, reassignments=(*facts.reassignments, reassignment))
        case ForgetRefusals():
            return replace(facts, refused_requests={})
        case AskOverride(override):
            here = (override.track, override.commit_sha)
            kept = tuple(one for one in facts.overrides if (one.track, one.commit_sha) != here)
            return replace(facts, overrides=(*kept, override))
    assert_never(change)
