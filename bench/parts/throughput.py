"""What the queue alone carries: jobs that do nothing, worked off by 1, 2 and 4 worker processes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import psycopg

from bench.figures import Part, Reading
from bench.ground import Ground, wait_for
from bench.service import environment_of, new_port, processes
from bench.world import credentials_of_nobody
from bot.core.subjects import PullRequestSubject
from bot.store.queue import Queue, job_for

JOBS = 2000
INSTALLATIONS = 10
COMMAND = (sys.executable, "-m", "bench.empty_worker")
WORKERS = (1, 2, 4)
# Where the clock starts and stops, in shares of the jobs: workers do not start at the same moment.
FROM, TO = 0.1, 0.9


def measure(ground: Ground) -> Iterator[Reading]:
    """Queue everything, then start the workers."""
    for count in WORKERS:
        folder = ground.new_folder("throughput")
        with ground.database() as database_url:
            environment = environment_of(credentials_of_nobody(), database_url, new_port(), folder)
            _fill(database_url)
            with processes(COMMAND, environment, folder, count):
                per_second = _rate(database_url)
        yield Reading(f"{count} worker{'s' if count > 1 else ''}", "jobs", per_second, "/s")


def _fill(database_url: str) -> None:
    """Jobs of as many pull requests, of several installations."""
    queue = Queue()
    with psycopg.connect(database_url) as connection:
        for number in range(JOBS):
            installation = number % INSTALLATIONS + 1
            subject = PullRequestSubject(f"meta/repository-{installation}", number + 1)
            queue.defer(connection, job_for(subject, installation))


def _rate(database_url: str) -> float:
    """Jobs per second between the first tenth and the last."""
    with psycopg.connect(database_url, autocommit=True) as connection:

        def left() -> int:
            row = connection.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'evaluate_pull_request'"
            ).fetchone()
            return int(row[0]) if row else 0

        found: list[tuple[float, int]] = []

        def is_done() -> bool:
            found.append((time.monotonic(), left()))
            return found[-1][1] <= JOBS * (1 - TO)

        wait_for(is_done, "the last job")
    began = next(one for one in found if one[1] <= JOBS * (1 - FROM))
    ended = found[-1]
    return (began[1] - ended[1]) / max(ended[0] - began[0], 0.001)


PART = Part(
    "throughput",
    "The queue alone",
    f"{JOBS:,} jobs of as many pull requests, whose evaluation does nothing, by that many worker processes.",
    measure,
)
