"""What a benchmark finds: readings of single runs, joined to figures with a median over the runs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.ground import Ground


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of one run. `row` and `column` are its place in the part's table; `unit` is for people."""

    row: str
    column: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """The same reading of all runs, in their order."""

    row: str
    column: str
    unit: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.runs)

    @property
    def worst(self) -> float:
        """The highest of the runs: what counts where once is too often."""
        return max(self.runs)


@dataclass(frozen=True, slots=True)
class Part:
    """One group of figures. `measure` is one run of it; `about` is one sentence that says what is measured.

    `notes` are further sentences for whoever reads the figures. `most_runs` bounds the runs of a part whose single
    run takes minutes; None means as many as were asked for.
    """

    key: str
    title: str
    about: str
    measure: Callable[[Ground], Iterable[Reading]]
    notes: tuple[str, ...] = ()
    most_runs: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A part that was measured."""

    key: str
    title: str
    about: str
    notes: tuple[str, ...]
    figures: tuple[Figure, ...]

    def find(self, row: str, column: str) -> Figure | None:
        """The figure at a place of the table, if it was measured."""
        return next((one for one in self.figures if (one.row, one.column) == (row, column)), None)

    def as_json(self) -> dict[str, Any]:
        """For `docs/benchmarks.json`: medians beside the single runs."""
        figures = [
            {
                "row": one.row,
                "column": one.column,
                "unit": one.unit,
                "median": rounded(one.median),
                "runs": [rounded(value) for value in one.runs],
            }
            for one in self.figures
        ]
        return {
            "part": self.key,
            "title": self.title,
            "about": self.about,
            "notes": list(self.notes),
            "figures": figures,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Result:
        """What `as_json` gave, to be joined with the parts of another run."""
        figures = tuple(
            Figure(one["row"], one["column"], one["unit"], tuple(one["runs"])) for one in data["figures"]
        )
        return cls(data["part"], data["title"], data["about"], tuple(data["notes"]), figures)


def joined(part: Part, runs: Sequence[Sequence[Reading]]) -> Result:
    """The figures of a part from the readings of its runs; what one run lacks, the others still give."""
    values: dict[tuple[str, str], list[float]] = {}
    units: dict[tuple[str, str], str] = {}
    for reading in (reading for run in runs for reading in run):
        values.setdefault((reading.row, reading.column), []).append(reading.value)
        units[reading.row, reading.column] = reading.unit
    figures = tuple(Figure(*place, units[place], tuple(found)) for place, found in values.items())
    return Result(part.key, part.title, part.about, part.notes, figures)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed. Raises ValueError."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


def rounded(value: float) -> float:
    """Three digits that mean something, so that a committed file does not change in its noise."""
    if value == 0 or value == int(value):
        return value
    return round(value, max(0, 2 - math.floor(math.log10(abs(value)))))


def shown(value: float) -> str:
    """A number for people: thousands apart, no more digits than were measured well."""
    value = rounded(value)
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:g}"
