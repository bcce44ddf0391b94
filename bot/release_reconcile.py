"""Read → decide → write for what concerns releases: the desk, the tags, the deployments of a repository.

The first two exclude each other: a tag that the desk is making must never look unauthorised to the guard.
"""

from __future__ import annotations

from uuid import UUID

from bot.core.subjects import ReleasesSubject
from bot.deployment_answers import deployment
from bot.release_commands import CommandDesk
from bot.release_desk import Desk
from bot.ruleset_watch import watch_rulesets
from bot.services import Services
from bot.store.locks import desk_lock
from bot.store.queue import job_for
from bot.store.releases import has_active_releases
from bot.store.sweeps import forget_tags
from bot.tag_guard import Guard

__all__ = ["deployment", "releases", "tags"]


def releases(services: Services, repository: str, installation_id: int, *, delivery: UUID | None) -> None:
    """Obey the commands of the release desk, and bring every armed release as far as it can go."""
    installation = services.github.installation(installation_id)
    with desk_lock(services.database, repository):
        desk = Desk(services, installation, repository, delivery)
        CommandDesk(desk).work()
        desk.advance_all()
    desk.defer_next_look(installation_id)


def tags(
    services: Services, repository: str, installation_id: int, *, rulesets: bool, delivery: UUID | None
) -> None:
    """Put right what happened to release tags outside the gate; with `rulesets`, see what protects them."""
    installation = services.github.installation(installation_id)
    found = True
    try:
        with desk_lock(services.database, repository):
            found = Guard(services, installation, repository, delivery).work()
    finally:
        if found:
            with services.database.transaction() as connection:
                forget_tags(connection, repository)  # so that the next sweep looks again
    if rulesets:
        watch_rulesets(services, installation, repository, delivery)
    with services.database.transaction() as connection:
        if found and has_active_releases(connection, repository):
            job = job_for(ReleasesSubject(repository), installation_id, delivery=delivery)
            services.queue.defer(connection, job)
