"""Read → decide → write, for each kind of subject. Whatever is raised here is tried again by the queue.

The state on GitHub follows from what is read here and now; the delivery that caused it is only noted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from bot.core.effects import decision_digest, effects_of
from bot.core.model import CheckRun, Effect, PostCheckRun, RequestReview, State
from bot.core.subjects import MergeGroupSubject, PullRequestSubject
from bot.github_api.client import Installation
from bot.github_api.readings import Outcome
from bot.judging import Judged, read_and_judge
from bot.merge_groups import merge_group
from bot.obedience import obey
from bot.posting import require
from bot.recovery import recover_deliveries
from bot.release_reconcile import deployment, releases, tags
from bot.served_repositories import installation, installations
from bot.services import Services
from bot.store.commands import WaitingCommand, note_answered, waiting_commands
from bot.store.decisions import record_decision
from bot.store.holds import note_asked, note_refusals
from bot.store.locks import head_lock
from bot.store.pull_requests import (
    KnownPullRequest,
    close_pull_requests,
    remember_pull_request,
    waiting_merge_groups,
)
from bot.store.queue import job_for
from bot.sweeping import forget_what_should_be_seen, keep_what_should_be_seen, sweep_repository, sweep_tags
from bot.watching import watch_checks

__all__ = [
    "deployment",
    "installation",
    "installations",
    "merge_group",
    "pull_request",
    "recover_deliveries",
    "releases",
    "repository",
    "sweep_repository",
    "sweep_tags",
    "tags",
]


def pull_request(
    services: Services, repository: str, number: int, installation_id: int, *, delivery: UUID | None
) -> None:
    """Make GitHub show the pull request's gate as it is now, and answer the commands that wait on it.

    What a sweep should see from then on is kept; should this fail, nothing is, so that the next sweep tries again.
    """
    try:
        _pull_request(services, repository, number, installation_id, delivery)
    except Exception:
        forget_what_should_be_seen(services, repository, number)
        raise


def _pull_request(
    services: Services, repository: str, number: int, installation_id: int, delivery: UUID | None
) -> None:
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
    if judged is None:
        return
    commands: Sequence[WaitingCommand] = ()
    if judged.memory.has_commands:
        with services.database.transaction() as connection:
            commands = waiting_commands(connection, judged.facts.repository, judged.facts.number)
    answers: tuple[Effect, ...] = ()
    if commands:
        judged, answers = obey(services, installation, judged, commands)
    if not judged.facts.is_open:
        _write(services, installation, judged, commands, answers, ())
        if judged.memory.glimpse is not None:
            forget_what_should_be_seen(services, judged.facts.repository, judged.facts.number)
        return
    judged = _record(services, judged, installation_id, delivery)
    watch_checks(services, judged, installation_id)
    outcomes = _write(services, installation, judged, commands, answers, _effects(judged))
    judged, more = _note_refusals(services, installation, installation_id, judged, outcomes, delivery)
    keep_what_should_be_seen(services, judged, (*outcomes, *more))
    if judged.decision.look_again_at not in (None, judged.memory.looks_again_at):
        job = job_for(PullRequestSubject(judged.facts.repository, judged.facts.number), installation_id)
        with services.database.transaction() as connection:
            services.queue.defer_later(connection, job, judged.decision.look_again_at, now=services.clock())


def _effects(judged: Judged) -> tuple[Effect, ...]:
    requests = replace(judged.apart, review_requests=judged.decision.review_requests)
    shown = requests if judged.siblings else judged.decision
    return effects_of(shown, judged.facts.own_check_runs, judged.siblings)


def _note_refusals(
    services: Services,
    installation: Installation,
    installation_id: int,
    judged: Judged,
    outcomes: Sequence[Outcome],
    delivery: UUID | None,
) -> tuple[Judged, tuple[Outcome, ...]]:
    """Who could not be asked is named by the gate: remembered, judged again, and shown (one more request)."""
    refused = {
        outcome.effect.login: outcome.refused
        for outcome in outcomes
        if isinstance(outcome.effect, RequestReview) and outcome.refused is not None and not outcome.transient
    }
    if not refused:
        return judged, ()
    facts = judged.facts
    with services.database.transaction() as connection:
        note_refusals(connection, facts.repository, facts.number, facts.head_sha, refused)
    facts = replace(
        facts,
        refused_requests={**facts.refused_requests, **refused},
        own_check_runs=(*facts.own_check_runs, *_posted(outcomes, facts.own_check_runs)),
    )
    judged = _record(services, judged.with_facts(facts, services.clock()), installation_id, delivery)
    posts = [effect for effect in _effects(judged) if isinstance(effect, PostCheckRun)]
    return judged, _write(services, installation, judged, (), (), posts)


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
    services: Services,
    installation: Installation,
    judged: Judged,
    commands: Sequence[WaitingCommand],
    answers: Sequence[Effect],
    effects: Sequence[Effect],
) -> tuple[Outcome, ...]:
    """Write the answers to `commands` and `effects` in one request; what was done is noted even if not all was."""
    repository, number = judged.facts.repository, judged.facts.number
    everything = (*answers, *effects)
    page = services.page_of(repository, number)
    outcomes = installation.write(judged.reading.handles, everything, page) if everything else ()
    asked = {
        outcome.effect.login.lower()
        for outcome in outcomes
        if isinstance(outcome.effect, RequestReview) and outcome.refused is None
    }.difference(judged.memory.asked)
    if commands or asked:
        with services.database.transaction() as connection:
            if not any(outcome.transient for outcome in outcomes[: len(answers)]):
                note_answered(connection, commands)
            note_asked(connection, repository, number, asked)
    require(outcomes)
    return outcomes


def _record(services: Services, judged: Judged, installation_id: int, delivery: UUID | None) -> Judged:
    """Keep the decision before GitHub shows it, so that its page is there when somebody follows the link.

    One that is the newest in the log already costs nothing.

    When it differs from the one before, whoever depends on it is looked at again, by jobs of the same
    transaction: its merge groups, which must close with it, and the pull requests with the same head SHA, one of
    which may be about to write what it read before this one was there.
    """
    decision = judged.decision
    recorded = (decision.head_sha, decision_digest(decision))
    if judged.memory.recorded == recorded:
        return judged
    judged = replace(judged, memory=replace(judged.memory, recorded=recorded))
    with services.database.transaction() as connection:
        changed = record_decision(
            connection,
            decision,
            judged.facts,
            digest=recorded[1],
            decided_at=services.clock(),
            delivery_guid=delivery,
        )
        if not changed:
            return judged
        repository = decision.repository
        groups = waiting_merge_groups(connection, repository, decision.base_branch)
        subjects: list[MergeGroupSubject | PullRequestSubject] = [
            *(MergeGroupSubject(repository, head_sha, base) for head_sha, base in groups),
            *(PullRequestSubject(repository, sibling.number) for sibling in judged.siblings),
        ]
        jobs = {job.key: job for job in (job_for(one, installation_id, delivery=delivery) for one in subjects)}
        for key in sorted(jobs):
            services.queue.defer(connection, jobs[key])
    return judged


def repository(services: Services, repository: str, installation_id: int) -> Sequence[int]:
    """The numbers of the open pull requests, each of which is then looked at (1 request for each 100).

    Merge groups that may still wait are looked at as well.
    """
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
        for head_sha, base_branch in waiting_merge_groups(connection, repository):
            group = MergeGroupSubject(repository, head_sha, base_branch)
            services.queue.defer(connection, job_for(group, installation_id))
    return [one.number for one in found]
