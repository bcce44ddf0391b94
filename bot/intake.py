"""What a delivery leaves behind, in one transaction: itself, what it taught us, its commands, and jobs.

Either all of it is committed, and only then does GitHub hear 202, or nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from bot.core.subjects import (
    CommitSubject,
    DeploymentSubject,
    InstallationSubject,
    MergeGroupSubject,
    PullRequestSubject,
    ReleasesSubject,
    RepositorySubject,
    Subject,
)
from bot.deployment_callback import callback_path, callback_run
from bot.events import interpret
from bot.foundation import Foundation
from bot.interpretation import (
    CommandComment,
    InstallationChange,
    Interpretation,
    Own,
    PullRequestSeen,
    RepositoryGone,
    RepositoryMoved,
    RequestedDeployment,
)
from bot.payload import Payload, moment_at, number_at, text_at
from bot.store.commands import Handler, WaitingCommand, store_command
from bot.store.database import Connection
from bot.store.deliveries import Outcome, StoredDelivery, store_delivery
from bot.store.deployments import Deployment, store_deployment
from bot.store.installations import (
    erase_repository,
    forget_repositories,
    installation_of,
    move_repository,
    own_app,
    remember_installation,
    rest_repository,
    suspend_installation,
)
from bot.store.pull_requests import (
    KnownPullRequest,
    find_pull_request,
    pull_requests_with_head,
    remember_merge_group,
    remember_pull_request,
)
from bot.store.queue import Job, JobSubject, installation_job, job_for
from bot.store.releases import has_active_releases
from bot.store.repository_names import ListedRepository, learn_ids
from bot.store.sign_offs import COMMENT_DELETED, end_by_comment
from bot.store.watched_checks import forget_watched, merge_group_concerned, pull_requests_concerned


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery whose signature was found right. `payload` is `body`, parsed."""

    guid: UUID
    event: str
    payload: Payload
    body: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a delivery, for the answer, the log and the metrics."""

    outcome: Outcome
    reason: str
    jobs: tuple[str, ...] = ()


def accept(services: Foundation, delivery: Delivery) -> Accepted:
    """Store and queue what `delivery` asks for; durable when this returns.

    Raises DatabaseUnreachableError, and psycopg.Error for anything else that the database says no to. In both
    cases nothing was stored.
    """
    with services.database.transaction() as connection:
        own = own_app(connection)
        found = interpret(delivery.event, delivery.payload, Own(*own) if own else Own())
        found = _with_releases(connection, services, found, delivery)
        outcome = Outcome.QUEUED if found.has_work else Outcome.NOTHING
        stored = _as_stored(delivery, services.clock(), outcome, found.reason)
        if not store_delivery(connection, stored):
            return Accepted(Outcome.NOTHING, "duplicate")
        jobs = _Intake(connection, delivery.guid, stored).carry_out(found, delivery.payload)
        for job in jobs:
            services.queue.defer(connection, job)
    return Accepted(outcome, found.reason, tuple(job.key for job in jobs))


def _with_releases(
    connection: Connection, services: Foundation, found: Interpretation, delivery: Delivery
) -> Interpretation:
    """What only the store or the settings can tell: whether a release waits, and whose a callback address is."""
    repository = text_at(delivery.payload, "repository", "full_name") or ""
    if found.concerns_releases and has_active_releases(connection, repository):
        found = replace(found, subjects=(*found.subjects, ReleasesSubject(repository)))
    if found.deleted_comment is not None and end_by_comment(
        connection, *found.deleted_comment, services.clock(), COMMENT_DELETED
    ):
        found = replace(found, subjects=(*found.subjects, ReleasesSubject(repository)))
    if found.deployment is not None:
        return _with_deployment(connection, services, found, found.deployment, delivery)
    return found


def _with_deployment(
    connection: Connection,
    services: Foundation,
    found: Interpretation,
    asked: RequestedDeployment,
    delivery: Delivery,
) -> Interpretation:
    run_id = callback_run(asked.callback_url, services.settings.github_api_url, asked.repository)
    if run_id is None:
        return Interpretation("deployment whose callback is not the configured API's")
    known = Deployment(
        asked.repository,
        run_id,
        asked.environment,
        asked.ref,
        asked.sha,
        callback_path(asked.repository, run_id),
        services.clock(),
        delivery.guid,
    )
    store_deployment(connection, known)
    return replace(found, subjects=(DeploymentSubject(asked.repository, run_id, asked.environment),))


def keep_failed(services: Foundation, delivery: Delivery, reason: str) -> None:
    """Keep a delivery that we could not make sense of; the same GUID is accepted again later."""
    with services.database.transaction() as connection:
        bare = StoredDelivery(
            delivery.guid,
            delivery.event,
            None,
            None,
            None,
            services.clock(),
            delivery.body,
            Outcome.FAILED,
            reason,
        )
        store_delivery(connection, bare)


def _as_stored(delivery: Delivery, now: datetime, outcome: Outcome, reason: str) -> StoredDelivery:
    return StoredDelivery(
        guid=delivery.guid,
        event=delivery.event,
        action=text_at(delivery.payload, "action"),
        installation_id=number_at(delivery.payload, "installation", "id"),
        repository=text_at(delivery.payload, "repository", "full_name"),
        received_at=now,
        body=delivery.body,
        outcome=outcome,
        reason=reason,
    )


class _Intake:
    """One delivery's transaction."""

    def __init__(self, connection: Connection, guid: UUID, stored: StoredDelivery) -> None:
        self._connection = connection
        self._guid = guid
        self._now = stored.received_at
        self._installation_id = stored.installation_id

    def carry_out(self, found: Interpretation, payload: Payload) -> list[Job]:
        """Keep what was learnt; the jobs to queue, each once and in an order that all deliveries share.

        The order matters: two transactions that hold waiting jobs of each other's would deadlock.
        """
        match found.moved:
            case RepositoryMoved(old, new):
                move_repository(self._connection, old, new)
            case RepositoryGone(repository, is_deleted=True, repository_id=repository_id):
                erase_repository(self._connection, repository, repository_id)
            case RepositoryGone(repository):
                rest_repository(self._connection, repository)
        subjects = list(found.subjects)
        if found.installation is not None:
            self._change_installation(found.installation)
            if not self._learn_ids(found.installation):
                subjects.append(InstallationSubject(found.installation.installation_id))
        if found.pull_request is not None:
            subjects += self._left_behind(found.pull_request)
            self._remember(found.pull_request, payload)
        if found.comment is not None:
            self._store_commands(found.comment)
        jobs = {job.key: job for subject in subjects for job in self._jobs_of(subject)}
        return [jobs[key] for key in sorted(jobs)]

    def _change_installation(self, change: InstallationChange) -> None:
        if change.all_lost:
            suspend_installation(self._connection, change.installation_id)
            return
        suspend_installation(self._connection, change.installation_id, suspended=False)
        forget_repositories(self._connection, change.installation_id, change.lost)
        remember_installation(self._connection, change.installation_id, change.gained)

    def _learn_ids(self, change: InstallationChange) -> bool:
        told = [ListedRepository(number, name) for name, number in change.ids]
        return learn_ids(self._connection, told)

    def _installation_for(self, repository: str) -> int | None:
        """The payload's own word first: it is about this very repository."""
        return self._installation_id or installation_of(self._connection, repository)

    def _left_behind(self, seen: PullRequestSeen) -> list[Subject]:
        """The pull requests that shared a head SHA with this one, which it leaves by closing or moving on.

        Their common gate may have waited only for this one, and nothing else tells them.
        """
        known = find_pull_request(self._connection, seen.repository, seen.number)
        if known is None or (seen.is_open and seen.head_sha == known.head_sha):
            return []
        others = pull_requests_with_head(self._connection, seen.repository, known.head_sha)
        return [
            PullRequestSubject(seen.repository, other.number) for other in others if other.number != seen.number
        ]

    def _remember(self, seen: PullRequestSeen, payload: Payload) -> None:
        installation_id = self._installation_for(seen.repository)
        if installation_id is None:
            return
        known = KnownPullRequest(
            seen.repository,
            seen.number,
            installation_id,
            seen.head_sha,
            seen.base_branch,
            seen.is_open,
            seen.is_draft,
            seen.title,
            seen.author,
            self._now,
        )
        updated_at = moment_at(payload, "pull_request", "updated_at")
        remember_pull_request(self._connection, known, updated_at=updated_at)
        remember_installation(self._connection, installation_id, [seen.repository])

    def _store_commands(self, comment: CommandComment) -> None:
        for index, command in enumerate(comment.commands):
            store_command(
                self._connection,
                WaitingCommand(
                    delivery_guid=self._guid,
                    comment_id=comment.comment_id,
                    line_number=index,
                    comment_node_id=comment.comment_node_id,
                    repository=comment.repository,
                    number=comment.number,
                    sender=comment.sender,
                    word=command.word,
                    verb=command.verb,
                    nearest=command.nearest,
                    argument=command.argument,
                    received_at=self._now,
                    commented_at=comment.written_at,
                    handled_by=Handler.RELEASE_DESK if index in comment.for_release else Handler.PULL_REQUEST,
                ),
            )

    def _jobs_of(self, subject: Subject) -> list[Job]:
        if isinstance(subject, InstallationSubject):
            return [installation_job(subject.installation_id)]
        installation_id = self._installation_for(subject.repository)
        if installation_id is None:
            return []  # the App is not installed there: it could neither read nor write
        match subject:
            case CommitSubject():
                concrete = self._at_commit(subject)
            case RepositorySubject():
                forget_watched(self._connection, subject.repository)
                concrete = [subject]
            case MergeGroupSubject():
                remember_merge_group(
                    self._connection, subject.repository, subject.head_sha, subject.base_branch, self._now
                )
                concrete = [subject]
            case _:
                concrete = [subject]
        return [job_for(one, installation_id, delivery=self._guid) for one in concrete]

    def _at_commit(self, subject: CommitSubject) -> list[JobSubject]:
        """The pull requests and the merge group whose gate the check may change; usually none or one."""
        found: list[JobSubject] = [
            PullRequestSubject(subject.repository, number)
            for number in pull_requests_concerned(self._connection, subject)
        ]
        base = merge_group_concerned(self._connection, subject)
        if base is not None:
            found.append(MergeGroupSubject(subject.repository, subject.sha, base))
        return found
