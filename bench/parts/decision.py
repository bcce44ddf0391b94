"""How long one decision of the core takes, from facts to Decision, for a policy that is loaded already.

All of it is measured: paths to tracks, slots, approvals, checks, titles. Files are spread evenly over all tracks,
every fifth one is renamed from the next track, half of the owners have approved at an older head.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import yaml

from bench.figures import Part, Reading
from bench.ground import Ground
from bot.core.merge_gate import decide
from bot.core.model import ChangedFile, ChangeType, CheckRun, PullRequestFacts, Review, ReviewState
from bot.core.policy import LoadedPolicy, load_policy

FILES = (10, 100, 1000, 3000)
TRACKS = (6, 50, 200)
SEEN = datetime(2026, 2, 19, 15, 0, tzinfo=UTC)
HEAD, OLD = "4ead" * 10, "01d0" * 10
PEOPLE = 40
DECISIONS = 5
# As many tracks as a policy may have are one below this; the rest of the 200 patterns are globs of those tracks.
MOST_TRACKS = 100


def folder(track: int) -> str:
    """The folder of a track: nested, since real ones are."""
    return f"services/area-{track % 7}/component-{track:03}"


def policy_of(patterns: int) -> LoadedPolicy:
    """A policy with this many tracks; beyond 100, which is the limit, the rest are further globs."""
    people = {f"person-{n}": {"login": f"person-{n}", "role": "reviewer"} for n in range(PEOPLE)}
    tracks: dict[str, dict[str, object]] = {}
    for number in range(patterns):
        if number < MOST_TRACKS:
            owners = [f"person-{number % PEOPLE}", f"person-{(number + 1) % PEOPLE}"]
            tracks[f"track-{number}"] = {
                "prefix": folder(number) + "/",
                "globs": [f"**/{number:03}-*.sql"],
                "purpose": "one component",
                "owners": owners,
                "commands": ["make test"],
            }
        else:
            track = tracks[f"track-{number - MOST_TRACKS}"]
            track["globs"] = [*track["globs"], f"{folder(number)}/**"]  # type: ignore[misc]
    data = {
        "version": 1,
        "name": "bench",
        "title": "Bench",
        "scope_date": "2026-02-19",
        "timezone": "America/Jamaica",
        "repositories": ["*/*"],
        "people": people,
        "tracks": tracks,
        "cross_stream_reviewer": "person-0",
        "architecture_reviewer": "person-1",
        "architecture_triggers": {"paths": ["**/migrations/**"], "labels": ["architecture"]},
        "release": {
            "leads": ["person-0"],
            "statements": {"ready": ["person-0"]},
            "staging": {"operators": ["person-0"], "scenarios": ["smoke"]},
            "evidence": {"directory": "docs/evidence"},
        },
    }
    return load_policy(yaml.safe_dump(data, sort_keys=False).encode(), "bench.yml")


def facts_of(files: int, tracks: int) -> PullRequestFacts:
    """A pull request of this many files, spread over this many tracks."""
    changed = tuple(
        ChangedFile(f"{folder(n % tracks)}/src/module/file_{n:05}.py", ChangeType.RENAMED,
                    f"{folder((n + 1) % tracks)}/src/module/file_{n:05}.py")
        if n % 5 == 0
        else ChangedFile(f"{folder(n % tracks)}/src/module/file_{n:05}.py", ChangeType.MODIFIED)
        for n in range(files)
    )  # fmt: skip
    folders = {folder(n): f"tree {n}" for n in range(tracks)} | {"": "root"}
    return PullRequestFacts(
        repository="meta/integration",
        number=1,
        title="Everything",
        author="nina",
        is_open=True,
        is_draft=False,
        base_branch="main",
        default_branch="main",
        head_sha=HEAD,
        head_commit_author="nina",
        head_seen_at=SEEN,
        labels=("bug",),
        changed_files=files,
        changed_lines=files * 10,
        files=changed,
        reviews=tuple(Review(f"person-{n}", ReviewState.APPROVED, OLD, SEEN) for n in range(PEOPLE // 2)),
        check_runs=tuple(CheckRun(f"track / track-{n}", 15368, "completed", "success", n) for n in range(tracks)),
        trees={HEAD: folders, OLD: folders},
    )


def measure(_ground: Ground) -> Iterator[Reading]:
    """Every size, after one decision that is not counted."""
    for tracks in TRACKS:
        loaded = policy_of(tracks)
        for files in FILES:
            facts, now = facts_of(files, tracks), SEEN + timedelta(minutes=5)
            decide(facts, loaded, now)
            yield Reading(f"{files:,} files", f"{tracks} tracks", _milliseconds(facts, loaded, now), "ms")


def _milliseconds(facts: PullRequestFacts, loaded: LoadedPolicy, now: datetime) -> float:
    """The quickest of some decisions: nothing is waited for, so a longer one met other work of the machine."""
    found = []
    for _ in range(DECISIONS):
        started = time.perf_counter()
        decide(facts, loaded, now)
        found.append((time.perf_counter() - started) * 1000)
    return min(found)


PART = Part(
    "decision",
    "One decision of the core",
    "Pure computation, in one process: from the facts of a pull request to the decision with all its reasons. "
    f"Each figure is the quickest of {DECISIONS} decisions.",
    measure,
)
