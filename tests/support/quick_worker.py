"""A worker that takes over what a killed one left within two seconds: `python -m tests.support.quick_worker`."""

from __future__ import annotations

import os

from bot import reconcile
from bot.composition import compose_worker
from bot.settings import read_settings
from bot.worker import WorkerOptions, run_worker

if __name__ == "__main__":
    options = WorkerOptions(heartbeat=0.3, stalled_after=1.0, look_every=0.3, polling=0.2)
    run_worker(compose_worker(read_settings(os.environ)), reconcile, options)
