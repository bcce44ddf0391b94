"""The figures as bars in one SVG file: drawn by a template, so that no drawing library is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.figures import Figure, Result, shown
from bench.targets import TARGETS

TEMPLATES = Path(__file__).with_name("templates")
WIDTH, LABEL_END, BARS_AT, BARS_WIDTH = 900, 250, 262, 470
HEAD, STEP, GAP = 46, 24, 18


@dataclass(frozen=True, slots=True)
class Panel:
    """One group of bars: figures of one part and one unit, of all rows and columns or those named.

    `second` names the columns that are only the yardstick.
    """

    part: str
    title: str
    note: str
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    second: tuple[str, ...] = ()

    def shows(self, figure: Figure) -> bool:
        """Whether a figure has a bar here."""
        in_rows = not self.rows or figure.row in self.rows
        return in_rows and (not self.columns or figure.column in self.columns)

    def label(self, figure: Figure) -> str:
        """What tells its bar from the others."""
        parts = [figure.row] if len(self.rows) != 1 else []
        return ", ".join([*parts, figure.column] if len(self.columns) != 1 else parts)


PANELS = (
    Panel("requests", "Requests to GitHub for one event", columns=("requests",), note="the line is the target"),
    Panel("storm", "The storm: requests to GitHub", rows=("requests",), note="2,000 webhooks, 200 pull requests"),
    Panel("storm", "The storm: seconds until quiet", rows=("quiet after",), note="by GitHub's time for an answer"),
    Panel("growth", "The storm with more workers: seconds until quiet", rows=("quiet after",), note="at 50 ms"),
    Panel("latency", "Webhook to final check, ms", columns=("p50", "p99", "own p50", "own p99"),
          note="one event at a time; own: without GitHub's answers"),
    Panel("acknowledgements", "Acknowledged deliveries per second, 32 connections",
          columns=("bare Flask", "durable"), second=("bare Flask",),
          note="durable: stored and queued in PostgreSQL; bare: the same server with an empty Flask view"),
    Panel("memory", "Memory of a process, MB", columns=("after the storm, RSS",), note="the line is the target"),
    Panel("throughput", "The queue alone: jobs per second", columns=("jobs",), note="jobs that do nothing"),
    Panel("decision", "One decision of the core, ms", note="by changed files and tracks"),
)  # fmt: skip


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
    found = [(one, _bound(panel.part, one.row, one.column)) for one in result.figures if panel.shows(one)]
    longest = max([figure.median for figure, _ in found] + [bound for _, bound in found if bound], default=0) or 1
    for place, (figure, bound) in enumerate(found):
        width = round(figure.median / longest * BARS_WIDTH, 1)
        bound_at = None if bound is None else round(BARS_AT + bound / longest * BARS_WIDTH, 1)
        is_missed = bound is not None and figure.median > bound
        kind = "second" if figure.column in panel.second else "missed" if is_missed else "bar"
        yield {
            "label": panel.label(figure),
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
