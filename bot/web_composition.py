"""The parts of the web process. Kept from `bot.composition`, whose GitHub client and policies it has no use for:
without them each web process is some 25 MB smaller."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.foundation import WebServices
from bot.settings import Settings, require_database
from bot.store.database import Database
from bot.store.queue import Queue

STATEMENT_SECONDS = 8.0
"""GitHub hangs up after 10 seconds, and no page is worth a longer wait."""


def now() -> datetime:
    """The time, aware and in UTC."""
    return datetime.now(UTC)


def compose_web(settings: Settings) -> WebServices:
    """What the web process needs. Opens no connection yet. Raises SettingError."""
    database = Database(require_database(settings.database_url), statement_seconds=STATEMENT_SECONDS)
    return WebServices(settings, database, Queue(), now)
