"""Figures of the benchmark: medians over runs, targets, tables, the page and the chart."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from bench import documents
from bench.chart import PANELS, chart
from bench.figures import Part, Reading, Result, joined, percentile, rounded, shown
from bench.parts import PARTS
from bench.table import as_markdown, as_text, rows_of
from bench.targets import STORM, TARGETS, judge, missed_counts

MACHINE = {"processor": "P", "cores": "2", "memory": "8 GiB", "kernel": "Linux 6"}
KEYS = [part.key for part in PARTS]


def result(key: str, *runs: dict[tuple[str, str], float], unit: str = "") -> Result:
    """A part with these readings in its runs."""
    part = Part(key, key.title(), "What it is.", lambda _ground: [])
    return joined(part, [[Reading(*place, value, unit) for place, value in run.items()] for run in runs])


def storm(*requests: float) -> Result:
    """The storm of the targets, with so many requests in its runs."""
    return result("storm", *({("requests", STORM): count} for count in requests))


def test_a_figure_is_the_median_of_its_runs() -> None:
    """Three runs in any order give the middle one; all are kept."""
    [figure] = result("latency", {("0 ms", "p50"): 9}, {("0 ms", "p50"): 3}, {("0 ms", "p50"): 4}).figures
    assert (figure.median, figure.runs) == (4, (9, 3, 4))


def test_what_one_run_lacks_the_others_still_give() -> None:
    """A run that could not measure a figure does not take it out of the table."""
    found = result("latency", {("a", "x"): 1, ("b", "x"): 2}, {("a", "x"): 3})
    assert {one.row: one.runs for one in found.figures} == {"a": (1, 3), "b": (2,)}


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)], ids=["p50", "p99", "all", "none"]
)
def test_percentiles(share: float, expected: float) -> None:
    """Of the numbers from 1 to 100, in any order, the percentile is that number."""
    assert percentile([*range(51, 101), *range(1, 51)], share) == expected


def test_a_percentile_of_nothing_is_refused() -> None:
    """No values are a fault of the benchmark, and no zero."""
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_numbers_for_people() -> None:
    """Three digits that mean something, thousands apart, whole numbers without a point."""
    assert [shown(one) for one in (0, 1234.5, 99.96, 12.345, 0.12345, 2000)] == [
        *("0", "1,234", "100", "12.3", "0.123", "2,000")
    ]
    assert rounded(0.000123456) == 0.000123


def test_a_count_is_judged_by_its_worst_run() -> None:
    """One run in three that needs too many requests misses the target, although the median keeps it."""
    verdicts = [one for one in judge([storm(900, 1100, 950)]) if one.target.row == "requests"]
    assert [(one.value, one.is_met, one.words) for one in verdicts] == [(1100, False, "missed by 100 (10%)")]
    assert verdicts[0] in missed_counts(verdicts)


def test_a_time_is_judged_by_its_median_and_never_fails_a_check() -> None:
    """One slow run does not miss the target; a slow median does, and is still no reason to end with 1."""
    quick = result("storm", *({("quiet after", STORM): seconds} for seconds in (14, 30, 15)))
    slow = result("storm", *({("quiet after", STORM): seconds} for seconds in (14, 30, 16)))
    for found, is_met in ((quick, True), (slow, False)):
        [verdict] = [one for one in judge([found]) if one.target.row == "quiet after"]
        assert verdict.is_met is is_met
        assert verdict not in missed_counts([verdict])


def test_a_target_that_was_not_measured_is_not_met() -> None:
    """A part that was measured without one of its targets says so; other parts' targets are not spoken of."""
    verdicts = judge([storm(900)])
    assert {one.target.part for one in verdicts} == {"storm"}
    [lost] = [one for one in verdicts if one.target.row == "lost"]
    assert (lost.is_met, lost.words) == (False, "not measured")


def test_every_target_is_of_a_part_that_is_measured() -> None:
    """No target can be kept by never looking, and no panel of the chart can be forgotten."""
    assert {target.part for target in TARGETS} | {panel.part for panel in PANELS} <= set(KEYS)


def test_tables() -> None:
    """A unit stands in the heading when a whole column has it; both forms have the same cells."""
    rows = rows_of(result("latency", {("0 ms", "p50"): 40, ("0 ms", "p99"): 61.2}, unit="ms"))
    assert rows == [["", "p50 (ms)", "p99 (ms)"], ["0 ms", "40", "61.2"]]
    assert as_text(rows) == "      p50 (ms)  p99 (ms)\n0 ms        40      61.2"
    assert as_markdown(rows).splitlines()[1:] == ["| --- | ---: | ---: |", "| 0 ms | 40 | 61.2 |"]


def run_of(*results: Result) -> documents.Run:
    """A run as it is kept."""
    return documents.as_run("2026-11-23", MACHINE, {"Python": "3.11"}, results)


def test_a_run_is_the_same_after_it_was_kept() -> None:
    """From figures to JSON and back."""
    kept = storm(900, 950, 980)
    assert documents.results_of(run_of(kept)) == [kept]


def test_parts_measured_again_replace_what_was_kept() -> None:
    """The others stay, in the order of the tables."""
    older = run_of(storm(1), result("decision", {("10 files", "6 tracks"): 1}))
    merged = documents.merged(older, run_of(storm(2), result("requests", {("opened", "requests"): 2})), KEYS)
    assert [part["part"] for part in merged["parts"]] == ["requests", "storm", "decision"]
    assert documents.results_of(merged)[1] == storm(2)


def test_figures_of_two_machines_are_not_mixed() -> None:
    """What another machine measured cannot stand in one table with ours."""
    older = run_of(storm(1))
    older["machine"]["cores"] = "64"
    with pytest.raises(ValueError, match="another machine"):
        documents.merged(older, run_of(storm(2)), KEYS)


def test_the_page_keeps_what_people_wrote() -> None:
    """Only what stands between the marks is made anew."""
    page = "# Title\n\n<!-- bench: begin -->\nold\n<!-- bench: end -->\n\nThe end.\n"
    changed = documents.with_generated(page, run_of(storm(900)))
    assert changed.startswith("# Title\n\n<!-- bench: begin -->\nMeasured 2026-11-23: processor P;")
    assert changed.endswith("<!-- bench: end -->\n\nThe end.\n")
    assert "old" not in changed
    with pytest.raises(ValueError, match="no place"):
        documents.with_generated("# Title\n", run_of(storm(900)))


def test_the_committed_page_shows_the_committed_figures() -> None:
    """Data, page and chart are of one run: none was changed by hand."""
    run = documents.read_kept()
    assert run is not None
    page = documents.PAGE.read_text(encoding="utf-8")
    assert documents.with_generated(page, run) == page
    assert documents.CHART.read_text(encoding="utf-8") == documents.chart_of(run)


def test_the_chart_is_well_formed_and_hostile_names_stay_text() -> None:
    """Every figure is a bar; a missed target is another colour than one that is met; markup is escaped."""
    found = replace(storm(900, 900, 900), title="<script>")
    tall = result("memory", {("web", "after the storm, RSS"): 121, ("worker", "after the storm, RSS"): 90})
    drawn = ElementTree.fromstring(chart([found, tall], "<b>"))  # noqa: S314 - it is our own
    bars = [one.get("class") for one in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert sorted(bars) == ["bar", "bar", "missed"]
    assert drawn.find("{http://www.w3.org/2000/svg}title").text == "<b>"
