"""What every process stands on, and all that the web process needs: no GitHub client, no policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.settings import Settings
from bot.store.database import Database
from bot.store.queue import Queue


class Foundation(Protocol):
    """Settings, store, queue and clock. `clock` gives the present as an aware time in UTC."""

    @property
    def settings(self) -> Settings:
        """What this process was told."""

    @property
    def database(self) -> Database:
        """The pool of connections."""

    @property
    def queue(self) -> Queue:
        """Where jobs are put."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """The present."""


@dataclass(frozen=True)
class WebServices:
    """The foundation alone: what answers webhooks and shows pages."""

    settings: Settings
    database: Database
    queue: Queue
    clock: Callable[[], datetime]
