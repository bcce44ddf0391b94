"""The release gate: four rows joined to one Decision about one commit. Facts in, decision out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.core.binding import binding_of
from bot.core.evidence import judge_evidence
from bot.core.model import NextAction
from bot.core.policy import InvalidPolicy, LoadedPolicy
from bot.core.policy_model import Policy
from bot.core.release_model import (
    EvidenceFile,
    ReleaseDecision,
    ReleaseFacts,
    ReleaseItem,
    ReleaseRow,
    SignOff,
)
from bot.core.release_tags import is_release_tag
from bot.core.release_tracks import judge_tracks, overrides_used
from bot.core.signoffs import judge_sign_offs
from bot.core.titles import shortened
from bot.core.verdict import gravest, gravity
from bot.core.words import State

LEADS = "the release leads"


def decide_release(facts: ReleaseFacts, loaded: LoadedPolicy, now: datetime) -> ReleaseDecision:
    """The release gate for `facts.target_sha`. `now` is aware; evidence ages by it."""
    policy = loaded.policy
    bound = binding_of(facts, policy)
    tracks = judge_tracks(facts, policy, bound, now)
    evidence = judge_evidence(facts, policy, bound, now)
    signed = judge_sign_offs(facts.sign_offs, policy, bound)
    rows = (tracks, evidence.staging, evidence.evidence, signed.row)
    problems = tuple(_problems(facts, policy))
    everything: list[ReleaseItem | ReleaseRow] = [*problems, *rows]
    state = gravest(one.state for one in everything)
    moments = [row.look_again_at for row in rows if row.look_again_at is not None]
    return ReleaseDecision(
        repository=facts.repository,
        release_branch=facts.release_branch,
        target_sha=facts.target_sha,
        tag=facts.tag,
        policy_source=loaded.source,
        policy_digest=loaded.digest,
        state=state,
        title=_title(state, facts, problems, rows, signed.counted, evidence.file),
        rows=rows,
        problems=problems,
        next_action=_first_action(problems, rows),
        evidence=evidence.file,
        sign_offs=signed.counted,
        overrides=overrides_used(facts, policy, bound, now),
        look_again_at=min(moments, default=None),
    )


def decide_release_without_policy(facts: ReleaseFacts, invalid: InvalidPolicy) -> ReleaseDecision:
    """The release gate where the policy in force is invalid: closed, with file, line and key of each problem."""
    problems = tuple(
        ReleaseItem(
            problem.file,
            State.FAILURE,
            str(problem),
            NextAction(f"whoever may change {problem.file}", f"correct {problem.file}, line {problem.line}"),
        )
        for problem in invalid.problems
    )
    return ReleaseDecision(
        repository=facts.repository,
        release_branch=facts.release_branch,
        target_sha=facts.target_sha,
        tag=facts.tag,
        policy_source=invalid.problems[0].file,
        policy_digest="",
        state=State.FAILURE,
        title=_unmet_title(State.FAILURE, problems, ()),
        rows=(),
        problems=problems,
        next_action=_first_action(problems, ()),
    )


def is_released(facts: ReleaseFacts) -> bool:
    """Whether the tag is there, on the target, and has our record: then nothing is left to decide."""
    tag = facts.existing_tag
    return tag is not None and facts.recorded_commit == tag.commit_sha == facts.target_sha


def _problems(facts: ReleaseFacts, policy: Policy) -> Iterator[ReleaseItem]:
    """What stands against the release as a whole."""
    for what in facts.unreadable:
        action = NextAction("anybody", "comment /gate recheck")
        yield ReleaseItem("unreadable", State.FAILURE, f"could not read {what}", action)
    if facts.tag is not None and not is_release_tag(facts.tag, policy):
        reason = f"{facts.tag} is no release tag: the policy names {', '.join(policy.release.tags)}"
        yield ReleaseItem(facts.tag, State.FAILURE, reason, NextAction(LEADS, "choose a tag that matches"))
    if not facts.is_on_branch:
        reason = f"{facts.target_sha[:7]} is not a commit of {facts.release_branch}"
        action = NextAction(LEADS, f"choose a commit of {facts.release_branch}")
        yield ReleaseItem(facts.target_sha[:7], State.FAILURE, reason, action)
    yield from _tag_problems(facts)


def _tag_problems(facts: ReleaseFacts) -> Iterator[ReleaseItem]:
    """A tag of that name that is there already, or was released already."""
    tag, target = facts.existing_tag, facts.target_sha
    if facts.tag is None or is_released(facts):
        return
    if facts.recorded_commit is not None and facts.recorded_commit != target:
        reason = f"{facts.tag} was released already, at {facts.recorded_commit}, not at {target}"
        yield ReleaseItem(facts.tag, State.FAILURE, reason, NextAction(LEADS, "choose another tag"))
    elif tag is not None and tag.commit_sha != target:
        there = tag.commit_sha or f"{tag.object_sha}, which is no commit"
        reason = f"{facts.tag} exists already, at {there}, not at {target}"
        yield ReleaseItem(facts.tag, State.FAILURE, reason, NextAction(LEADS, "choose another tag, or delete it"))
    elif tag is not None and facts.recorded_commit is None:
        reason = f"{facts.tag} exists already at {target}, but was not made by the gate and has no record"
        action = NextAction(LEADS, f"delete the tag {facts.tag}; it is made again once the gate is open")
        yield ReleaseItem(facts.tag, State.FAILURE, reason, action)


def _first_action(problems: Sequence[ReleaseItem], rows: Sequence[ReleaseRow]) -> NextAction | None:
    """Failed before waiting; problems of the whole release before rows; rows in their order."""
    everything: list[ReleaseItem | ReleaseRow] = [*problems, *rows]
    unmet = [one for one in everything if one.state is not State.SUCCESS]
    unmet.sort(key=lambda one: -gravity(one.state))  # stable: the order within a state stays
    return unmet[0].next_action if unmet else None


def _title(
    state: State,
    facts: ReleaseFacts,
    problems: Sequence[ReleaseItem],
    rows: Sequence[ReleaseRow],
    counted: Sequence[SignOff],
    evidence: EvidenceFile | None,
) -> str:
    if state is not State.SUCCESS:
        return _unmet_title(state, problems, rows)
    people = ", ".join(dict.fromkeys(one.login for one in counted))
    file = evidence.path.rpartition("/")[2] if evidence is not None else "no evidence"
    return shortened(f"Open: {facts.tag or facts.release_branch} at {facts.target_sha[:7]}; {file}; {people}")


def _unmet_title(state: State, problems: Sequence[ReleaseItem], rows: Sequence[ReleaseRow]) -> str:
    everything: list[ReleaseItem | ReleaseRow] = [*problems, *rows]
    reasons = [one.reason for one in everything if one.state is state]
    word = "Blocked" if state is State.FAILURE else "Waiting"
    return shortened(f"{word}: " + "; ".join(dict.fromkeys(reasons)))
