"""`make chaos-storm`: storms with kills for many seeds, one after the other; what it finds is kept as JSON.

    python -m tests.chaos.many_storms --seeds 50 --first 1 --json var/chaos.json

Ends with 1 when anything was lost or differs from the same storm in peace.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.storm_run import Storms, Verdict, judge_with_kills
from tests.support.storm_world import storm_world

LONGEST_SHOWN = 300
IN_ONE_WORLD = 10
"""Seeds. For each the App asks for what it missed, with some 150 of its 5,000 requests an hour: when nine tenths
are used, the service leaves the rest for the next hour, and the comparison would find it missing.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the seeds, print a line for each, and write the figures."""
    parser = argparse.ArgumentParser(prog="make chaos-storm")
    parser.add_argument("--seeds", type=int, default=50, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--json", type=Path, default=Path("var/chaos.json"), help="where the figures go")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # processes and folders are cleaned up then, too
    verdicts: list[Verdict] = []
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    for some in (seeds[first : first + IN_ONE_WORLD] for first in range(0, len(seeds), IN_ONE_WORLD)):
        with tempfile.TemporaryDirectory(prefix="trackgate-storms-") as folder, storm_world(Path(folder)) as world:
            storms = Storms(world)
            for seed in some:
                verdicts.append(judge_with_kills(storms, world, seed))
                _say(_line(verdicts[-1]))
                _write(chosen.json, verdicts)
    figures = _figures(verdicts)
    _say(", ".join(f"{name} {value}" for name, value in figures.items()))
    return 1 if figures["lost"] or figures["differences"] else 0


def _line(verdict: Verdict) -> str:
    figures = [
        f"seed {verdict.seed}: {verdict.strikes} strikes, {verdict.killed} processes killed",
        f"{verdict.acknowledged} deliveries acknowledged, {verdict.unacknowledged} only when asked for again",
        f"lost {len(verdict.lost)}, differences {len(verdict.differences)} ({verdict.seconds:.0f} s)",
    ]
    shown = [f"    {one[:LONGEST_SHOWN]}" for one in (*verdict.lost, *verdict.differences)]
    return "\n".join(["; ".join(figures), *shown])


def _figures(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """The sums that docs/durability.md shows. A difference is a field that was lost, doubled or wrong."""
    return {
        "seeds": len(verdicts),
        "strikes": sum(one.strikes for one in verdicts),
        "kills": sum(one.killed for one in verdicts),
        "acknowledged": sum(one.acknowledged for one in verdicts),
        "asked again": sum(one.unacknowledged for one in verdicts),
        "lost": sum(len(one.lost) for one in verdicts),
        "doubled": sum(len(one.doubled) for one in verdicts),
        "differences": sum(len(one.differences) for one in verdicts),
    }


def _write(path: Path, verdicts: Sequence[Verdict]) -> None:
    """After each seed, so that a run that was ended early has its figures too."""
    found: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "processors": os.cpu_count(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "figures": _figures(verdicts),
        "seeds": [asdict(one) for one in verdicts],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2) + "\n")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command's output


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
