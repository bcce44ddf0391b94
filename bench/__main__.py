"""`make bench`: measure, print the tables, write JSON and a chart. `python -m bench --help` has the options."""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench import capacity, documents
from bench.chart import chart
from bench.figures import Part, Result, joined
from bench.ground import Ground, ground, tell
from bench.machine import machine, versions
from bench.parts import PARTS
from bench.table import as_text, rows_of, rows_of_targets
from bench.targets import judge, missed_counts

RESULTS = Path(__file__).resolve().parents[1] / "build" / "bench"
VAR = Path(__file__).resolve().parents[1] / "var" / "bench"
NAMES = tuple(part.key for part in PARTS)


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=NAMES, metavar="PART", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--runs", type=int, default=3, help="runs of each part; figures are their medians")
    parser.add_argument("--check", action="store_true", help="end with 1 when a target for a count is missed")
    parser.add_argument(
        "--write-docs", action="store_true", help="put the figures into docs/, beside the parts not measured now"
    )
    parser.add_argument(
        "--redraw", action="store_true", help="make docs/ anew from the figures that are kept there"
    )
    return parser


def main() -> int:
    """Measure what was asked for; the exit code."""
    chosen = options().parse_args()
    if chosen.redraw:
        return _redraw()
    parts = [part for part in PARTS if chosen.only is None or part.key in chosen.only]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended then, and not left behind
    on_machine, began = machine(), time.monotonic()
    with ground(VAR) as place:
        of_software = versions(place.server_url)
        results = [result for part in parts if (result := _measured(part, place, chosen.runs)) is not None]
    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    run = documents.as_run(date, on_machine, of_software, results)
    verdicts = judge(results)
    sys.stdout.write(f"\nTargets\n{as_text(rows_of_targets(verdicts))}\n")
    about = {**on_machine, **of_software, "seconds": f"{time.monotonic() - began:.0f}"}
    sys.stdout.write("\n" + "; ".join(f"{name} {value}" for name, value in about.items()) + "\n")
    _write_results(run, results)
    if chosen.write_docs:
        _write_docs(documents.merged(documents.read_kept(), run, NAMES))
    missed = missed_counts(verdicts)
    for one in missed:
        sys.stdout.write(f"missed: {one.title}: {one.target.row}, {one.target.column}: {one.words}\n")
    return 1 if len(results) < len(parts) or (chosen.check and missed) else 0


def _measured(part: Part, place: Ground, runs: int) -> Result | None:
    """A part, or None when it failed: what took minutes to measure must not be lost for it."""
    try:
        return measure(part, place, runs)
    except Exception:  # noqa: BLE001 - told here, and by the exit code
        tell(f"{part.key} failed:\n{traceback.format_exc()}")
        return None


def measure(part: Part, place: Ground, runs: int) -> Result:
    """All runs of one part; its table is printed at once, as the others may take minutes."""
    readings = []
    for number in range(min(runs, part.most_runs or runs)):
        tell(f"{part.key}: run {number + 1}")
        place.run = number
        readings.append(list(part.measure(place)))
    result = joined(part, readings)
    sys.stdout.write(f"\n{result.title}\n{as_text(rows_of(result))}\n")
    sys.stdout.flush()
    return result


def _redraw() -> int:
    """Page and chart again, after their form has changed: nothing is measured."""
    kept = documents.read_kept()
    if kept is None:
        sys.stdout.write("there are no figures in docs/ yet\n")
        return 1
    told = {part.key: part for part in PARTS}
    results = [
        replace(one, title=told[one.key].title, about=told[one.key].about, notes=told[one.key].notes)
        for one in documents.results_of(kept)
    ]
    _write_docs(documents.as_run(kept["date"], kept["machine"], kept["versions"], results))
    return 0


def _write_docs(run: documents.Run) -> None:
    """The page of figures, and what they mean for organisations."""
    documents.write_documents(run)
    try:
        capacity.write(capacity.PAGE, run)
    except LookupError as missing:
        tell(f"docs/capacity.md stays as it is: nobody measured {missing}")


def _write_results(run: documents.Run, results: Sequence[Result]) -> None:
    """The same as files, below `build/`."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "results.json").write_text(documents.as_text(run), encoding="utf-8")
    (RESULTS / "results.svg").write_text(chart(results, f"Trackgate, measured {run['date']}"), encoding="utf-8")
    tell(f"written: {RESULTS.name}/results.json and results.svg below build/")


if __name__ == "__main__":
    sys.exit(main())
