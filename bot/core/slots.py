"""Who must approve: every owner of every touched track, and the reviewers of what crosses tracks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.core.model import PullRequestFacts, Reassignment, Role, Slot
from bot.core.people import People, same_login
from bot.core.policy_model import Policy
from bot.core.titles import counted
from bot.core.tracks import Located

ROLE_NAMES = {Role.CROSS_STREAM: "cross-stream reviewer", Role.ARCHITECTURE: "architecture reviewer"}


def required_slots(
    facts: PullRequestFacts,
    policy: Policy,
    located: Located,
    touched: Sequence[str],
    people: People,
) -> tuple[Slot, ...]:
    """All slots of a pull request: owners by track, then the cross-stream and the architecture reviewer."""
    slots = [slot for track in touched for slot in owner_slots(track, policy, people)]
    crossing = cross_stream_reason(located, touched)
    if crossing is not None:
        slots.append(_single_slot(Role.CROSS_STREAM, policy.cross_stream_reviewer, crossing, policy, people))
    trigger = architecture_reason(facts, policy, located)
    if trigger is not None:
        slots.append(_single_slot(Role.ARCHITECTURE, policy.architecture_reviewer, trigger, policy, people))
    return reassigned(slots, facts.reassignments, policy, people)


def owner_slots(track: str, policy: Policy, people: People) -> list[Slot]:
    """One slot for each owner of a track, filled by the owner or by who stands in for them.

    One person fills only one slot of the track while anybody else of the chain is left; then slots merge.
    """
    owners = policy.tracks[track].owners
    taken = {owner for owner in owners if people.why_not(owner) is None}
    slots = []
    for owner in owners:
        slot, stand_in = _fill(Role.OWNER, track, owner, policy, people, taken)
        if stand_in is not None:
            taken.add(stand_in)
        slots.append(replace(slot, because=f"{owner} is an owner of {track}"))
    return slots


def _single_slot(role: Role, person: str, reason: str, policy: Policy, people: People) -> Slot:
    slot, _ = _fill(role, None, person, policy, people, set())
    return replace(slot, because=f"{ROLE_NAMES[role]}: {reason}")


def _fill(
    role: Role, track: str | None, person: str, policy: Policy, people: People, taken: Iterable[str]
) -> tuple[Slot, str | None]:
    """The slot of `person`, and which person of the policy fills it (None: nobody may)."""
    why_not = people.why_not(person)
    if why_not is None:
        return Slot(role, track, person, policy.login_of(person)), person
    passed, able = [why_not], []
    for candidate in people.chain(person):
        reason = people.why_not(candidate)
        if reason is not None:
            passed.append(reason)
        elif candidate not in taken:
            return Slot(role, track, person, policy.login_of(candidate), tuple(passed)), candidate
        else:
            passed.append(f"{policy.login_of(candidate)} has a slot of this track already")
            able.append(candidate)
    if not able:
        return Slot(role, track, person, None, tuple(passed)), None
    passed.append("nobody else is left, so the slots merge")
    return Slot(role, track, person, policy.login_of(able[0]), tuple(passed)), able[0]


def cross_stream_reason(located: Located, touched: Sequence[str]) -> str | None:
    """Why the pull request needs the cross-stream reviewer, or None when it keeps to one track."""
    if not located.paths:
        return "no path at all"
    outside = sum(path.track is None for path in located.paths)
    reasons = [f"{len(touched)} tracks touched"] if len(touched) > 1 else []
    reasons += [counted(outside, "path") + " outside all tracks"] if outside else []
    return " and ".join(reasons) or None


def architecture_reason(facts: PullRequestFacts, policy: Policy, located: Located) -> str | None:
    """Which architecture trigger of the policy this pull request meets, or None."""
    triggers = policy.architecture_triggers
    wanted = {label.lower() for label in triggers.labels}
    for label in facts.labels:
        if label.lower() in wanted:
            return f"label {label}"
    if located.trigger is not None:
        return f"path {located.trigger}"
    size = triggers.size
    if size is not None and size.changed_files is not None and facts.changed_files > size.changed_files:
        return f"{facts.changed_files} changed files, more than {size.changed_files}"
    if size is not None and size.changed_lines is not None and facts.changed_lines > size.changed_lines:
        return f"{facts.changed_lines} changed lines, more than {size.changed_lines}"
    return None


def holder_of(slot: Slot, policy: Policy) -> str:
    """The login whose slot it is: who fills it, or whom the policy names where nobody may fill it."""
    return slot.approver or policy.login_of(slot.person)


def reassigned(
    slots: Sequence[Slot], reassignments: Sequence[Reassignment], policy: Policy, people: People
) -> tuple[Slot, ...]:
    """The slots after each `/gate reassign`, where the new person still may and has no slot of that track."""
    current = list(slots)
    for reassignment in reassignments:
        person = policy.person_of(reassignment.new)
        if person is None or people.why_not(person) is not None:
            continue
        new = policy.login_of(person)
        for index, slot in enumerate(current):
            has_slot = slot.track is not None and any(
                other.track == slot.track and same_login(other.approver, new) for other in current
            )
            if same_login(holder_of(slot, policy), reassignment.old) and not has_slot:
                story = f"{holder_of(slot, policy)} was replaced by {reassignment.by}"
                current[index] = replace(slot, approver=new, passed=(*slot.passed, story))
    return tuple(current)
