"""A worker process whose evaluation never ends, to be killed: `python -m tests.support.stuck_worker URL FILE`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr

from bot.composition import now
from bot.foundation import Foundation, WebServices
from bot.settings import Settings
from bot.store.database import Database
from bot.store.queue import Queue
from bot.worker import run_worker
from tests.support.worker import Recorder


class Stuck(Recorder):
    """Says with a file that it began, and never ends."""

    def pull_request(
        self, services: Foundation, repository: str, number: int, installation_id: int, *, delivery: UUID | None
    ) -> None:
        """Begin, and stay."""
        Path(sys.argv[2]).touch()
        while True:
            time.sleep(60)


if __name__ == "__main__":
    url = sys.argv[1]
    run_worker(WebServices(Settings(SecretStr("s")), Database(url), Queue(), now), Stuck())
