"""Deliveries that GitHub could not hand over, or that we gave up or lost, are asked for again.

GitHub delivers by itself only once (docs: handling failed webhook deliveries). Its own list of deliveries is
looked through, back to where the last look ended; what our store does not hold is kept as missed, and asked for:
what only a payload tells goes first. Each step
is kept before the next one, so that a crash in between neither forgets a delivery nor asks for one twice. While
nothing gets through, only a probe is asked for (`bot.store.redelivery`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from bot.github_api.errors import BadCredentials, Forbidden, LimitReached, NotFound, Refused
from bot.github_api.hook_deliveries import HookDelivery
from bot.services import Services
from bot.store.database import Connection
from bot.store.queue import installation_job
from bot.store.recovery import (
    RECOVERY_JOB,
    Missed,
    Watch,
    forget_old,
    keep_missed,
    keep_watch,
    note_arrived,
    note_unlisted,
    oldest_in_doubt,
    read_watch,
    repositories_by_id,
)
from bot.store.redelivery import (
    Attempts,
    is_any_ready,
    is_any_waiting,
    next_missed,
    next_probe,
    note_asked_for,
    note_attempts,
    note_not_asked,
    note_refused,
    release_doubtful,
)
from bot.store.sweeps import repository_sweep_job

ASKED_IN_A_RUN = 50
"""Some seconds of work; what is left is asked for by the next job, so that a worker can always end in time."""
SETTLED = timedelta(minutes=1)
"""GitHub waits 10 seconds for an answer (30 on GitHub Enterprise Server): younger deliveries may still arrive."""
MARGIN = timedelta(minutes=3)
"""GitHub's clock and ours may differ, and its list need not be in the order of time to the second."""
IN_DOUBT = timedelta(minutes=5)
"""After this, a delivery that was asked for is in GitHub's list, or GitHub never heard of it."""
LOOK_AGAIN = timedelta(seconds=15)
"""After a probe: GitHub has delivered it by then, or has waited its 10 seconds in vain."""
ONLY_IN_THE_PAYLOAD = frozenset(
    {
        "issue_comment",
        "deployment_protection_rule",
        "installation",
        "installation_repositories",
        "repository",
        "repository_ruleset",
        "merge_group",
        "push",
        "create",
        "delete",
        "release",
        "member",
    }
)
"""Events whose facts no sweep reads from GitHub, or not soon; all others only say where to look."""
_log = structlog.stdlib.get_logger(__name__)


def recover_deliveries(services: Services) -> None:
    """Find what was missed, let its repositories be compared at once, and ask GitHub for some of it.

    1 request for each 100 deliveries since the last look, and 1 for each missed one, at most `ASKED_IN_A_RUN`;
    another job goes on with the rest. While nothing gets through, one is asked for as a probe, and another look
    soon sees what became of it. Raises what the client raises; the next run goes on where this one ended.
    """
    _Look(services).go_through()
    asked = 0
    while asked < ASKED_IN_A_RUN and _ask_for_one(services, next_missed):
        asked += 1
    is_probed = asked == 0 and _ask_for_one(services, next_probe)
    with services.database.transaction() as connection:
        now = services.clock()
        if is_any_ready(connection, now):
            services.queue.defer(connection, RECOVERY_JOB)
        elif (asked or is_probed) and is_any_waiting(connection):
            services.queue.defer_later(connection, RECOVERY_JOB, now + LOOK_AGAIN, now=now)


@dataclass
class _Look:
    """One look through GitHub's list, page by page from the newest on."""

    services: Services
    succeeded: set[UUID] = field(default_factory=set)
    found: int = 0

    def go_through(self) -> None:
        """Keep every missed delivery, then where the next look may end."""
        started = self.services.clock()
        with self.services.database.transaction() as connection:
            watch = read_watch(connection)
            doubtful = oldest_in_doubt(connection, started)
        back_to = min(watch.seen_until, doubtful - MARGIN if doubtful is not None else watch.seen_until)
        while True:
            try:
                page = self.services.github.deliveries(watch.next_page)
            except (Refused, NotFound):
                if watch.next_page is None:
                    raise
                watch = replace(watch, next_page=None, next_seen_until=None)  # GitHub no longer knows that page
                continue
            last = page.deliveries[-1].delivered_at if page.deliveries else None
            is_end = page.next_page is None or (last is not None and last < back_to)
            watch = self._keep(page.deliveries, replace(watch, next_page=page.next_page), started, is_end=is_end)
            if is_end:
                break
        if self.found:
            _log.warning("deliveries were missed", deliveries=self.found)

    def _keep(self, deliveries: Sequence[HookDelivery], watch: Watch, started: datetime, *, is_end: bool) -> Watch:
        """One page, in one transaction."""
        watch = replace(watch, next_seen_until=_next_seen_until(deliveries, watch, started))
        if is_end:
            watch = Watch(watch.next_seen_until or watch.seen_until)
        self.succeeded |= {one.guid for one in deliveries if one.succeeded}
        settled = [one for one in deliveries if one.delivered_at < started - SETTLED]
        missed = [_missed(one, succeeded=one.guid in self.succeeded) for one in settled]
        with self.services.database.transaction() as connection:
            keep_watch(connection, watch)
            note_attempts(connection, self._attempts(deliveries, settled))
            new = keep_missed(connection, missed)
            if is_end:
                note_arrived(connection, started)
                release_doubtful(connection, started - IN_DOUBT)
                note_unlisted(connection, started - MARGIN, started)
                forget_old(connection, started)
            self._sweep(connection, new)
        self.found += len(new)
        return watch

    def _attempts(self, deliveries: Sequence[HookDelivery], settled: Sequence[HookDelivery]) -> Attempts:
        failed = [one for one in settled if not one.succeeded]
        return Attempts(
            [(one.guid, one.delivered_at) for one in failed if one.guid not in self.succeeded],
            [(one.guid, one.delivered_at) for one in deliveries if one.is_redelivery],
            max((one.delivered_at for one in deliveries if one.succeeded), default=None),
            max((one.delivered_at for one in failed), default=None),
        )

    def _sweep(self, connection: Connection, new: Sequence[tuple[int | None, int | None]]) -> None:
        """Where something was missed all is compared now: long before everything has been delivered again."""
        served = repositories_by_id(connection, {number for _, number in new if number is not None})
        found = [repository_sweep_job(name, owner, priority=0) for name, owner in served.values()]
        found += [installation_job(owner) for owner, number in new if owner is not None and number not in served]
        jobs = {job.key: job for job in found}
        for key in sorted(jobs):
            self.services.queue.defer(connection, jobs[key])


def _ask_for_one(services: Services, choose: Callable[[Connection, datetime], tuple[UUID, int] | None]) -> bool:
    """Ask for the one that is chosen; False when there is none.

    When it is not known whether GitHub heard, it stays open until GitHub's list tells.
    """
    with services.database.transaction() as connection:
        one = choose(connection, services.clock())
    if one is None:
        return False
    guid, delivery_id = one
    try:
        services.github.ask_for_delivery(delivery_id)
    except (LimitReached, BadCredentials, Forbidden):
        with services.database.transaction() as connection:
            note_not_asked(connection, guid)
        raise
    except (Refused, NotFound) as error:
        with services.database.transaction() as connection:
            note_refused(connection, guid, str(error))
        return True
    with services.database.transaction() as connection:
        note_asked_for(connection, guid)
    return True


def _next_seen_until(deliveries: Sequence[HookDelivery], watch: Watch, started: datetime) -> datetime | None:
    """Where the next look may end: before all that is not settled yet. The first page, the newest, says it."""
    if watch.next_seen_until is not None or not deliveries:
        return watch.next_seen_until
    newest = max(one.delivered_at for one in deliveries)
    return max(watch.seen_until, min(newest, started) - MARGIN)


def _missed(one: HookDelivery, *, succeeded: bool) -> Missed:
    return Missed(
        one.guid,
        one.delivery_id,
        one.event,
        one.action,
        one.installation_id,
        one.repository_id,
        one.delivered_at,
        urgency=0 if one.event in ONLY_IN_THE_PAYLOAD else 1,
        succeeded=succeeded,
    )
