"""The gate of a merge group: every pull request in it has its gate open, and checks are green on its own head."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.core.checks import HeadChecks, judge_check
from bot.core.completeness import unreadable_requirements
from bot.core.model import (
    Decision,
    MergeGroupFacts,
    NextAction,
    Override,
    Requirement,
    RequirementKind,
    State,
    TrackGate,
)
from bot.core.overrides import overridden
from bot.core.policy import LoadedPolicy
from bot.core.titles import gate_title, track_title
from bot.core.verdict import first_action, worst


def decide_merge_group(facts: MergeGroupFacts, loaded: LoadedPolicy | None, now: datetime) -> Decision:
    """The gate on the group's head SHA. Its number and title are those of the last pull request in it.

    `loaded` is None when the policy in force is invalid: then no member's gate is open, nor is this one.
    """
    touched = {track.track for member in facts.members for track in member.tracks}
    tracks = (
        tuple(_judge_track(name, facts, loaded, now) for name in loaded.policy.tracks if name in touched)
        if loaded is not None
        else ()
    )
    requirements = (*unreadable_requirements(facts.unreadable), *_judge_members(facts))
    everything = [*requirements, *(item for track in tracks for item in track.requirements)]
    state = worst(everything)
    last = facts.members[-1] if facts.members else None
    return Decision(
        repository=facts.repository,
        number=last.number if last is not None else 0,
        head_sha=facts.head_sha,
        base_branch=facts.base_branch,
        author="merge queue",
        pull_request_title=last.pull_request_title if last is not None else "",
        policy_source=loaded.source if loaded is not None else "invalid",
        policy_digest=loaded.digest if loaded is not None else "",
        in_scope=True,
        state=state,
        title=gate_title(state, everything, [track.track for track in tracks]),
        requirements=requirements,
        tracks=tracks,
        paths=(),
        next_action=first_action(everything),
        look_again_at=min((end for track in tracks for end in _ends_of(track)), default=None),
    )


def _judge_members(facts: MergeGroupFacts) -> tuple[Requirement, ...]:
    if not facts.members:
        action = NextAction("whoever merges", "queue the pull requests again")
        reason = "the merge queue knows no pull request for this group"
        return (Requirement(RequirementKind.SIBLING, "merge group", State.FAILURE, reason, action),)
    return tuple(_judge_member(member) for member in facts.members)


def _judge_member(member: Decision) -> Requirement:
    name = f"#{member.number}"
    if member.state is State.SUCCESS:
        return Requirement(RequirementKind.SIBLING, name, State.SUCCESS, f"the gate of {name} is open")
    return Requirement(
        RequirementKind.SIBLING,
        name,
        member.state,
        f"the gate of {name} is not open: {member.title}",
        member.next_action,
    )


def _judge_track(name: str, facts: MergeGroupFacts, loaded: LoadedPolicy, now: datetime) -> TrackGate:
    track = loaded.policy.tracks[name]
    head = HeadChecks(facts.check_runs, facts.statuses, facts.head_seen_at)
    check = judge_check(name, head, loaded.policy, "merge queue", now)
    overrides = _overrides_of(name, facts)
    if check is not None and overrides:
        check = overridden(check, overrides)
    requirements = () if check is None else (check,)
    state = worst(requirements)
    return TrackGate(
        name,
        track.purpose,
        state,
        track_title(state, requirements),
        requirements,
        commands=track.commands,
        next_action=first_action(requirements),
    )


def _overrides_of(name: str, facts: MergeGroupFacts) -> tuple[Override, ...]:
    """The overrides in force of a track's check, one for each member that touches it; none if any has none."""
    found = [
        requirement.overrides
        for member in facts.members
        for track in member.tracks
        if track.track == name
        for requirement in track.requirements
        if requirement.kind is RequirementKind.CHECK
    ]
    return tuple(one for overrides in found for one in overrides) if all(found) else ()


def _ends_of(track: TrackGate) -> Iterator[datetime]:
    return (one.expires_at for requirement in track.requirements for one in requirement.overrides)
