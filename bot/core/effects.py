"""Decision + what is there → what to write. Nothing changed, nothing to write."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from bot.core.model import CheckRun, Decision, Effect, PostCheckRun, PullRequestFacts, RequestReview, State
from bot.core.render import gate_summary, track_summary
from bot.core.titles import shortened

GATE = "gate"
TRACK_GATE_PREFIX = "gate/"


def effects_of(decision: Decision, facts: PullRequestFacts) -> tuple[Effect, ...]:
    """The check runs to post and the reviews to request, so that GitHub shows the decision.

    Reviews come first: their refusals belong into a gate that is posted after them. A pull request out of scope
    gets no gate; but one that it had before (from another base branch) must not go on saying `open`.
    """
    if not decision.in_scope:
        return tuple(_withdrawn(decision, facts))
    requests = tuple(RequestReview(login) for login in decision.review_requests)
    return (*requests, *_gates(decision, facts))


def shown_digest(name: str, state: State, title: str, summary: str) -> str:
    """The external ID of a check run: what it shows, as SHA-256. The same digest: nothing to write."""
    text = "\0".join((name, state.value, title, summary))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def gate_run(
    name: str, head_sha: str, state: State, title: str, summary: str, existing: Iterable[CheckRun]
) -> PostCheckRun | None:
    """The check run to post, or None when GitHub shows it already.

    A run that is still open is updated. A completed one is followed by a new run of the same name, since
    reopening is unreliable (GitHub shows the newest of a name).
    """
    digest = shown_digest(name, state, title, summary)
    runs = [run for run in existing if run.name == name]
    newest = max(runs, key=lambda run: run.run_id, default=None)
    if newest is not None and newest.external_id == digest and _shows(newest, state):
        return None
    is_open = newest is not None and newest.status.lower() != "completed"
    node_id = newest.node_id if newest is not None and is_open else None
    return PostCheckRun(name, head_sha, state, title, summary, digest, node_id)


def _gates(decision: Decision, facts: PullRequestFacts) -> Iterable[Effect]:
    wanted = {
        TRACK_GATE_PREFIX + track.track: (track.state, track.title, track_summary(track, decision))
        for track in decision.tracks
    }
    wanted[GATE] = (decision.state, decision.title, gate_summary(decision))
    for name in sorted({run.name for run in facts.own_check_runs} - set(wanted)):
        if name.startswith(TRACK_GATE_PREFIX) and name != "gate/release" and decision.tracks:
            title = "Not touched any more: nothing to wait for"
            wanted[name] = (State.SUCCESS, title, title + ".")
    for name, (state, title, summary) in wanted.items():
        post = gate_run(name, decision.head_sha, state, title, summary, facts.own_check_runs)
        if post is not None:
            yield post


def _withdrawn(decision: Decision, facts: PullRequestFacts) -> Iterable[Effect]:
    for name in sorted({run.name for run in facts.own_check_runs}):
        if name == GATE or (name.startswith(TRACK_GATE_PREFIX) and name != "gate/release"):
            title = shortened(decision.title)
            post = gate_run(
                name, decision.head_sha, decision.state, title, gate_summary(decision), facts.own_check_runs
            )
            if post is not None:
                yield post


def _shows(run: CheckRun, state: State) -> bool:
    """Whether a run is in this state: `in_progress` is open, the others are completed with a conclusion."""
    if state is State.IN_PROGRESS:
        return run.status.lower() == "in_progress"
    return run.status.lower() == "completed" and (run.conclusion or "").lower() == state.value
