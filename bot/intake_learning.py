"""What the deliveries of one transaction teach, and the jobs that they ask for: for all of them at once.

Deliveries that wait at the same time have no order that anybody could rely on (GitHub promises none), so each kind
of knowledge is kept for all of them before the next, and everything is looked up after it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.core.subjects import (
    CommitSubject,
    DeploymentSubject,
    InstallationSubject,
    MergeGroupSubject,
    PullRequestSubject,
    RepositorySubject,
    Subject,
)
from bot.deployment_callback import callback_path
from bot.interpretation import (
    CommandComment,
    InstallationChange,
    Interpretation,
    PullRequestSeen,
    RepositoryGone,
    RepositoryMoved,
    RequestedDeployment,
)
from bot.payload import Payload, moment_at
from bot.store.commands import Handler, WaitingCommand, store_command
from bot.store.database import Connection
from bot.store.deployments import Deployment, store_deployment
from bot.store.holds import forget_refusals_in
from bot.store.installations import (
    erase_repository,
    forget_repositories,
    installation_of,
    move_repository,
    remember_installation,
    rest_repository,
    suspend_installation,
)
from bot.store.pull_requests import KnownPullRequest, remember_merge_group
from bot.store.queue import Job, JobSubject, installation_job, job_for
from bot.store.repository_names import ListedRepository, learn_ids
from bot.store.seen import Known, remember_pull_requests
from bot.store.text import repository_key
from bot.store.watched_checks import Concerned, concerned_by, forget_watched


@dataclass(frozen=True, slots=True)
class Asked:
    """One delivery that is processed now. `installation_id`: the payload's own word, where it has one."""

    guid: UUID
    payload: Payload
    found: Interpretation
    installation_id: int | None


class Learning:
    """One transaction's. `known` is what the store knew before these deliveries; `now` is when they came."""

    def __init__(self, connection: Connection, known: Known, now: datetime) -> None:
        self._connection = connection
        self._known = known
        self._now = now
        self._concerned: dict[CommitSubject, Concerned] = {}
        # Deliveries whose installation's repositories have IDs that do not fit what is known.
        self._unlearnt: set[UUID] = set()

    def carry_out(self, asked: Sequence[Asked]) -> list[list[Job]]:
        """Keep what was learnt; for each delivery the jobs to queue, each once, by their keys."""
        for one in asked:
            self._move(one.found)
            if one.found.installation is not None:
                self._change_installation(one.found.installation)
                if not self._learn_ids(one.found.installation):
                    self._unlearnt.add(one.guid)
        self._remember_pull_requests(asked)
        for one in asked:
            if one.found.opened_to_somebody is not None:
                forget_refusals_in(self._connection, one.found.opened_to_somebody)
            if one.found.comment is not None:
                self._store_commands(one.guid, one.found.comment)
            for subject in one.found.subjects:
                self._remember_subject(one, subject)
        self._concerned = concerned_by(
            self._connection, [each for one in asked for each in self._commits(one.found)]
        )
        return [self._jobs(one) for one in asked]

    def _move(self, found: Interpretation) -> None:
        match found.moved:
            case RepositoryMoved(old, new):
                move_repository(self._connection, old, new)
            case RepositoryGone(repository, is_deleted=True, repository_id=repository_id):
                erase_repository(self._connection, repository, repository_id)
            case RepositoryGone(repository):
                rest_repository(self._connection, repository)

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

    def _installation_for(self, one: Asked, repository: str) -> int | None:
        """The payload's own word first: it is about this very repository."""
        return one.installation_id or installation_of(self._connection, repository)

    def _remember_pull_requests(self, asked: Sequence[Asked]) -> None:
        seen: list[tuple[KnownPullRequest, datetime | None]] = []
        served: dict[str, int] = {}
        for one in asked:
            pull_request = one.found.pull_request
            if pull_request is None:
                continue
            installation_id = self._installation_for(one, pull_request.repository)
            if installation_id is None:
                continue
            updated_at = moment_at(one.payload, "pull_request", "updated_at")
            seen.append((_known(pull_request, installation_id, self._now), updated_at))
            served[repository_key(pull_request.repository)] = installation_id
        if seen:
            remember_pull_requests(self._connection, seen)
        for repository in sorted(served):
            # Written only where it is news: the row would be locked, and all deliveries of a repository share it.
            if self._known.serving.get(repository) != served[repository]:
                remember_installation(self._connection, served[repository], [repository])

    def _store_commands(self, guid: UUID, comment: CommandComment) -> None:
        for index, command in enumerate(comment.commands):
            store_command(
                self._connection,
                WaitingCommand(
                    delivery_guid=guid,
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

    def _remember_subject(self, one: Asked, subject: Subject) -> None:
        match subject:
            case RepositorySubject(repository):
                forget_watched(self._connection, repository)
            case DeploymentSubject(repository, run_id) if one.found.deployment is not None:
                self._store_deployment(one.guid, one.found.deployment, run_id)
            case MergeGroupSubject(repository, head_sha, base_branch):
                if self._installation_for(one, repository) is not None:
                    remember_merge_group(self._connection, repository, head_sha, base_branch, self._now)

    def _store_deployment(self, guid: UUID, asked: RequestedDeployment, run_id: int) -> None:
        path = callback_path(asked.repository, run_id)
        told = (asked.repository, run_id, asked.environment, asked.ref, asked.sha, path, self._now, guid)
        store_deployment(self._connection, Deployment(*told))

    def _commits(self, found: Interpretation) -> Iterator[CommitSubject]:
        """The commits that this delivery needs to know everybody at."""
        for subject in found.subjects:
            if isinstance(subject, CommitSubject):
                yield subject
        if found.pull_request is not None:
            left = self._head_left_by(found.pull_request)
            if left is not None:
                yield left

    def _head_left_by(self, seen: PullRequestSeen) -> CommitSubject | None:
        """The head SHA that a pull request leaves by closing or moving on; None when it stays, or is new."""
        before = self._known.heads.get((repository_key(seen.repository), seen.number))
        if before is None or (seen.is_open and seen.head_sha == before):
            return None
        return CommitSubject(seen.repository, before)

    def _jobs(self, one: Asked) -> list[Job]:
        """The jobs that a delivery asks for, by their keys."""
        subjects: list[Subject] = list(one.found.subjects)
        if one.guid in self._unlearnt and one.found.installation is not None:
            subjects.append(InstallationSubject(one.found.installation.installation_id))
        if one.found.pull_request is not None:
            subjects += self._left_behind(one.found.pull_request)
        jobs = {job.key: job for subject in subjects for job in self._jobs_of(one, subject)}
        return [jobs[key] for key in sorted(jobs)]

    def _left_behind(self, seen: PullRequestSeen) -> list[Subject]:
        """The pull requests that shared a head SHA with this one, which it leaves.

        Their common gate may have waited only for this one, and nothing else tells them.
        """
        left = self._head_left_by(seen)
        others = [] if left is None else self._concerned[left].numbers
        return [PullRequestSubject(seen.repository, number) for number in others if number != seen.number]

    def _jobs_of(self, one: Asked, subject: Subject) -> list[Job]:
        if isinstance(subject, InstallationSubject):
            return [installation_job(subject.installation_id)]
        installation_id = self._installation_for(one, subject.repository)
        if installation_id is None:
            return []  # the App is not installed there: it could neither read nor write
        concrete = self._at_commit(subject) if isinstance(subject, CommitSubject) else [subject]
        return [job_for(each, installation_id, delivery=one.guid) for each in concrete]

    def _at_commit(self, subject: CommitSubject) -> list[JobSubject]:
        """The pull requests and the merge group whose gate the check may change; usually none or one."""
        concerned = self._concerned[subject]
        return [
            *(PullRequestSubject(subject.repository, number) for number in concerned.numbers),
            *(MergeGroupSubject(subject.repository, subject.sha, base) for base in concerned.bases),
        ]


def _known(seen: PullRequestSeen, installation_id: int, now: datetime) -> KnownPullRequest:
    return KnownPullRequest(
        seen.repository,
        seen.number,
        installation_id,
        seen.head_sha,
        seen.base_branch,
        seen.is_open,
        seen.is_draft,
        seen.title,
        seen.author,
        now,
    )
