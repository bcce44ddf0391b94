"""Merge groups: a merge queue's own commits, each with a gate of its own."""

from __future__ import annotations

from uuid import UUID

import structlog

from bot.core.checks import deadline_of
from bot.core.effects import gate_effects
from bot.core.merge_group import decide_merge_group
from bot.core.model import Decision, MergeGroupFacts, State
from bot.core.policy import LoadedPolicy
from bot.core.scope import is_gated
from bot.core.subjects import MergeGroupSubject
from bot.github_api.client import Installation
from bot.github_api.errors import Retryable
from bot.github_api.readings import MergeGroupReading
from bot.judging import read_and_judge
from bot.policy_selection import PolicyInForce
from bot.posting import write_all
from bot.services import Services
from bot.store.pull_requests import forget_merge_group, remember_merge_group
from bot.store.queue import job_for

_log = structlog.stdlib.get_logger(__name__)


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
    wanted = services.policies.wanted(repository)
    reading = installation.read_merge_group(repository, head_sha, base_branch, wanted)
    if reading is None or (not reading.member_numbers and reading.own_check_runs):
        _forget(services, repository, head_sha)
        return
    in_force = services.policies.in_force(repository, reading.policy_file)
    if not _is_judged(reading, in_force):
        return
    if not reading.member_numbers:
        raise Retryable(f"the merge queue of {repository} does not list the group {head_sha[:7]}", retry_after=5)
    facts = _facts(services, installation, installation_id, reading)
    loaded = in_force if isinstance(in_force, LoadedPolicy) else None
    decision = decide_merge_group(facts, loaded, services.clock())
    _log.info("merge group judged", state=decision.state.value, title=decision.title, delivery=str(delivery))
    page = services.page_of(repository, decision.number)
    write_all(installation, reading.handles, gate_effects((decision,), facts.own_check_runs), page)
    if loaded is not None:
        _look_again(services, facts, decision, loaded, installation_id)


def _is_judged(reading: MergeGroupReading, in_force: PolicyInForce) -> bool:
    """Whether the group is gated. One that was gated before is not left open when its policy goes away."""
    if reading.own_check_runs or in_force is None:
        return bool(reading.own_check_runs)
    if isinstance(in_force, LoadedPolicy):
        return is_gated(reading.base_branch, reading.default_branch, in_force.policy)
    return True


def _facts(
    services: Services, installation: Installation, installation_id: int, reading: MergeGroupReading
) -> MergeGroupFacts:
    repository, unreadable = reading.repository, list(reading.unreadable)
    members: list[Decision] = []
    for number in reading.member_numbers:
        judged = read_and_judge(services, installation, installation_id, repository, number)
        if judged is None:
            unreadable.append(f"pull request #{number}")
        else:
            members.append(judged.decision)
    with services.database.transaction() as connection:
        now = services.clock()
        seen_at = remember_merge_group(connection, repository, reading.head_sha, reading.base_branch, now)
    return MergeGroupFacts(
        repository,
        reading.base_branch,
        reading.head_sha,
        seen_at,
        members=tuple(members),
        check_runs=reading.check_runs,
        statuses=reading.statuses,
        own_check_runs=reading.own_check_runs,
        unreadable=tuple(unreadable),
    )


def _look_again(
    services: Services, facts: MergeGroupFacts, decision: Decision, loaded: LoadedPolicy, installation_id: int
) -> None:
    """A check that never starts sends no event, nor does an override that ends."""
    deadline = deadline_of(facts.head_seen_at, loaded.policy)
    moments = [] if decision.look_again_at is None else [decision.look_again_at]
    if decision.state is State.IN_PROGRESS and deadline > services.clock():
        moments.append(deadline)
    if moments:
        subject = MergeGroupSubject(facts.repository, facts.head_sha, facts.base_branch)
        with services.database.transaction() as connection:
            job = job_for(subject, installation_id)
            services.queue.defer_later(connection, job, min(moments), now=services.clock())


def _forget(services: Services, repository: str, head_sha: str) -> None:
    with services.database.transaction() as connection:
        forget_merge_group(connection, repository, head_sha)
