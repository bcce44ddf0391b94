"""`trackgate doctor`: everything that both gates stand on, looked at once. Nothing is changed anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.core.diagnosis import APP_OWNER, OPERATOR, Diagnosis, Health, failure, fine, warning
from bot.core.grants import PERMISSIONS, judge_app, judge_installation
from bot.doctor_database import CONNECTION, SCHEMA, examine_database
from bot.doctor_repository import examine_repository
from bot.doctor_webhook import examine_webhook
from bot.github_api.errors import BadCredentials, Forbidden, GitHubError, NotFound, Retryable
from bot.github_api.readings import InstalledApp
from bot.services import Services

APP = "GitHub App"


def examine(services: Services, repositories: Sequence[str] = ()) -> Iterator[Diagnosis]:
    """All diagnoses, in the order in which they are made; of all served repositories unless some are named.

    Costs 5 requests, for each installation 2, and for each repository 2 and 1 for each ruleset on tags.
    """
    known = True
    for found in examine_database(services):
        known = known and not (found.health is Health.FAILURE and found.check in (CONNECTION, SCHEMA))
        yield found
    try:
        identity = services.github.identity()
        yield fine(APP, "credentials", f"{identity.slug} (App ID {identity.app_id}): GitHub takes its key")
        asked = services.github.app_grants()
        yield from judge_app(asked.permissions, asked.events)
        yield from examine_webhook(services)
        installations = services.github.installations()
    except GitHubError as error:
        yield _app_failure(error)
        return
    if not installations:
        yield failure(APP, "installations", "it is installed nowhere", APP_OWNER, "install it on the repositories")
    wanted: dict[str, int] = {}
    for repository in repositories:
        try:
            found_id = services.github.installation_of(repository)
        except GitHubError as error:
            yield _failure(repository, "installation", error)
            continue
        if found_id is None:
            text = "the App is not installed on it, or GitHub knows no such repository"
            yield failure(repository, "installation", text, "a repository administrator", "install the App on it")
        else:
            wanted[repository] = found_id
    for one in installations:
        if not repositories or one.installation_id in wanted.values():
            chosen = [name for name, number in wanted.items() if number == one.installation_id]
            yield from _examine_installation(services, one, asked.permissions, chosen, is_database_usable=known)


def _examine_installation(
    services: Services,
    one: InstalledApp,
    asked: Mapping[str, str],
    chosen: Sequence[str],
    *,
    is_database_usable: bool,
) -> Iterator[Diagnosis]:
    subject = f"installation on {one.account}"
    if one.is_suspended:
        text = "suspended: none of its repositories is gated"
        yield warning(subject, "installation", text, f"an owner of {one.account}", "lift the suspension")
        return
    try:
        granted = services.github.installation_grants(one.installation_id)
        yield from judge_installation(one.account, granted.permissions, granted.events, asked)
        installation = services.github.installation(one.installation_id)
        names = chosen or [item.repository for item in installation.repositories() if not item.is_archived]
    except GitHubError as error:
        yield _failure(subject, PERMISSIONS, error)
        return
    has_policy = False
    for name in names:
        try:
            for found in examine_repository(
                services, installation, name, is_named=bool(chosen), is_database_usable=is_database_usable
            ):
                has_policy = True
                yield found
        except GitHubError as error:
            has_policy = True  # as far as anybody knows
            yield _failure(name, "reading", error)
    if not has_policy:
        text = f"no policy is for any of its repositories ({len(names)}): nothing of them is gated"
        action = "name them in `repositories` of a policy in POLICY_DIR, or commit .github/trackgate.yml"
        yield warning(subject, "policy", text, OPERATOR, action)


def _app_failure(error: GitHubError) -> Diagnosis:
    if isinstance(error, BadCredentials | NotFound | Forbidden):
        text = f"GitHub does not take the App's key ({error})"
        action = (
            "set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY to those of one App, and see that the clock is right"
        )
        return failure(APP, "credentials", text, OPERATOR, action)
    return _failure(APP, "credentials", error)


def _failure(subject: str, check: str, error: GitHubError) -> Diagnosis:
    """What GitHub said instead of an answer; its text is safe to show."""
    if isinstance(error, Forbidden) and error.permission is not None:
        return failure(subject, check, str(error), APP_OWNER, f"give the App this permission: {error.permission}")
    if isinstance(error, Retryable):
        text = f"GitHub does not answer ({error})"
        return failure(subject, check, text, OPERATOR, "see whether GITHUB_API_URL can be reached, and try again")
    return failure(
        subject, check, f"GitHub refuses ({error})", APP_OWNER, "see the App's permissions, and try again"
    )
