"""Read → decide → write, for each kind of subject. Whatever is raised here is tried again by the queue.

The state on GitHub follows from what is read here and now; the delivery that caused it is only noted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

import structlog

from bot.core.effects import decision_digest, effects_of, gate_effects
from bot.core.merge_group import decide_merge_group
from bot.core.model import (
    CheckRun,
    Decision,
    Effect,
    MergeGroupFacts,
    PostCheckRun,
    RequestReview,
    State,
)
from bot.core.policy import LoadedPolicy
from bot.core.subjects import MergeGroupSubject, PullRequestSubject
from bot.github_api.client import Installation
from bot.github_api.errors import GitHubError, Retryable
from bot.github_api.readings import Handles, Outcome
from bot.judging import Judged, read_and_judge
from bot.obedience import obey
from bot.services import Services
from bot.store.commands import note_answered, waiting_commands
from bot.store.decisions import record_decision
from bot.store.holds import note_refusals
from bot.store.installations import remember_app, remember_installation, suspend_installation
from bot.store.locks import head_lock
from bot.store.pull_requests import (
    KnownPullRequest,
    close_pull_requests,
    merge_groups_into,
    remember_merge_group,
    remember_pull_request,
)
from bot.store.queue import job_for

_log = structlog.stdlib.get_logger(__name__)


def pull_request(
    services: Services, repository: str, number: int, installation_id: int, *, delivery: UUID | None
) -> None:
    """Make GitHub show the pull request's gate as it is now, and answer the commands that wait on it."""
    installation = services.github.installation(installation_id)
    judged = read_and_judge(services, installation, installation_id, repository, number)
    if judged is None or not judged.reading.sibling_numbers:
        _follow_up(services, installation, installation_id, judged, delivery)
        return
    # Pull requests that share a head SHA share its check runs: whoever writes them must have read last.
    with head_lock(services.database, repository, judged.facts.head_sha):
        judged = read_and_judge(services, installation, installation_id, repository, number)
        _follow_up(services, installation, installation_id, judged, delivery)


def _follow_up(
    services: Services,
    installation: Installation,
    installation_id: int,
    judged: Judged | None,
    delivery: UUID | None,
) -> None:
    if judged is None or not judged.facts.is_open:
        return
    repository, number = judged.facts.repository, judged.facts.number
    with services.database.transaction() as connection:
        commands = waiting_commands(connection, repository, number)
    answers: tuple[Effect, ...] = ()
    if commands:
        judged, answers = obey(services, installation, judged, commands)
    changed = _record(services, judged, delivery)
    outcomes = _write(services, installation, judged, (*answers, *_effects(judged)))
    with services.database.transaction() as connection:
        note_answered(connection, commands)
    judged = _note_refusals(services, installation, judged, outcomes, delivery)
    with services.database.transaction() as connection:
        if judged.decision.look_again_at is not None:
            job = job_for(PullRequestSubject(repository, number), installation_id)
            services.queue.defer_later(connection, job, judged.decision.look_again_at)
        # A gate that closes while its pull request is queued must close its merge group too.
        for head_sha in merge_groups_into(connection, repository, judged.facts.base_branch) if changed else ():
            group = MergeGroupSubject(repository, head_sha, judged.facts.base_branch)
            services.queue.defer(connection, job_for(group, installation_id, delivery=delivery))


def _effects(judged: Judged) -> tuple[Effect, ...]:
    requests = replace(judged.apart, review_requests=judged.decision.review_requests)
    shown = requests if judged.siblings else judged.decision
    return effects_of(shown, judged.facts.own_check_runs, judged.siblings)


def _note_refusals(
    services: Services,
    installation: Installation,
    judged: Judged,
    outcomes: Sequence[Outcome],
    delivery: UUID | None,
) -> Judged:
    """Who could not be asked is named by the gate: remembered, judged again, and shown (one more request)."""
    refused = {
        outcome.effect.login: outcome.refused
        for outcome in outcomes
        if isinstance(outcome.effect, RequestReview) and outcome.refused is not None and not outcome.transient
    }
    if not refused:
        return judged
    facts = judged.facts
    with services.database.transaction() as connection:
        note_refusals(connection, facts.repository, facts.number, facts.head_sha, refused)
    facts = replace(
        facts,
        refused_requests={**facts.refused_requests, **refused},
        own_check_runs=(*facts.own_check_runs, *_posted(outcomes, facts.own_check_runs)),
    )
    judged = judged.with_facts(facts, services.clock())
    _record(services, judged, delivery)
    posts = [effect for effect in _effects(judged) if isinstance(effect, PostCheckRun)]
    _write(services, installation, judged, posts)
    return judged


def _posted(outcomes: Iterable[Outcome], existing: Sequence[CheckRun]) -> Iterable[CheckRun]:
    """The check runs that a write has just made, as the next read would show them."""
    newest = max((run.run_id for run in existing), default=0)
    for number, outcome in enumerate(outcomes, newest + 1):
        post = outcome.effect
        if isinstance(post, PostCheckRun) and outcome.node_id is not None:
            is_open = post.state is State.IN_PROGRESS
            yield CheckRun(
                post.name,
                None,
                "in_progress" if is_open else "completed",
                None if is_open else post.state.value,
                number,
                node_id=outcome.node_id,
                external_id=post.external_id,
            )


def _write(
    services: Services, installation: Installation, judged: Judged, effects: Sequence[Effect]
) -> tuple[Outcome, ...]:
    page = services.page_of(judged.facts.repository, judged.facts.number)
    return write_all(installation, judged.reading.handles, effects, page)


def write_all(
    installation: Installation, handles: Handles, effects: Sequence[Effect], page: str
) -> tuple[Outcome, ...]:
    """Write `effects`; raises when a check run was not posted or something is worth another try.

    A refused review request is an outcome like any other: the gate will name it.
    """
    if not effects:
        return ()
    outcomes = installation.write(handles, effects, page)
    for outcome in outcomes:
        if outcome.transient:
            raise Retryable(f"{type(outcome.effect).__name__}: {outcome.refused}", retry_after=10)
        if outcome.refused is not None and isinstance(outcome.effect, PostCheckRun):
            raise GitHubError(f"check run {outcome.effect.name} was refused: {outcome.refused}")
    return outcomes


def _record(services: Services, judged: Judged, delivery: UUID | None) -> bool:
    """Keep the decision before GitHub shows it, so that its page is there when somebody follows the link.

    Returns whether it differs from the one before.
    """
    decision = judged.decision
    with services.database.transaction() as connection:
        return record_decision(
            connection,
            decision,
            judged.facts,
            digest=decision_digest(decision),
            decided_at=services.clock(),
            delivery_guid=delivery,
        )


def merge_group(
    services: Services,
    repository: str,
    head_sha: str,
    base_branch: str,
    installation_id: int,
    *,
    delivery: UUID | None,
) -> None:
    """Make GitHub show the merge group's gate as it is now: its members' gates, and checks on its own head."""
    installation = services.github.installation(installation_id)
    reading = installation.read_merge_group(
        repository, head_sha, base_branch, services.policies.wanted(repository)
    )
    if reading is None:
        return
    in_force = services.policies.in_force(repository, reading.policy_file)
    if not isinstance(in_force, LoadedPolicy):
        return
    now = services.clock()
    with services.database.transaction() as connection:
        seen_at = remember_merge_group(connection, repository, head_sha, base_branch, now)
    facts = MergeGroupFacts(
        repository,
        base_branch,
        head_sha,
        seen_at,
        members=_members(services, installation, installation_id, repository, reading.member_numbers),
        check_runs=reading.check_runs,
        statuses=reading.statuses,
        own_check_runs=reading.own_check_runs,
        unreadable=reading.unreadable,
    )
    decision = decide_merge_group(facts, in_force if isinstance(in_force, LoadedPolicy) else None, now)
    _log.info("merge group judged", state=decision.state.value, title=decision.title, delivery=str(delivery))
    page = services.page_of(repository, decision.number)
    write_all(installation, reading.handles, gate_effects((decision,), facts.own_check_runs), page)


def _members(
    services: Services, installation: Installation, installation_id: int, repository: str, numbers: Iterable[int]
) -> tuple[Decision, ...]:
    judged = (read_and_judge(services, installation, installation_id, repository, number) for number in numbers)
    return tuple(one.decision for one in judged if one is not None)


def repository(services: Services, repository: str, installation_id: int) -> Sequence[int]:
    """The numbers of the open pull requests, each of which is then looked at (1 request for each 100)."""
    found = services.github.installation(installation_id).read_open_pull_requests(repository)
    now = services.clock()
    with services.database.transaction() as connection:
        for one in found:
            known = KnownPullRequest(
                repository,
                one.number,
                installation_id,
                one.head_sha,
                one.base_branch,
                is_open=True,
                is_draft=one.is_draft,
                title=one.title,
                author=one.author,
                head_seen_at=now,
            )
            remember_pull_request(connection, known)
        close_pull_requests(connection, repository, except_for=tuple(one.number for one in found))
    return [one.number for one in found]


def installations(services: Services) -> None:
    """Ask GitHub who we are and which repositories we serve, and remember both in the store."""
    identity = services.github.identity()
    with services.database.transaction() as connection:
        remember_app(connection, identity.app_id, identity.slug)
    for installed in services.github.installations():
        names: Sequence[str] = ()
        if not installed.is_suspended:
            served = services.github.installation(installed.installation_id).repositories()
            names = [one.repository for one in served if not one.is_archived]
        with services.database.transaction() as connection:
            suspend_installation(connection, installed.installation_id, suspended=installed.is_suspended)
            remember_installation(connection, installed.installation_id, names)
