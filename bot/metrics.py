"""What is counted, for Prometheus. `bot.web.metrics` shows it.

With PROMETHEUS_MULTIPROC_DIR set (as `trackgate serve` does) every process of this machine writes its numbers
into that folder, and whichever answers `/metrics` adds them up. Without it each shows its own: a worker at
METRICS_PORT. Queue figures come from the database instead, so they are right for all machines.
"""

from __future__ import annotations

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

DELIVERIES = Counter("trackgate_deliveries", "Webhook deliveries by event and outcome", ["event", "outcome"])
EVALUATIONS = Counter("trackgate_evaluations", "Evaluations by task and outcome", ["task", "outcome"])
EVALUATION_SECONDS = Histogram(
    "trackgate_evaluation_seconds",
    "Duration of an evaluation, in seconds",
    ["task"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
CHECK_LAG_SECONDS = Histogram(
    "trackgate_check_lag_seconds",
    "From the arrival of a delivery to the end of the evaluation that it caused, in seconds",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
)
GITHUB_REQUESTS = Counter(
    "trackgate_github_requests",
    "Requests to GitHub by kind and answer (an HTTP status, or none)",
    ["kind", "answer"],
)
GITHUB_REQUEST_SECONDS = Histogram(
    "trackgate_github_request_seconds",
    "Duration of a request to GitHub, in seconds",
    ["kind"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)
ERRORS = Counter("trackgate_errors", "What went wrong, by place and type of error", ["place", "type"])


def counted() -> CollectorRegistry:
    """Every process's numbers where they share a folder, else this one's."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


_MOST_EVENTS = 100
_known_events: set[str] = set()


def event_label(event: str) -> str:
    """`event` as a label's value. It comes from a header, so the number of values is bounded."""
    if event not in _known_events:
        if len(_known_events) >= _MOST_EVENTS:
            return "other"
        _known_events.add(event)
    return event
