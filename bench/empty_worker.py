"""A worker whose evaluations do nothing: what is left is the queue. `python -m bench.empty_worker`."""

from __future__ import annotations

import os
from typing import Any, cast

from bot.composition import compose_worker
from bot.reconciler import Reconciler
from bot.services import Services
from bot.settings import read_settings
from bot.worker import WorkerOptions, run_worker


class Nothing:
    """Answers whatever the queue's tasks call, at once and with nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_given, **_more: ()


def main() -> None:
    """Work until SIGTERM, with the options that `trackgate worker` has by default."""
    reconciler = cast("Reconciler[Services]", Nothing())
    run_worker(compose_worker(read_settings(os.environ)), reconciler, WorkerOptions())


if __name__ == "__main__":
    main()
