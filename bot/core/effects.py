"""Decision + what is there → what to write. Nothing changed, nothing to write."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.core.evidence_requirements import MAXIMUM_ANNOTATIONS
from bot.core.finding import Annotation
from bot.core.model import CheckRun, Decision, Effect, PostCheckRun, RequestReview, RequirementKind, State
from bot.core.release_model import ReleaseDecision
from bot.core.render import gate_summary, track_summary
from bot.core.titles import shortened
from bot.core.verdict import gravity

GATE = "gate"
TRACK_GATE_PREFIX = "gate/"
RELEASE_GATE = "gate/release"
UNTOUCHED = "Not touched any more: nothing to wait for"


@dataclass(frozen=True, slots=True)
class Shown:
    """What one check run shows. The summary is Markdown."""

    state: State
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()


def effects_of(
    decision: Decision, existing: Sequence[CheckRun], siblings: Sequence[Decision] = ()
) -> tuple[Effect, ...]:
    """The check runs to post and the reviews to request, so that GitHub shows the decision.

    `existing` are our own check runs on the head SHA; `siblings` the decisions on other open pull requests with
    the same head SHA, each made without regard to the others: they share the check runs. Reviews come first:
    their refusals belong into a gate that is posted after them. A pull request out of scope gets no gate; but
    one that it had before (from another base branch) must not go on saying `open`.
    """
    requests = tuple(RequestReview(login) for login in decision.review_requests)
    return (*requests, *gate_effects((decision, *siblings), existing))


def gate_effects(decisions: Sequence[Decision], existing: Sequence[CheckRun]) -> tuple[PostCheckRun, ...]:
    """The check runs that show all decisions on one head SHA and are not there yet."""
    shown = _shown(decisions, {run.name for run in existing if is_merge_gate(run.name)})
    posts = (gate_run(name, decisions[0].head_sha, gate, existing) for name, gate in shown.items())
    return tuple(post for post in posts if post is not None)


def decision_digest(decision: Decision | ReleaseDecision) -> str:
    """The SHA-256 of a whole decision, to tell whether it is the one that was recorded last."""
    return hashlib.sha256(repr(decision).encode("utf-8", "surrogatepass")).hexdigest()


def shown_digest(name: str, gate: Shown) -> str:
    """The external ID of a check run: what it shows, as SHA-256. The same digest: nothing to write.

    Behind a dot that of its annotations follows, if it has any: they decide whether a run can be updated.
    """
    shown = _digest("\0".join((name, gate.state.value, gate.title, gate.summary)))
    return f"{shown}.{_digest(repr(gate.annotations))}" if gate.annotations else shown


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def gate_run(name: str, head_sha: str, gate: Shown, existing: Iterable[CheckRun]) -> PostCheckRun | None:
    """The check run to post, or None when GitHub shows it already.

    A run that is still open is updated. A completed one is followed by a new run of the same name, since
    reopening is unreliable (GitHub shows the newest of a name). So is one whose annotations are others, since an
    update adds to them and takes none away; where they are the same, an update brings none.
    """
    digest = shown_digest(name, gate)
    runs = [run for run in existing if run.name == name]
    newest = max(runs, key=lambda run: run.run_id, default=None)
    if newest is not None and newest.external_id == digest and _shows(newest, gate.state):
        return None
    if newest is not None and newest.status.lower() != "completed" and _same_annotations(newest, digest):
        return PostCheckRun(name, head_sha, gate.state, gate.title, gate.summary, digest, newest.node_id)
    return PostCheckRun(name, head_sha, gate.state, gate.title, gate.summary, digest, annotations=gate.annotations)


def _same_annotations(run: CheckRun, digest: str) -> bool:
    return run.external_id.partition(".")[2] == digest.partition(".")[2]


def _shown(decisions: Sequence[Decision], posted_before: set[str]) -> dict[str, Shown]:
    """What each check run is to show, by name: the tracks first, the whole gate last."""
    judged = sorted((one for one in decisions if one.in_scope), key=lambda one: one.number)
    if not judged:
        gate = Shown(decisions[0].state, decisions[0].title, gate_summary(decisions[0]))
        return dict.fromkeys(sorted(posted_before), gate)
    whole = _together([(one, _whole(one)) for one in judged])
    left_over = Shown(State.SUCCESS, UNTOUCHED, f"{UNTOUCHED}.") if all(map(_knows_tracks, judged)) else whole
    shown = dict.fromkeys(sorted(posted_before - {GATE}), left_over)
    for track in dict.fromkeys(track.track for decision in judged for track in decision.tracks):
        parts = [(one, gate) for one in judged for gate in one.tracks if gate.track == track]
        shown[TRACK_GATE_PREFIX + track] = _together(
            [(one, Shown(gate.state, gate.title, track_summary(gate, one))) for one, gate in parts]
        )
    return {**shown, GATE: whole}


def _whole(decision: Decision) -> Shown:
    return Shown(decision.state, decision.title, gate_summary(decision), decision.annotations)


def _together(parts: Sequence[tuple[Decision, Shown]]) -> Shown:
    """One gate for all pull requests that share a head SHA: open only when each of them is."""
    if len(parts) == 1:
        return parts[0][1]
    decision, gravest = max(parts, key=lambda part: gravity(part[1].state))
    summaries = [f"## Pull request #{one.number}\n\n{gate.summary}" for one, gate in parts]
    title = shortened(f"#{decision.number}: {gravest.title}")
    annotations = tuple(dict.fromkeys(note for _, gate in parts for note in gate.annotations))
    return Shown(gravest.state, title, "\n\n".join(summaries), annotations[:MAXIMUM_ANNOTATIONS])


def _knows_tracks(decision: Decision) -> bool:
    """Whether the decision knows which tracks are touched: not with an invalid policy or unread files."""
    unknown = (RequirementKind.POLICY, RequirementKind.FILES)
    return not any(requirement.kind in unknown for requirement in decision.requirements)


def is_merge_gate(name: str) -> bool:
    """Whether a check run of ours with this name shows a merge gate, or a track's part of one."""
    return name == GATE or (name.startswith(TRACK_GATE_PREFIX) and name != RELEASE_GATE)


def _shows(run: CheckRun, state: State) -> bool:
    """Whether a run is in this state: `in_progress` is open, the others are completed with a conclusion."""
    if state is State.IN_PROGRESS:
        return run.status.lower() == "in_progress"
    return run.status.lower() == "completed" and (run.conclusion or "").lower() == state.value
