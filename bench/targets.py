"""The targets, each beside the figure that it is for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.figures import Result, shown

STORM = "50 ms"
"""The storm that the targets are for: GitHub answers in 50 ms, and the service is what `trackgate serve` runs."""


@dataclass(frozen=True, slots=True)
class Target:
    """A bound for one figure. A count is the same on every machine: `--check` fails when one is missed."""

    part: str
    row: str
    column: str
    bound: float
    at_least: bool = False
    is_count: bool = False

    @property
    def words(self) -> str:
        """The bound for people."""
        return f"{'≥' if self.at_least else '≤'} {shown(self.bound)}"

    def is_met(self, value: float) -> bool:
        """Whether a value keeps the bound."""
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target with what was measured, None when it was not: of a count the worst run, else the median."""

    target: Target
    title: str
    value: float | None
    unit: str = ""

    @property
    def is_met(self) -> bool:
        """Whether it was measured and kept."""
        return self.value is not None and self.target.is_met(self.value)

    @property
    def words(self) -> str:
        """Met, or by how much it was missed."""
        if self.value is None:
            return "not measured"
        if self.is_met:
            return "met"
        difference = abs(self.value - self.target.bound)
        share = f" ({difference / self.target.bound:.0%})" if self.target.bound else ""
        return f"missed by {shown(difference)}{share}"


def _counts(row: str, most: int) -> Target:
    return Target("requests", row, "requests", most, is_count=True)


TARGETS = (
    _counts("opened", 2),
    _counts("review that changes the gate", 2),
    _counts("check that changes the gate", 2),
    _counts("nothing changed", 1),
    _counts("duplicate", 0),
    _counts("comment without a command", 0),
    _counts("own check run", 0),
    _counts("check that no policy names", 0),
    _counts("sweep of 100 unchanged", 2),
    Target("acknowledgements", "1 web process", "ratio", 0.6, at_least=True),
    Target("acknowledgements", "2 web processes", "ratio", 0.6, at_least=True),
    Target("acknowledgements", "1 web process", "p99", 100),
    Target("acknowledgements", "2 web processes", "p99", 100),
    Target("latency", "0 ms", "own p50", 60),
    Target("latency", "0 ms", "own p99", 60),
    Target("latency", "50 ms", "own p50", 60),
    Target("latency", "50 ms", "own p99", 60),
    Target("storm", "requests", STORM, 1000, is_count=True),
    Target("storm", "refused", STORM, 0, is_count=True),
    Target("storm", "lost", STORM, 0, is_count=True),
    Target("storm", "limits broken", STORM, 0, is_count=True),
    Target("storm", "quiet after", STORM, 15),
    Target("memory", "web", "after the storm, RSS", 120),
    Target("memory", "web", "after the storm, PSS of all", 120),
    Target("memory", "worker", "after the storm, RSS", 120),
)


def judge(results: Sequence[Result]) -> list[Verdict]:
    """Every target whose part was measured, with what was found."""
    by_key = {result.key: result for result in results}
    found = []
    for target in TARGETS:
        result = by_key.get(target.part)
        if result is None:
            continue
        figure = result.find(target.row, target.column)
        if figure is None:
            found.append(Verdict(target, result.title, None))
        else:
            value = figure.worst if target.is_count else figure.median
            found.append(Verdict(target, result.title, value, figure.unit))
    return found


def missed_counts(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The counts that are missed: times depend on the machine, counts do not."""
    return [one for one in verdicts if one.target.is_count and not one.is_met]
