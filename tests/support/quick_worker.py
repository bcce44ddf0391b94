"""A worker that takes over what a killed one left within three seconds: `python -m tests.support.quick_worker`."""

from __future__ import annotations

import os

from bot import reconcile
from bot.composition import compose_worker
from bot.settings import read_settings
from bot.worker import WorkerOptions, run_worker


def main() -> None:
    """Work as the environment says, until it is told to stop."""
    options = WorkerOptions(heartbeat=0.3, stalled_after=2.5, look_every=0.3, polling=0.2)
    run_worker(compose_worker(read_settings(os.environ)), reconcile, options)


if __name__ == "__main__":
    main()
