"""The parts of the web process. Kept from `bot.composition`, whose GitHub client and policies it has no use for:
without them each web process is some 25 MB smaller."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.foundation import WebServices
from bot.settings import Settings, require_database
from bot.store.database import Database
from bot.store.queue import Queue


def now() -> datetime:
    """The time, aware and in UTC."""
    return datetime.now(UTC)


def compose_web(settings: Settings) -> WebServices:
    """What the web process needs. Opens no connection yet. Raises SettingError."""
    return WebServices(settings, Database(require_database(settings.database_url)), Queue(), now)
