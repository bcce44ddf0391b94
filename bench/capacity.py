"""What the measured figures mean for organisations: the tables of `docs/capacity.md`, by plain arithmetic.

`python -m bench.capacity` renews them from `docs/benchmarks.json`. Everything that is assumed is a constant here,
and a row of the page's first table.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from bench import documents
from bench.figures import Result, shown
from bench.table import Rows, as_markdown

PAGE = documents.DOCS / "capacity.md"
HOUR, MINUTE = 3600.0, 60.0

# A pull request's life. Four heads: opened, and three pushes; of the eight jobs for each a policy names two.
HEADS, JOBS, NAMED_JOBS = 4, 8, 2
REVIEWS, COMMENTS, LABELS_AND_EDITS = 3, 5, 3
WEBHOOKS = (
    (1 + HEADS - 1 + LABELS_AND_EDITS + 2 + 1) + REVIEWS + COMMENTS + (HEADS + 1) + HEADS * (JOBS * 2 + 1) + 28
)
"""pull_request, review, comment, push, check_run with check_suite, and those that our own writes cause."""
EVALUATIONS = 1 + (HEADS - 1) + LABELS_AND_EDITS + 1 + REVIEWS + HEADS * NAMED_JOBS * 2
WRITES = 1 + (HEADS - 1) + 2 + HEADS * NAMED_JOBS
NOTIFYING = 1 + 2
"""Opened, and two pushes that made an approval stale."""
REQUESTS = EVALUATIONS + WRITES
POINTS = EVALUATIONS + 5 * WRITES

PULL_REQUESTS_A_DAY = 1.0
BUSIEST_HOUR = 0.2
SHARE_OF_CORES = 0.5
KEPT_DAYS = 14
DEVELOPERS = (50, 500, 5000)
INSTALLATIONS = (100, 1000, 10_000)
DEVELOPERS_OF_ONE, REPOSITORIES_OF_ONE = 10, 5
BUDGETS = (5000, 12_500)
SWEEPS_AN_HOUR, LISTED_AT_ONCE, APP_BUDGET = 6, 100, 5000


@dataclass(frozen=True, slots=True)
class Measured:
    """What one thing costs, in milliseconds of one core; what one part carries, in a second."""

    web_webhook: float
    postgres_webhook: float
    worker_evaluation: float
    durable: float
    jobs: float
    log_entries: float
    delivery_kb: float
    decision_kb: float

    @classmethod
    def of(cls, results: Mapping[str, Result], webhooks: int = 2000) -> Measured:
        """From a run. Raises LookupError when a part of it was not measured."""

        def figure(part: str, row: str, column: str) -> float:
            found = results[part].find(row, column)
            if found is None:
                raise LookupError(f"{part}: {row}, {column}")
            return found.median

        one = "1 worker"
        return cls(
            figure("growth", "web, processor", one) / webhooks * 1000,
            figure("growth", "PostgreSQL, processor", one) / webhooks * 1000,
            figure("growth", "worker, processor for one evaluation", one),
            figure("acknowledgements", "1 web process", "durable"),
            figure("throughput", one, "jobs"),
            figure("log", "8 connections", "entries"),
            figure("storm", "stored for one delivery", "50 ms"),
            figure("storm", "stored for one decision", "50 ms"),
        )


@dataclass(frozen=True, slots=True)
class Load:
    """The busiest hour of so many developers."""

    developers: int

    @property
    def pull_requests(self) -> float:
        """Pull requests' lives in that hour."""
        return self.developers * PULL_REQUESTS_A_DAY * BUSIEST_HOUR

    @property
    def webhooks(self) -> float:
        """In a second."""
        return self.pull_requests * WEBHOOKS / HOUR

    @property
    def evaluations(self) -> float:
        """In a second."""
        return self.pull_requests * EVALUATIONS / HOUR

    def cores(self, measured: Measured) -> tuple[float, float, float]:
        """Cores kept busy by web processes, workers and PostgreSQL."""
        return (
            self.webhooks * measured.web_webhook / 1000,
            self.evaluations * measured.worker_evaluation / 1000,
            self.webhooks * measured.postgres_webhook / 1000,
        )

    def stored(self, measured: Measured) -> tuple[float, float]:
        """Gigabytes of deliveries while they are kept, and of the log in a year of 250 days."""
        a_day = self.developers * PULL_REQUESTS_A_DAY
        deliveries = a_day * WEBHOOKS * KEPT_DAYS * measured.delivery_kb / 1e6
        return deliveries, a_day * WRITES * 250 * measured.decision_kb / 1e6


def assumptions() -> Rows:
    """What is assumed of people and pull requests, and what follows for one pull request."""
    return [
        ["of one pull request, from opened to merged", "number"],
        ["heads (opened, and pushes)", shown(HEADS)],
        ["jobs of the CI for each head, of which a policy names two", shown(JOBS)],
        ["reviews; comments; labels and edits", f"{REVIEWS}; {COMMENTS}; {LABELS_AND_EDITS}"],
        ["webhooks, with those that our own writes cause", shown(WEBHOOKS)],
        ["evaluations: 1 read each", shown(EVALUATIONS)],
        ["writes", shown(WRITES)],
        ["of these, writes that notify people", shown(NOTIFYING)],
        ["requests to GitHub", f"{EVALUATIONS} + {WRITES} = {REQUESTS}"],
        ["points (read 1, write 5)", f"{EVALUATIONS} + 5 × {WRITES} = {POINTS}"],
        ["pull requests of a developer and day", shown(PULL_REQUESTS_A_DAY)],
        ["share of the busiest hour in a day", f"{BUSIEST_HOUR:.0%}"],
    ]


def one_installation() -> Rows:
    """How many pull requests an hour each of GitHub's limits allows, and so how many developers."""
    limits = [
        (f"{budget:,} requests an hour", budget / REQUESTS, f"{budget:,} / {REQUESTS}") for budget in BUDGETS
    ]
    limits += [
        ("2,000 points a minute", 2000 * MINUTE / POINTS, f"2,000 × 60 / {POINTS}"),
        ("80 creations a minute", 80 * MINUTE / NOTIFYING, f"80 × 60 / {NOTIFYING}"),
        ("500 creations an hour, each alone", 500 / NOTIFYING, f"500 / {NOTIFYING}"),
        ("500 creations an hour, four to a document", 500 * 4 / NOTIFYING, f"500 × 4 / {NOTIFYING}"),
    ]
    rows = [["GitHub's limit", "arithmetic", "pull requests an hour", "developers"]]
    for name, most, arithmetic in limits:
        developers = most / (PULL_REQUESTS_A_DAY * BUSIEST_HOUR)
        rows.append([name, arithmetic, shown(float(int(most))), shown(float(int(developers)))])
    return rows


def one_machine(measured: Measured) -> Rows:
    """What each kind of process costs and carries."""
    return [
        ["what", "measured", "one core carries"],
        ["web process: one webhook", f"{shown(measured.web_webhook)} ms", _a_second(measured.web_webhook)],
        [
            "worker: one evaluation",
            f"{shown(measured.worker_evaluation)} ms",
            _a_second(measured.worker_evaluation),
        ],
        [
            "PostgreSQL: one webhook with its share of evaluations",
            f"{shown(measured.postgres_webhook)} ms",
            _a_second(measured.postgres_webhook),
        ],
        ["web process, while PostgreSQL works on the same cores", "", f"{shown(measured.durable)}/s"],
        ["queue, one worker with jobs that do nothing", "", f"{shown(measured.jobs)}/s"],
        ["decision log, whatever appends", "", f"{shown(measured.log_entries)}/s"],
    ]


def organisations(measured: Measured) -> Rows:
    """The busiest hour of organisations."""
    rows = [
        [
            "developers",
            "webhooks /s",
            "evaluations /s",
            "requests an hour",
            "creations an hour",
            "cores: web",
            "worker",
            "PostgreSQL",
            "deliveries, GB",
            "log, GB a year",
        ]
    ]
    for developers in DEVELOPERS:
        load = Load(developers)
        hourly = load.pull_requests
        cells = [load.webhooks, load.evaluations, hourly * REQUESTS, hourly * NOTIFYING]
        cells += [*load.cores(measured), *load.stored(measured)]
        rows.append([shown(float(developers)), *(shown(cell) for cell in cells)])
    return rows


def installations(measured: Measured) -> Rows:
    """Many installations: what their number alone costs, in the busiest hour."""
    rows = [
        [
            "installations",
            "webhooks /s",
            "evaluations /s",
            "sweeps /s",
            "tag sweeps /s",
            "tokens an hour",
            "pages of deliveries an hour",
            "log entries /s",
            "cores in all",
            "processes: web",
            "worker",
        ]
    ]
    for count in INSTALLATIONS:
        load = Load(count * DEVELOPERS_OF_ONE)
        web, worker, postgres = load.cores(measured)
        cells = [
            load.webhooks,
            load.evaluations,
            count * REPOSITORIES_OF_ONE * SWEEPS_AN_HOUR / HOUR,
            count / MINUTE,
            float(count),
            load.webhooks * HOUR / LISTED_AT_ONCE,
            load.pull_requests * WRITES / HOUR,
            web + worker + postgres,
            float(ceil(web / SHARE_OF_CORES)),
            float(ceil(worker / SHARE_OF_CORES)),
        ]
        rows.append([shown(float(count)), *(shown(cell) for cell in cells)])
    return rows


def tables(measured: Measured) -> dict[str, str]:
    """The generated parts of the page, by their names."""
    return {
        "assumptions": as_markdown(assumptions()),
        "one installation": as_markdown(one_installation()),
        "one machine": as_markdown(one_machine(measured)),
        "organisations": as_markdown(organisations(measured)),
        "installations": as_markdown(installations(measured)),
    }


def with_tables(page: str, found: Mapping[str, str]) -> str:
    """The page with each table made anew. Raises ValueError when one has no place, or several."""
    for name, table in found.items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        before, opened, rest = page.partition(begin)
        _old, closed, after = rest.partition(end)
        if not opened or not closed or begin in after:
            raise ValueError(f"the page has no place for {name}, or several")
        page = f"{before}{begin}\n{table}\n\n{end}{after}"
    return page


def renewed(page: str, run: documents.Run) -> str:
    """The page as the figures of a run make it. Raises LookupError when a part was not measured."""
    results = {result.key: result for result in documents.results_of(run)}
    return with_tables(page, tables(Measured.of(results)))


def main() -> int:
    """Renew the page from the figures that the documentation keeps."""
    run = documents.read_kept()
    if run is None:
        return 1
    write(PAGE, run)
    return 0


def write(path: Path, run: documents.Run) -> None:
    """Renew the page in its file."""
    path.write_text(renewed(path.read_text(encoding="utf-8"), run), encoding="utf-8")


def _a_second(milliseconds: float) -> str:
    return f"{shown(float(int(1000 / milliseconds)))}/s" if milliseconds else ""


if __name__ == "__main__":
    sys.exit(main())
