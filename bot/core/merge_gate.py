"""The merge gate: the rules joined to one Decision. Facts in, decision out; nothing else is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.core.approvals import Reviews, judge_slot, to_be_requested
from bot.core.checks import HeadChecks, deadline_of, judge_check
from bot.core.completeness import judge_completeness
from bot.core.documents import judge_documents
from bot.core.evidence_requirements import evidence_annotations, judge_changed_evidence
from bot.core.holds import judge_holds
from bot.core.model import (
    Decision,
    NextAction,
    PathReason,
    PullRequestFacts,
    Requirement,
    RequirementKind,
    State,
    TrackGate,
    Wanted,
)
from bot.core.overrides import with_override
from bot.core.people import People, absence_changes
from bot.core.policy import InvalidPolicy, LoadedPolicy
from bot.core.policy_model import Policy
from bot.core.scope import is_gated
from bot.core.slots import required_slots
from bot.core.titles import gate_title, shortened, track_title
from bot.core.tracks import TrackMap, folders_of, touched_tracks
from bot.core.verdict import first_action, worst


def wanted_facts(policy: Policy) -> Wanted:
    """What has to be read beside the pull request itself to judge it by this policy."""
    tracks = policy.tracks.values()
    folders = {folder for track in tracks for folder in folders_of(track)}
    return Wanted(
        logins=tuple(person.login for person in policy.people.values()),
        documents=tuple(dict.fromkeys(path for track in tracks for path in track.required_documents)),
        folders=("", *sorted(folders - {""})),
    )


def decide(facts: PullRequestFacts, loaded: LoadedPolicy, now: datetime) -> Decision:
    """The merge gate of one open pull request. `now` is aware; it ends absences and starts-within times."""
    policy = loaded.policy
    if not is_gated(facts.base_branch, facts.default_branch, policy):
        reason = f"base branch {facts.base_branch} is not gated by {loaded.source}"
        return decide_ungoverned(facts, reason, loaded)
    located = TrackMap(policy).locate(facts.files)
    touched = touched_tracks(located.paths, policy)
    people = People(policy, facts.author, now)
    slots = required_slots(facts, policy, located, touched, people)
    head = HeadChecks(facts.check_runs, facts.statuses, facts.head_seen_at)
    reviews = Reviews(facts.reviews)
    approvals = [judge_slot(slot, reviews, facts, policy) for slot in slots]
    tracks = tuple(_judge_track(name, approvals, facts, policy, head, now) for name in touched)
    decision = _decision(
        facts, loaded.source, loaded.digest, _judge_whole(approvals, facts, policy), tracks, located.paths
    )
    return replace(
        decision,
        review_requests=to_be_requested(all_requirements(decision), reviews, facts, policy),
        annotations=evidence_annotations(facts),
        look_again_at=_look_again_at(tracks, facts, head, policy, now),
    )


def decide_without_policy(facts: PullRequestFacts, invalid: InvalidPolicy) -> Decision:
    """The merge gate where the policy in force is invalid: closed, with file, line and key of each problem."""
    requirements = tuple(
        Requirement(
            RequirementKind.POLICY,
            problem.file,
            State.FAILURE,
            str(problem),
            NextAction(f"whoever may change {problem.file}", f"correct {problem.file}, line {problem.line}"),
        )
        for problem in invalid.problems
    )
    return _decision(facts, invalid.problems[0].file, "", requirements)


def decide_ungoverned(facts: PullRequestFacts, reason: str, loaded: LoadedPolicy | None = None) -> Decision:
    """A pull request that is not gated. Never success: a later change of its base branch is judged afresh."""
    action = NextAction(facts.author, "nothing, unless this pull request was meant to be gated")
    scope = Requirement(RequirementKind.SCOPE, facts.base_branch, State.IN_PROGRESS, reason, action)
    source, digest = (loaded.source, loaded.digest) if loaded is not None else ("none", "")
    decision = _decision(facts, source, digest, (scope,))
    return replace(decision, in_scope=False, title=shortened(f"Not judged: {reason}"))


def all_requirements(decision: Decision) -> list[Requirement]:
    """What the whole pull request needs, then what each track needs."""
    return [*decision.requirements, *(item for track in decision.tracks for item in track.requirements)]


def _judge_track(
    name: str,
    approvals: Iterable[Requirement],
    facts: PullRequestFacts,
    policy: Policy,
    head: HeadChecks,
    now: datetime,
) -> TrackGate:
    track = policy.tracks[name]
    own = [item for item in approvals if item.slot is not None and item.slot.track == name]
    check = judge_check(name, head, policy, facts.author, now)
    checks = [with_override(check, name, facts, policy, now)] if check is not None else []
    requirements = (*_merged(own), *checks, *judge_documents(track, facts))
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


def _judge_whole(
    approvals: Iterable[Requirement], facts: PullRequestFacts, policy: Policy
) -> tuple[Requirement, ...]:
    """What concerns the pull request as a whole, whichever tracks it touches."""
    found = [*judge_completeness(facts), *judge_changed_evidence(facts), *judge_holds(facts, policy)]
    found += [item for item in approvals if item.slot is not None and item.slot.track is None]
    if facts.is_draft:
        action = NextAction(facts.author, "mark the pull request as ready for review")
        found.append(Requirement(RequirementKind.DRAFT, "draft", State.IN_PROGRESS, "still a draft", action))
    for sibling in facts.siblings:
        if sibling.state is not State.SUCCESS:
            name = f"#{sibling.number}"
            action = NextAction(f"the author of {name}", f"open the gate of {name}, which has this head commit")
            reason = f"{name} has the same head commit, and its gate is not open: {sibling.title}"
            found.append(Requirement(RequirementKind.SIBLING, name, sibling.state, reason, action))
    return tuple(found)


def _merged(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Slots that one person fills because nobody else is left are one requirement, with both stories."""
    found: dict[str, Requirement] = {}
    for requirement in requirements:
        earlier = found.get(requirement.subject)
        found[requirement.subject] = requirement if earlier is None else _joined(earlier, requirement)
    return tuple(found.values())


def _joined(one: Requirement, other: Requirement) -> Requirement:
    """Of one person in one track, and so judged alike; only how the slots came to that person differs."""
    stories = tuple(story for item in (one, other) if item.slot is not None for story in item.slot.passed)
    return replace(one, slot=one.slot and replace(one.slot, passed=stories))


def _decision(
    facts: PullRequestFacts,
    policy_source: str,
    policy_digest: str,
    requirements: tuple[Requirement, ...],
    tracks: tuple[TrackGate, ...] = (),
    paths: tuple[PathReason, ...] = (),
) -> Decision:
    """The requirements as one Decision: its state, title and next action follow from them."""
    everything = [*requirements, *(item for track in tracks for item in track.requirements)]
    state = worst(everything)
    return Decision(
        repository=facts.repository,
        number=facts.number,
        head_sha=facts.head_sha,
        base_branch=facts.base_branch,
        author=facts.author,
        pull_request_title=facts.title,
        policy_source=policy_source,
        policy_digest=policy_digest,
        in_scope=True,
        state=state,
        title=gate_title(state, everything, [track.track for track in tracks]),
        requirements=requirements,
        tracks=tracks,
        paths=paths,
        next_action=first_action(everything),
    )


def _look_again_at(
    tracks: Iterable[TrackGate], facts: PullRequestFacts, head: HeadChecks, policy: Policy, now: datetime
) -> datetime | None:
    waiting_for_checks = any(
        requirement.kind is RequirementKind.CHECK and requirement.state is State.IN_PROGRESS
        for track in tracks
        for requirement in track.requirements
    )
    moments = [*absence_changes(policy, now), *(one.expires_at for one in facts.overrides if one.expires_at > now)]
    if waiting_for_checks and deadline_of(head.seen_at, policy) > now:
        moments.append(deadline_of(head.seen_at, policy))
    return min(moments, default=None)
