"""What the service does for itself, once for all its processes: old rows go every hour."""

from __future__ import annotations

from datetime import timedelta

import structlog
from procrastinate import App, JobContext

from bot.foundation import Foundation
from bot.job_runner import Runner
from bot.store.queue import QUEUE
from bot.store.retention import prune

PRUNE = "prune"
_log = structlog.stdlib.get_logger(__name__)


def prune_old_rows(services: Foundation) -> None:
    """Delete what is done with and older than the settings say."""
    before = services.clock() - timedelta(days=services.settings.retention_days)
    deleted = prune(services.database, before)
    _log.info("old rows deleted", before=before.isoformat(), **deleted)


def add_upkeep_tasks(app: App, runner: Runner, services: Foundation) -> None:
    """Register the tasks on `app`."""

    @app.periodic(cron="17 * * * *", priority=-10)
    @app.task(name=PRUNE, queue=QUEUE, lock=PRUNE, queueing_lock=PRUNE, pass_context=True)
    def prune_rows(context: JobContext, timestamp: int = 0, *, attempt: int = 0) -> None:  # noqa: ARG001
        runner.run(context, attempt, None, lambda _: prune_old_rows(services))
