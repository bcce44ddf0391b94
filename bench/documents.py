"""What the documentation shows of a run: `docs/benchmarks.json`, the chart, and a generated part of the page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.chart import chart
from bench.figures import Result
from bench.table import as_markdown, rows_of, rows_of_targets
from bench.targets import judge

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, DATA, CHART = DOCS / "benchmarks.md", DOCS / "benchmarks.json", DOCS / "benchmarks.svg"
_GENERATED = re.compile(r"(<!-- bench: begin -->\n).*?(<!-- bench: end -->)", re.DOTALL)

Run = dict[str, Any]
"""A run as JSON: `date`, `machine`, `versions`, `parts`."""


def as_run(date: str, machine: Mapping[str, str], versions: Mapping[str, str], results: Sequence[Result]) -> Run:
    """A whole run, for a file."""
    return {
        "date": date,
        "machine": dict(machine),
        "versions": dict(versions),
        "parts": [result.as_json() for result in results],
        "targets": [
            {
                "part": one.target.part,
                "row": one.target.row,
                "column": one.target.column,
                "bound": one.target.words,
                "measured": one.value,
                "met": one.is_met,
                "words": one.words,
            }
            for one in judge(results)
        ],
    }


def results_of(run: Run) -> list[Result]:
    """The parts of a run that was kept as JSON."""
    return [Result.from_json(part) for part in run["parts"]]


def merged(older: Run | None, newer: Run, order: Sequence[str]) -> Run:
    """`newer`, with the parts of `older` that it did not measure again, each in its place.

    Both must be of the same machine: a table of two machines would tell nothing. Raises ValueError.
    """
    if older is None:
        return newer
    same = ("processor", "cores", "memory", "kernel")
    if any(older["machine"].get(name) != newer["machine"].get(name) for name in same):
        raise ValueError("the figures that are kept are of another machine: measure all parts")
    parts = {part["part"]: part for part in (*older["parts"], *newer["parts"])}
    results = [Result.from_json(parts[key]) for key in order if key in parts]
    return as_run(newer["date"], newer["machine"], newer["versions"], results)


def read_kept() -> Run | None:
    """The run that the documentation shows now; None without one."""
    if not DATA.exists():
        return None
    run: Run = json.loads(DATA.read_text(encoding="utf-8"))
    return run


def as_text(run: Run) -> str:
    """A run as the text of its file."""
    return json.dumps(run, indent=1, ensure_ascii=False) + "\n"


def write_documents(run: Run) -> None:
    """Put the run into the documentation: data, chart, and the part of the page between its marks."""
    DATA.write_text(as_text(run), encoding="utf-8")
    CHART.write_text(chart_of(run), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_generated(page, run), encoding="utf-8")


def chart_of(run: Run) -> str:
    """The run as a chart."""
    machine = run["machine"]
    title = f"Trackgate, measured {run['date']} on {machine['processor']}, {machine['cores']} cores"
    return chart(results_of(run), title)


def with_generated(page: str, run: Run) -> str:
    """The page with its generated part made anew. Raises ValueError when its marks are not there once."""
    changed, places = _GENERATED.subn(lambda found: found[1] + generated(run) + found[2], page)
    if places != 1:
        raise ValueError("the page has no place for the figures, or several")
    return changed


def generated(run: Run) -> str:
    """The part of the page that a run gives: machine, targets, and a table for each part."""
    results = results_of(run)
    about = "; ".join(f"{name} {value}" for name, value in {**run["machine"], **run["versions"]}.items())
    sections = [
        f"Measured {run['date']}: {about}.",
        "![The figures as bars](benchmarks.svg)",
        "## Targets",
        as_markdown(rows_of_targets(judge(results))),
    ]
    for result in results:
        runs = max((len(figure.runs) for figure in result.figures), default=0)
        notes = " ".join((result.about, f"Medians of {runs} runs." if runs > 1 else "One run.", *result.notes))
        sections += [f"## {result.title}", notes, as_markdown(rows_of(result))]
    return "\n\n".join(sections) + "\n\n"
