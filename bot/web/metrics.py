"""`/metrics`: what was counted (see `bot.metrics`), and queue, budgets and missed deliveries as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import psycopg
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.foundation import Foundation
from bot.metrics import counted
from bot.store.database import DatabaseUnreachableError
from bot.store.limits import AccountBudget, budgets_now
from bot.store.queue import QueueState, queue_state
from bot.store.recovery import MissedSummary, missed_summary

MOST_BUDGETS = 500
"""Accounts and resources shown: a time series for each of 10,000 installations helps nobody."""


def blueprint(services: Foundation) -> Blueprint:
    """The route, working with `services`."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def show() -> Response:
        numbers = generate_latest(counted())
        kept = CollectorRegistry()
        kept.register(_StoreCollector(services))
        return Response(numbers + generate_latest(kept), content_type=CONTENT_TYPE_LATEST)

    return routes


class _StoreCollector(Collector):
    """What the database knows, and so is right for all processes on all machines."""

    def __init__(self, services: Foundation) -> None:
        self._services = services

    def collect(self) -> Iterable[Metric]:
        """The queue, what is left of GitHub's limits, and what GitHub could not deliver; nothing without it."""
        try:
            with self._services.database.transaction() as connection:
                return [*_queue(queue_state(connection)), *_budgets(budgets_now(connection)),
                        _missed(missed_summary(connection))]  # fmt: skip
        except (DatabaseUnreachableError, psycopg.Error):
            return []


def _queue(state: QueueState) -> Iterator[Metric]:
    depth = GaugeMetricFamily("trackgate_queue_jobs", "Jobs by state", labels=["state"])
    for name in ("waiting", "scheduled", "running", "failed"):
        depth.add_metric([name], getattr(state, name))
    yield depth
    yield GaugeMetricFamily(
        "trackgate_queue_oldest_waiting_seconds",
        "How long the job that waits longest has been due",
        value=state.oldest_waiting_seconds,
    )


def _budgets(budgets: Sequence[AccountBudget]) -> Iterator[Metric]:
    """By account (an installation, or the App itself) and resource; of many, those with the least left."""
    labels = ["account", "resource"]
    remaining = GaugeMetricFamily("trackgate_github_budget_remaining", "Requests left this hour", labels=labels)
    points = GaugeMetricFamily("trackgate_github_points", "Points used in the last minute", labels=labels)
    paused = GaugeMetricFamily("trackgate_github_paused", "Whether GitHub wants no more for now", labels=labels)
    for one in sorted(budgets, key=_share_left)[:MOST_BUDGETS]:
        values = [one.account, one.resource]
        if one.remaining is not None:
            remaining.add_metric(values, one.remaining)
        points.add_metric(values, one.points)
        paused.add_metric(values, one.paused_until is not None)
    yield from (remaining, points, paused)


def _share_left(budget: AccountBudget) -> float:
    if budget.paused_until is not None:
        return 0.0
    return 1.0 if not budget.limit or budget.remaining is None else budget.remaining / budget.limit


def _missed(summary: MissedSummary) -> Metric:
    family = GaugeMetricFamily(
        "trackgate_missed_deliveries",
        "Events that did not arrive by themselves, by what became of them",
        labels=["state"],
    )
    for name in ("waiting", "arrived", "lost", "refused"):
        family.add_metric([name], getattr(summary, name))
    return family
