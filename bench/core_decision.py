"""How long one decision of the core takes: `python -m bench.core_decision [--runs 7] [--json]`.

A whole decision is measured, from facts to Decision, for a policy that is loaded already: paths to tracks, slots,
approvals, checks, titles. Files are spread evenly over all tracks, every fifth one is renamed from the next track,
half of the owners have approved at an older head. Medians of the runs in milliseconds, by the clock and of the
processor (nothing is waited for, so a difference is other work on the machine); the first run is not counted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from datetime import UTC, datetime, timedelta

import yaml

from bot.core.merge_gate import decide
from bot.core.model import ChangedFile, ChangeType, CheckRun, PullRequestFacts, Review, ReviewState
from bot.core.policy import LoadedPolicy, load_policy

FILES = (10, 100, 1000, 3000)
TRACKS = (6, 50, 200)
SEEN = datetime(2026, 2, 19, 15, 0, tzinfo=UTC)
HEAD, OLD = "4ead" * 10, "01d0" * 10
PEOPLE = 40
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


def measure(files: int, tracks: int, runs: int) -> dict[str, float]:
    """The median times of one decision, in milliseconds."""
    facts, loaded, now = facts_of(files, tracks), policy_of(tracks), SEEN + timedelta(minutes=5)
    decide(facts, loaded, now)
    by_clock, of_processor = [], []
    for _ in range(runs):
        started, processor_started = time.perf_counter(), time.process_time()
        decide(facts, loaded, now)
        of_processor.append((time.process_time() - processor_started) * 1000)
        by_clock.append((time.perf_counter() - started) * 1000)
    return {
        "median_ms": round(statistics.median(by_clock), 2),
        "median_cpu_ms": round(statistics.median(of_processor), 2),
    }


def main() -> None:
    """Measure every size, and print the table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="runs of each size (at least 5)")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    arguments = parser.parse_args()
    runs = max(5, arguments.runs)
    found = [
        {"files": files, "tracks": tracks, **measure(files, tracks, runs)} for files in FILES for tracks in TRACKS
    ]
    if not arguments.json:
        print(f"ms by the clock (of the processor), medians of {runs} runs")  # noqa: T201
        print(" " * 11 + "".join(f"{n:>12} tracks" for n in TRACKS))  # noqa: T201
        for files in FILES:
            cells = (one for one in found if one["files"] == files)
            row = "".join(f"{one['median_ms']:>10.2f} ({one['median_cpu_ms']:>5.2f})" for one in cells)
            print(f"{files:>5} files{row}")  # noqa: T201
    print(json.dumps({"runs": runs, "results": found}))  # noqa: T201


if __name__ == "__main__":
    main()
