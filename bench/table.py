"""Figures as tables: aligned text for a terminal, Markdown for the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from bench.figures import Result, shown
from bench.targets import Verdict

Rows = list[list[str]]


def rows_of(result: Result) -> Rows:
    """The table of one part, its heading first; a unit stands in the heading when all of a column have it."""
    columns = list(dict.fromkeys(one.column for one in result.figures))
    rows = list(dict.fromkeys(one.row for one in result.figures))
    units = {column: {one.unit for one in result.figures if one.column == column} for column in columns}
    found = [[""] + [_heading(column, units[column]) for column in columns]]
    for row in rows:
        cells = [row]
        for column in columns:
            figure = result.find(row, column)
            unit = f" {figure.unit}" if figure and figure.unit and len(units[column]) > 1 else ""
            cells.append("" if figure is None else shown(figure.median) + unit)
        found.append(cells)
    return found


def rows_of_targets(verdicts: Sequence[Verdict]) -> Rows:
    """The targets, each with what was measured and whether it is met."""
    found = [["target", "bound", "measured", ""]]
    for one in verdicts:
        unit = f" {one.unit}" if one.unit else ""
        value = "" if one.value is None else shown(one.value) + unit
        name = f"{one.title}: {one.target.row}, {one.target.column}"
        found.append([name, one.target.words + unit, value, one.words])
    return found


def as_text(rows: Rows) -> str:
    """Columns aligned by spaces: names to the left, numbers to the right."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in
                 enumerate(zip(row, widths, strict=True))]  # fmt: skip
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def as_markdown(rows: Rows) -> str:
    """A Markdown table; names to the left, numbers to the right."""
    head, *body = rows
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *body])


def _heading(column: str, units: set[str]) -> str:
    [unit] = units if len(units) == 1 else [""]
    return f"{column} ({unit})" if unit else column
