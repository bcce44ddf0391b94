"""Which checks an evaluation saw that its policy reads: kept, so that events of others cost nothing."""

from __future__ import annotations

from bot.core.glimpse import watched_checks
from bot.core.subjects import RepositorySubject
from bot.judging import Judged
from bot.services import Services
from bot.store.queue import job_for
from bot.store.watched_checks import keep_watched


def watch_checks(services: Services, judged: Judged, installation_id: int) -> None:
    """Keep what the policy in force reads of the pull request's base branch.

    When something else was known until now, a check that only the new policy names may have been left aside in
    between: the repository is looked at once more.
    """
    policy = judged.policy if judged.apart.in_scope else None
    names = tuple(sorted(name.lower() for name in watched_checks(policy)))
    if judged.memory.watched == names:
        return
    repository = judged.facts.repository
    with services.database.transaction() as connection:
        if keep_watched(connection, repository, judged.facts.base_branch, names):
            services.queue.defer(connection, job_for(RepositorySubject(repository), installation_id))
