"""The figures as bars in one SVG file: drawn by a template, so that no drawing library is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.figures import Result, shown
from bench.targets import TARGETS

TEMPLATES = Path(__file__).with_name("templates")
WIDTH, LABEL_END, BARS_AT, BARS_WIDTH = 900, 250, 262, 470
HEAD, STEP, GAP = 46, 24, 18


@dataclass(frozen=True, slots=True)
class Panel:
    """One group of bars: figures of one part and one unit. `second` names the rows that are only the yardstick."""

    part: str
    title: str
    columns: tuple[str, ...]
    note: str
    rows: tuple[str, ...] | None = None
    second: tuple[str, ...] = ()


PANELS = (
    Panel(
        "requests", "Requests to GitHub for one event", ("requests",), "reads and writes; the line is the target"
    ),
    Panel(
        "acknowledgements",
        "Acknowledged deliveries per second, 32 connections",
        ("bare Flask", "durable"),
        "durable: stored and queued in PostgreSQL; bare: the same server with an empty Flask view",
        second=("bare Flask",),
    ),
    Panel(
        "latency", "Webhook to final check, ms", ("p50", "p99"), "one event at a time, GitHub's answers included"
    ),
    Panel(
        "storm",
        "The storm: requests to GitHub",
        ("requests",),
        "2,000 events, 200 pull requests, one installation",
    ),
    Panel("storm", "The storm: seconds until quiet", ("quiet after",), "limits of GitHub switched on"),
    Panel("growth", "Evaluations per second with more workers", ("evaluations",), "GitHub answers in 50 ms"),
    Panel("decision", "One decision of the core, ms", ("6 tracks", "50 tracks", "200 tracks"), "by changed files"),
    Panel("memory", "Memory of a process, MB", ("after the storm, RSS",), "the line is the target"),
)


def chart(results: Sequence[Result], title: str) -> str:
    """The SVG text with a panel for each group of figures that was measured."""
    by_key = {result.key: result for result in results}
    panels, top = [], 16
    for panel in PANELS:
        bars = list(_bars(panel, by_key))
        if bars:
            panels.append({"title": panel.title, "note": panel.note, "top": top, "bars": bars})
            top += HEAD + STEP * len(bars) + GAP
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    template = environment.get_template("chart.svg.j2")
    return template.render(
        title=title, width=WIDTH, height=top, panels=panels, label_end=LABEL_END, bars_at=BARS_AT
    )


def _bars(panel: Panel, results: Mapping[str, Result]) -> Iterator[dict[str, object]]:
    result = results.get(panel.part)
    if result is None:
        return
    found = [
        (one, _bound(panel.part, one.row, one.column))
        for one in result.figures
        if one.column in panel.columns and (panel.rows is None or one.row in panel.rows)
    ]
    longest = max([figure.median for figure, _ in found] + [bound for _, bound in found if bound], default=0) or 1
    for place, (figure, bound) in enumerate(found):
        width = round(figure.median / longest * BARS_WIDTH, 1)
        bound_at = None if bound is None else round(BARS_AT + bound / longest * BARS_WIDTH, 1)
        is_missed = bound is not None and figure.median > bound
        kind = "second" if figure.column in panel.second else "missed" if is_missed else "bar"
        label = figure.row if len(panel.columns) == 1 else f"{figure.row}, {figure.column}"
        yield {
            "label": label,
            "kind": kind,
            "top": HEAD + place * STEP,
            "width": max(width, 1),
            "bound": bound_at,
            "text_at": max(BARS_AT + width, bound_at or 0) + 8,
            "text": f"{shown(figure.median)} {figure.unit}".strip(),
        }


def _bound(part: str, row: str, column: str) -> float | None:
    """The target of a figure, where less is better; other targets are no line to stay left of."""
    return next(
        (
            one.bound
            for one in TARGETS
            if (one.part, one.row, one.column) == (part, row, column) and not one.at_least
        ),
        None,
    )
