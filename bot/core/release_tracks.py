"""The tracks row: nothing of the release is still open, and the last change of each track was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.core.checks import HeadChecks, check_name, deadline_of, judge_check
from bot.core.documents import judge_document_sizes
from bot.core.model import NextAction, Override, Requirement
from bot.core.overrides import in_force, override_story, rightful
from bot.core.policy_model import Policy
from bot.core.release_model import (
    Binding,
    ReleaseFacts,
    ReleaseItem,
    ReleasePullRequest,
    ReleaseRow,
    RowKind,
    TrackCommit,
)
from bot.core.tracks import TrackMap
from bot.core.verdict import gravest
from bot.core.words import State

OUTSIDE = "outside all tracks"


def judge_tracks(
    facts: ReleaseFacts, policy: Policy, bound: Callable[[str], Binding], now: datetime
) -> ReleaseRow:
    """One item for each track, and one for open pull requests of the release that touch none."""
    still_open = _by_track(facts.open_pull_requests, policy)
    items: list[ReleaseItem] = []
    for track in policy.tracks:
        items += [_open_item(track, one) for one in still_open.get(track, ())]
        items += _judge_documents(track, facts, policy)
        items.append(_judge_last_commit(track, facts, policy, bound, now))
    items += [_open_item(OUTSIDE, one) for one in still_open.get(OUTSIDE, ())]
    return _row(items, _look_again_at(items, facts, policy, now))


def overrides_used(
    facts: ReleaseFacts, policy: Policy, bound: Callable[[str], Binding], now: datetime
) -> tuple[Override, ...]:
    """The overrides in force that a track of the release would not be green without."""
    found = []
    for track in policy.tracks:
        commit, override = facts.tracks.get(track), _override(track, facts, policy, bound, now)
        if commit is None or override is None or not _is_to_be_checked(track, commit, policy):
            continue
        if _checked(track, commit, policy, now).state is not State.SUCCESS:
            found.append(override)
    return tuple(found)


def _is_to_be_checked(track: str, commit: TrackCommit, policy: Policy) -> bool:
    """Whether the track has a check at all, and its last change came since the policy's scope date."""
    return bool(policy.tracks[track].commands) and _arrived_at(commit) >= _scope_begins(policy)


def _by_track(pull_requests: Sequence[ReleasePullRequest], policy: Policy) -> dict[str, list[ReleasePullRequest]]:
    """The tracks that each open pull request touches. One whose paths are not all known may touch any."""
    track_map = TrackMap(policy)
    found: dict[str, list[ReleasePullRequest]] = {}
    for one in pull_requests:
        patterns = [track_map.find(path) for path in one.paths]
        tracks = {pattern.track if pattern else OUTSIDE for pattern in patterns} or {OUTSIDE}
        if not one.has_all_paths:
            tracks |= set(policy.tracks)
        for track in tracks:
            found.setdefault(track, []).append(one)
    return found


def _open_item(track: str, one: ReleasePullRequest) -> ReleaseItem:
    reason = f"#{one.number} is still open ({one.because})"
    action = NextAction(one.author, f"get #{one.number} merged, or take it out of the release")
    return ReleaseItem(track, State.IN_PROGRESS, reason, action)


def _judge_documents(track: str, facts: ReleaseFacts, policy: Policy) -> Iterator[ReleaseItem]:
    """Required documents that are missing at the target. Those that are there need no line of their own."""
    for found in judge_document_sizes(policy.tracks[track], facts.documents, "the release leads"):
        if found.state is not State.SUCCESS:
            yield ReleaseItem(track, found.state, found.reason, found.next_action)


def _judge_last_commit(
    track: str, facts: ReleaseFacts, policy: Policy, bound: Callable[[str], Binding], now: datetime
) -> ReleaseItem:
    commit = facts.tracks.get(track)
    if commit is None:
        return ReleaseItem(track, State.SUCCESS, "no commit touched it yet")
    since = _arrived_at(commit)
    if since < _scope_begins(policy):
        reason = f"not touched since {policy.scope_date.isoformat()}, the policy's scope date"
        return ReleaseItem(track, State.SUCCESS, reason, since=since)
    where = f"last changed by {_origin(commit)}"
    if not policy.tracks[track].commands:
        return ReleaseItem(track, State.SUCCESS, f"{where}; it has no check", since=since)
    checked = _checked(track, commit, policy, now)
    override = _override(track, facts, policy, bound, now)
    if checked.state is not State.SUCCESS and override is not None:
        reason = f"{checked.reason}; {override_story(override)}"
        return ReleaseItem(track, State.SUCCESS, reason, since=since)
    return ReleaseItem(track, checked.state, f"{where}: {checked.reason}", checked.next_action, since)


def _checked(track: str, commit: TrackCommit, policy: Policy, now: datetime) -> Requirement:
    """The track's check on the commit, or on the head of the pull request that brought it: either is enough."""
    brought_by = commit.pull_request
    author = brought_by.author if brought_by is not None else commit.author
    heads = [HeadChecks(commit.check_runs, commit.statuses, _arrived_at(commit))]
    if brought_by is not None:
        heads.append(HeadChecks(brought_by.check_runs, brought_by.statuses, _arrived_at(commit)))
    # A head on which the check ran says more than one on which it never did.
    ran = [head for head in heads if any(run.name == check_name(track) for run in head.check_runs)]
    found = [judge_check(track, head, policy, author, now) for head in ran or heads]
    return min((one for one in found if one is not None), key=lambda one: list(State).index(one.state))


def _override(
    track: str, facts: ReleaseFacts, policy: Policy, bound: Callable[[str], Binding], now: datetime
) -> Override | None:
    """An override by two people with the right, for a commit bound to the target, that has not expired."""
    known = rightful(facts.overrides, policy, authors_of_track(facts, track))
    commits = dict.fromkeys(one.commit_sha for one in known if one.track == track)
    overrides = (in_force(known, track, sha, now) for sha in commits if bound(sha).is_bound)
    return next((one for one in overrides if one is not None), None)


def authors_of_track(facts: ReleaseFacts, track: str) -> tuple[str, ...]:
    """Whose work the last change of a track is: nobody overrides a check of their own work."""
    commit = facts.tracks.get(track)
    if commit is None:
        return ()
    brought_by = commit.pull_request
    return (commit.author,) if brought_by is None else (commit.author, brought_by.author)


def _arrived_at(commit: TrackCommit) -> datetime:
    """When it came to the branch. A commit's own date is its author's word; a merge is GitHub's."""
    return commit.pull_request.merged_at if commit.pull_request is not None else commit.committed_at


def _scope_begins(policy: Policy) -> datetime:
    return datetime.combine(policy.scope_date, time(), tzinfo=ZoneInfo(policy.timezone))


def _origin(commit: TrackCommit) -> str:
    return f"#{commit.pull_request.number}" if commit.pull_request is not None else commit.sha[:7]


def _look_again_at(
    items: Sequence[ReleaseItem], facts: ReleaseFacts, policy: Policy, now: datetime
) -> datetime | None:
    """When a check that never came counts as never started, or an override ends."""
    moments = [one.expires_at for one in facts.overrides if one.confirmed_by is not None]
    if any(item.state is State.IN_PROGRESS for item in items):
        commits = [commit for commit in facts.tracks.values() if commit is not None]
        moments += [deadline_of(_arrived_at(commit), policy) for commit in commits]
    return min((moment for moment in moments if moment > now), default=None)


def _row(items: Sequence[ReleaseItem], look_again_at: datetime | None) -> ReleaseRow:
    state = gravest(item.state for item in items)
    since = max((item.since for item in items if item.since is not None), default=None)
    if state is State.SUCCESS:
        return ReleaseRow(
            RowKind.TRACKS,
            state,
            "all merged, and each track's last change is checked",
            None,
            since,
            tuple(items),
            look_again_at,
        )
    unmet = [item for item in items if item.state is state]
    reason = "; ".join(dict.fromkeys(f"{item.subject}: {item.reason}" for item in unmet))
    return ReleaseRow(RowKind.TRACKS, state, reason, unmet[0].next_action, since, tuple(items), look_again_at)
