"""The last commit of each track, where its folders alone do not tell.

A folder's last commit is the track's when nothing but the track has paths in it, as in most policies. With globs,
or one track inside another's folder, that commit may have changed only the neighbour; then each commit's own paths
decide (one more request for each commit, kept since commits do not change).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.core.policy_model import Policy
from bot.core.release_model import TrackCommit
from bot.core.tracks import TrackMap, folders_of
from bot.github_api.client import Installation
from bot.github_api.release_readings import FolderCommit, ReleaseReading

MOST_LOOKS = 30
"""Commits of one track that are looked into; what lies deeper is named as unreadable, and closes the gate."""


def last_commits(
    installation: Installation, reading: ReleaseReading, policy: Policy
) -> tuple[Mapping[str, TrackCommit | None], tuple[str, ...]]:
    """The last commit of each track at the target (None: none ever touched it), and what could not be told."""
    found: dict[str, TrackCommit | None] = {}
    untold: list[str] = []
    for track in policy.tracks:
        commits = reading.tracks.get(track, ())
        if _is_exact(track, policy):
            found[track] = _newest([one.commit for one in commits if one.is_last])
            continue
        commit, is_told = _look_deeper(installation, reading, track, commits, policy)
        found[track] = commit
        if not is_told:
            untold.append(f"the last commit of track {track}, in {MOST_LOOKS} commits of its folders")
    return found, tuple(untold)


def _is_exact(track: str, policy: Policy) -> bool:
    """Whether the track's folder holds nothing but the track: a prefix alone, and nobody else's paths in it."""
    own = policy.tracks[track]
    if own.globs:
        return False
    others = [folder for name, one in policy.tracks.items() if name != track for folder in folders_of(one)]
    return not any(_overlap(folder, other) for folder in folders_of(own) for other in others)


def _overlap(one: str, other: str) -> bool:
    return one == other or not one or not other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _newest(commits: Sequence[TrackCommit]) -> TrackCommit | None:
    return max(commits, key=_arrived_at, default=None)


def _arrived_at(commit: TrackCommit) -> tuple[float, str]:
    moment = commit.pull_request.merged_at if commit.pull_request is not None else commit.committed_at
    return moment.timestamp(), commit.sha


def _look_deeper(
    installation: Installation,
    reading: ReleaseReading,
    track: str,
    starts: Sequence[FolderCommit],
    policy: Policy,
) -> tuple[TrackCommit | None, bool]:
    """The newest commit of the folders that changed a path of the track, and whether that is sure."""
    track_map, looks = TrackMap(policy), 0
    found: list[TrackCommit] = []
    for start in starts:
        for commit in _back_from(installation, reading, start):
            if looks >= MOST_LOOKS:
                return _newest(found), False
            looks += 1
            changed = installation.read_commit_paths(reading.repository, commit.sha)
            # Of a commit that changes more than GitHub lists, any path may be the track's.
            if not changed.is_complete or any(_is_of(track, path, track_map) for path in changed.paths):
                found.append(commit)
                break
    return _newest(found), True


def _back_from(installation: Installation, reading: ReleaseReading, start: FolderCommit) -> Iterator[TrackCommit]:
    """The commits that touched the folder, the newest first; one request for each ten beyond the first."""
    commit = start.commit
    yield commit
    while True:
        earlier = installation.read_history(reading.repository, reading.release_branch, commit.sha, start.folder)
        older = [one for one in earlier if one.sha != commit.sha]
        if not older:
            return
        yield from older
        commit = older[-1]


def _is_of(track: str, path: str, track_map: TrackMap) -> bool:
    found = track_map.find(path)
    return found is not None and found.track == track
