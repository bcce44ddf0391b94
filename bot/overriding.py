"""Overrides kept: in the store, where gates find them, and in the decision log, with who, why and until when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from bot.core.checks import check_name
from bot.core.model import Override
from bot.core.overrides import override_story, pending_story
from bot.store.database import Connection
from bot.store.log import Entry, Kind, append
from bot.store.overrides import Asking, ask_or_confirm


def keep_override(
    connection: Connection,
    repository: str,
    number: int,
    override: Override,
    now: datetime,
    delivery_guid: UUID | None,
) -> Override:
    """Keep what was ruled on at `now`; the override as it stands, which differs if somebody else was faster.

    `number` is that of the issue or pull request where the command was given.
    """
    outcome, standing = ask_or_confirm(
        connection,
        repository,
        track=override.track,
        commit_sha=override.commit_sha,
        login=override.confirmed_by or override.by,
        reason=override.reason,
        now=now,
        lasts=override.expires_at - now,
    )
    if outcome in (Asking.ASKED, Asking.CONFIRMED):
        append(connection, _entry(repository, number, standing, outcome, now, delivery_guid))
    return standing


def _entry(
    repository: str, number: int, override: Override, outcome: Asking, now: datetime, delivery_guid: UUID | None
) -> Entry:
    story = pending_story(override) if outcome is Asking.ASKED else override_story(override)
    return Entry(
        Kind.OVERRIDE,
        repository,
        f"#{number}",
        outcome.value,
        f"{check_name(override.track)}: {story}",
        now,
        head_sha=override.commit_sha,
        number=number,
        delivery_guid=delivery_guid,
        content={
            "track": override.track,
            "commit": override.commit_sha,
            "asked_by": override.by,
            "reason": override.reason,
            "confirmed_by": override.confirmed_by,
            "expires_at": override.expires_at.isoformat(),
        },
    )
