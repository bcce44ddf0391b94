"""`/metrics`: what was counted (see `bot.metrics`), and the queue as it is now."""

from __future__ import annotations

import os
from collections.abc import Iterable

import psycopg
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from bot.foundation import Foundation
from bot.store.database import DatabaseUnreachableError
from bot.store.queue import queue_state


def blueprint(services: Foundation) -> Blueprint:
    """The route, working with `services`."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def show() -> Response:
        numbers = generate_latest(_counted())
        queue = CollectorRegistry()
        queue.register(_QueueCollector(services))
        return Response(numbers + generate_latest(queue), content_type=CONTENT_TYPE_LATEST)

    return routes


def _counted() -> CollectorRegistry:
    """Every process's numbers where they share a folder, else this one's."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


class _QueueCollector(Collector):
    def __init__(self, services: Foundation) -> None:
        self._services = services

    def collect(self) -> Iterable[Metric]:
        """The queue's depth by state, and the age of what waits longest; nothing without a database."""
        try:
            with self._services.database.transaction() as connection:
                state = queue_state(connection)
        except (DatabaseUnreachableError, psycopg.Error):
            return
        depth = GaugeMetricFamily("trackgate_queue_jobs", "Jobs by state", labels=["state"])
        for name in ("waiting", "scheduled", "running", "failed"):
            depth.add_metric([name], getattr(state, name))
        yield depth
        yield GaugeMetricFamily(
            "trackgate_queue_oldest_waiting_seconds",
            "How long the job that waits longest has been due",
            value=state.oldest_waiting_seconds,
        )
