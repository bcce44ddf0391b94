"""The arithmetic of `docs/capacity.md`."""

from __future__ import annotations

import re

import pytest

from bench import capacity, documents
from bench.capacity import EVALUATIONS, NOTIFYING, POINTS, REQUESTS, WEBHOOKS, WRITES, Load, Measured

MEASURED = Measured(
    web_webhook=2,
    postgres_webhook=1,
    worker_evaluation=10,
    durable=1000,
    jobs=400,
    log_entries=500,
    delivery_kb=5,
    decision_kb=10,
)


def cell(rows: list[list[str]], row: str, column: str) -> str:
    """The cell of a table by the names of its row and column."""
    return next(one for one in rows if one[0] == row)[rows[0].index(column)]


def test_the_busiest_hour_of_developers() -> None:
    """5,000 developers open 5,000 pull requests a day and a fifth of them in the busiest hour."""
    load = Load(5000)
    assert load.pull_requests == 1000
    assert load.webhooks == pytest.approx(1000 * WEBHOOKS / 3600)
    assert load.evaluations == pytest.approx(1000 * EVALUATIONS / 3600)


def test_cores_are_what_each_thing_costs() -> None:
    """A webhook's and an evaluation's milliseconds, by how many there are in a second."""
    load = Load(5000)
    assert load.cores(MEASURED) == pytest.approx(
        (load.webhooks * 0.002, load.evaluations * 0.01, load.webhooks * 0.001)
    )


def test_what_is_stored_is_proportional_to_days() -> None:
    """Deliveries for as long as they are kept, decisions for a year of working days."""
    deliveries, log = Load(100).stored(MEASURED)
    assert deliveries == pytest.approx(100 * WEBHOOKS * capacity.KEPT_DAYS * 5 / 1e6)
    assert log == pytest.approx(100 * WRITES * 250 * 10 / 1e6)


def test_one_installations_limits() -> None:
    """Each limit divided by what one pull request uses of it; developers by the busiest hour."""
    rows = capacity.one_installation()
    hourly = int(5000 / REQUESTS)
    assert cell(rows, "5,000 requests an hour", "pull requests an hour") == f"{hourly:,}"
    assert cell(rows, "5,000 requests an hour", "developers") == f"{int(5000 / REQUESTS / 0.2):,}"
    assert cell(rows, "2,000 points a minute", "pull requests an hour") == f"{int(2000 * 60 / POINTS):,}"
    alone = cell(rows, "500 creations an hour, each alone", "pull requests an hour")
    assert alone == f"{500 // NOTIFYING:,}"


def test_many_installations_cost_by_their_number() -> None:
    """Tokens once an hour each, tag sweeps once a minute each, whatever happens in them."""
    rows = capacity.installations(MEASURED)
    assert cell(rows, "10,000", "tokens an hour") == "10,000"
    assert cell(rows, "10,000", "tag sweeps /s") == "167"
    assert cell(rows, "1,000", "sweeps /s") == "8.33"


def test_tables_replace_only_what_stands_between_their_marks() -> None:
    """What people wrote stays; a page without a place for a table is refused."""
    page = "before\n<!-- a: begin -->\nold\n<!-- a: end -->\nafter\n"
    changed = capacity.with_tables(page, {"a": "| x |"})
    assert changed == "before\n<!-- a: begin -->\n\n| x |\n\n<!-- a: end -->\nafter\n"
    assert capacity.with_tables(changed, {"a": "| x |"}) == changed
    with pytest.raises(ValueError, match="no place"):
        capacity.with_tables("nothing", {"a": "| x |"})


def test_the_committed_page_is_what_the_committed_figures_give() -> None:
    """No table of the page was changed by hand, and none was left behind by new figures."""
    run = documents.read_kept()
    assert run is not None
    page = capacity.PAGE.read_text(encoding="utf-8")
    assert capacity.renewed(page, run) == page
    assert len(re.findall(r"<!-- .*: begin -->", page)) == len(capacity.tables(MEASURED))
