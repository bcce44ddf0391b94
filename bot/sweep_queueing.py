"""What sweeps queue: a look at each repository in its turn, at what waits there, and at the tags of installations.

The repositories' turns spread over the time between two sweeps of each, so that ten thousand of them are a steady
trickle of requests and not a flood every ten minutes.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import timedelta

from bot.core.subjects import DeploymentSubject, ReleasesSubject
from bot.foundation import Foundation
from bot.store.commands import repositories_with_release_commands
from bot.store.deployments import waiting_deployments
from bot.store.failing import failing_keys
from bot.store.installations import served_repositories
from bot.store.queue import SWEEP_JOB, Job, job_for
from bot.store.releases import repositories_with_active_releases
from bot.store.sweeps import (
    note_queued,
    repositories_in_turn,
    repository_sweep_job,
    serving_installations,
    tag_sweep_job,
)

BETWEEN_TURNS = timedelta(minutes=9, seconds=30)
"""Somewhat less than the ten minutes that are promised: the turns are looked for once a minute."""
SHARE_OF_A_MINUTE = 1 / 9


def queue_all_sweeps(
    services: Foundation, installation_id: int | None = None, *, only: Set[str] | None = None
) -> None:
    """Queue a look at every repository that is served now, or at those of one installation, or some of these."""
    with services.database.transaction() as connection:
        served = served_repositories(connection, installation_id)
    if only is not None:
        served = [(repository, owner) for repository, owner in served if repository in only]
    _queue_sweeps(services, served)


def queue_sweeps_in_turn(services: Foundation) -> None:
    """Queue a look at the repositories whose turn it is: at most a ninth of all."""
    with services.database.transaction() as connection:
        since = services.clock() - BETWEEN_TURNS
        served = repositories_in_turn(connection, since, SHARE_OF_A_MINUTE)
    _queue_sweeps(services, served)


def queue_tag_sweeps(services: Foundation) -> None:
    """Queue a comparison of the release tags of every installation."""
    with services.database.transaction() as connection:
        found = serving_installations(connection)
    for installation_id in found:
        _queue(services, tag_sweep_job(installation_id))


def _queue_sweeps(services: Foundation, served: Sequence[tuple[str, int]]) -> None:
    """Each job in a transaction of its own, so that no two of us can wait for each other."""
    with services.database.transaction() as connection:
        # A release waits for something to arrive, or a command for an answer that an outage kept away.
        waiting = repositories_with_active_releases(connection) | repositories_with_release_commands(connection)
        asked = waiting_deployments(connection)
        failing = failing_keys(connection)
    for repository, owner in served:
        with services.database.transaction() as connection:
            services.queue.defer(connection, repository_sweep_job(repository, owner))
            note_queued(connection, repository, services.clock())
        if repository in waiting:
            _queue(services, job_for(ReleasesSubject(repository), owner, priority=SWEEP_JOB.priority))
    owners = dict(served)
    for one in asked:
        if one.repository in owners:
            subject = DeploymentSubject(one.repository, one.run_id, one.environment)
            job = job_for(subject, owners[one.repository])
            if job.key not in failing:  # else its next attempt has its time
                _queue(services, job)


def _queue(services: Foundation, job: Job) -> None:
    with services.database.transaction() as connection:
        services.queue.defer(connection, job)
