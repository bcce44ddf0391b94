"""The doctor's look at one repository: what its gates are judged by, and what keeps its release tags."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.diagnosis import APP_OWNER, OPERATOR, Diagnosis, failure
from bot.core.policy import LoadedPolicy
from bot.core.repository_diagnosis import (
    judge_baseline,
    judge_branch,
    judge_policy,
    judge_protection,
    judge_served,
)
from bot.github_api.client import Installation
from bot.github_api.errors import Forbidden
from bot.github_api.release_readings import ReleaseReading, ReleaseReadingPlan
from bot.services import Services
from bot.store.database import DatabaseUnreachableError
from bot.store.installations import installation_of
from bot.store.tags import known_tags


def examine_repository(
    services: Services, installation: Installation, repository: str, *, is_named: bool, is_database_usable: bool
) -> Iterator[Diagnosis]:
    """Everything about one repository. One that no policy is for is passed over, unless it was named.

    Raises GitHubError when it cannot be read (1 request, 1 more for the rulesets and 1 for each of them).
    """
    reading = installation.read_release(repository, ReleaseReadingPlan())
    if reading is None:
        text = "GitHub shows no such repository to the App"
        yield failure(repository, "reading", text, "a repository administrator", "install the App on it")
        return
    in_force = services.policies.in_force(repository, reading.policy_file)
    if in_force is None and not is_named:
        return
    yield judge_policy(repository, in_force)
    if isinstance(in_force, LoadedPolicy):
        yield _branch(installation, reading, in_force)
        yield from _protection(services, installation, repository, in_force)
        if is_database_usable:
            yield from _remembered(services, repository)


def _branch(installation: Installation, reading: ReleaseReading, in_force: LoadedPolicy) -> Diagnosis:
    branch, head = in_force.policy.release.branch, reading.head_sha
    if branch is None or branch == reading.release_branch:
        return judge_branch(reading.repository, reading.release_branch, head)
    return judge_branch(reading.repository, branch, installation.read_branch_head(reading.repository, branch))


def _protection(
    services: Services, installation: Installation, repository: str, in_force: LoadedPolicy
) -> Iterator[Diagnosis]:
    try:
        rulesets = installation.read_rulesets(repository)
    except Forbidden as error:
        text = f"the rulesets cannot be read ({error})"
        yield failure(repository, "tag ruleset", text, APP_OWNER, "give the App Metadata: read")
        return
    app_id = services.github.identity().app_id
    yield from judge_protection(repository, rulesets, in_force, app_id)


def _remembered(services: Services, repository: str) -> Iterator[Diagnosis]:
    try:
        with services.database.transaction() as connection:
            is_served = installation_of(connection, repository) is not None
            tags = known_tags(connection, repository)
    except DatabaseUnreachableError as error:
        yield failure(repository, "tag guard", str(error), OPERATOR, "see the log of PostgreSQL")
        return
    served = judge_served(repository, is_served=is_served)
    if served is not None:
        yield served
    yield judge_baseline(repository, None if tags is None else len(tags))
