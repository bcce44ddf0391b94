"""Read a pull request and judge it: GitHub's facts and our own, the policy in force, and the decision of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.evidence_changes import changed_evidence, scan_changes
from bot.core.merge_gate import decide, decide_ungoverned, decide_without_policy
from bot.core.model import Decision, PullRequestFacts, SiblingGate
from bot.core.policy import InvalidPolicy, LoadedPolicy
from bot.core.policy_model import Policy
from bot.core.scope import is_gated
from bot.core.subjects import PullRequestSubject
from bot.github_api.client import Installation
from bot.github_api.errors import Retryable
from bot.github_api.readings import PullRequestReading
from bot.policy_selection import PolicyInForce, wanted_by
from bot.services import Services
from bot.store.pull_requests import KnownPullRequest
from bot.store.queue import job_for
from bot.store.recall import Memory, recall

READS_OF_A_MOVING_POLICY = 3
"""A policy that changes between two reads is read again; more often than this is left to a later attempt."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One pull request as read and judged. `decision` regards the siblings, `apart` is made without them.

    `siblings` are the decisions, made apart as well, on the other open pull requests with the same head SHA.
    `memory` is what the store knew when it was judged first.
    """

    reading: PullRequestReading
    facts: PullRequestFacts
    in_force: PolicyInForce
    decision: Decision
    apart: Decision
    memory: Memory
    siblings: tuple[Decision, ...] = ()

    @property
    def policy(self) -> Policy | None:
        """The policy in force, when it is valid."""
        return self.in_force.policy if isinstance(self.in_force, LoadedPolicy) else None

    def with_facts(self, facts: PullRequestFacts, now: datetime) -> Judged:
        """The same pull request judged anew, after a command or a refusal changed what is known."""
        apart = judge(replace(facts, siblings=()), self.in_force, now)
        return replace(self, facts=facts, decision=judge(facts, self.in_force, now), apart=apart)


def judge(facts: PullRequestFacts, in_force: PolicyInForce, now: datetime) -> Decision:
    """The decision by whatever policy is in force, if any, valid or not."""
    if in_force is None:
        return decide_ungoverned(facts, f"no policy names {facts.repository}")
    if isinstance(in_force, InvalidPolicy):
        return decide_without_policy(facts, in_force)
    return decide(facts, in_force, now)


def read_and_judge(
    services: Services, installation: Installation, installation_id: int, repository: str, number: int
) -> Judged | None:
    """The pull request and its siblings, read and judged; None when there is no such pull request.

    One request to GitHub, and one more for each sibling and for a policy that was not the expected one.
    """
    judged = _judge_apart(services, installation, installation_id, repository, number)
    if judged is None or not judged.facts.is_open:
        return judged
    siblings = tuple(
        sibling.decision
        for other in judged.reading.sibling_numbers
        if (sibling := _judge_apart(services, installation, installation_id, repository, other)) is not None
        and sibling.facts.is_open
        and sibling.facts.head_sha == judged.facts.head_sha
        and sibling.decision.in_scope
    )
    if not siblings:
        return judged
    gates = tuple(SiblingGate(one.number, one.state, one.title) for one in siblings)
    facts = replace(judged.facts, siblings=gates)
    return replace(judged.with_facts(facts, services.clock()), siblings=siblings)


def _judge_apart(
    services: Services, installation: Installation, installation_id: int, repository: str, number: int
) -> Judged | None:
    now = services.clock()
    wanted = services.policies.wanted(repository)
    for _ in range(READS_OF_A_MOVING_POLICY):
        reading = installation.read_pull_request(repository, number, wanted, now)
        if reading is None:
            return None
        in_force = services.policies.in_force(repository, reading.policy_file)
        if wanted.covers(wanted_by(in_force)):
            memory = _memory(services, reading.facts, installation_id)
            facts = _with_evidence(installation, _with_memory(reading.facts, memory), in_force)
            decision = judge(facts, in_force, now)
            return Judged(reading, facts, in_force, decision, decision, memory)
        wanted = wanted_by(in_force)
    raise Retryable(f"the policy of {repository} changed with each read", retry_after=10)


def _with_evidence(
    installation: Installation, facts: PullRequestFacts, in_force: PolicyInForce
) -> PullRequestFacts:
    """The facts with the findings of evidence files that are changed, whose texts go no further than this."""
    if not isinstance(in_force, LoadedPolicy) or not facts.is_open:
        return facts
    policy = in_force.policy
    paths = changed_evidence(facts.files, policy)
    if not paths or not is_gated(facts.base_branch, facts.default_branch, policy):
        return facts
    blobs = installation.read_changed_evidence(facts.repository, facts.head_sha, paths)
    found = scan_changes(paths, blobs, policy)
    return replace(facts, evidence_secrets=found.secrets, evidence_findings=found.faults)


def _memory(services: Services, facts: PullRequestFacts, installation_id: int) -> Memory:
    """What only the store knows; the store learns where this head SHA belongs, and who was asked."""
    seen = KnownPullRequest(
        facts.repository,
        facts.number,
        installation_id,
        facts.head_sha,
        facts.base_branch,
        facts.is_open,
        facts.is_draft,
        facts.title,
        facts.author,
        facts.head_seen_at,
    )
    requested = {login.lower() for login in facts.requested_reviewers}
    job = job_for(PullRequestSubject(facts.repository, facts.number), installation_id)
    with services.database.transaction() as connection:
        return recall(connection, seen, requested, job.key)


def _with_memory(facts: PullRequestFacts, memory: Memory) -> PullRequestFacts:
    return replace(
        facts,
        head_seen_at=memory.head_seen_at,
        holds=memory.holds,
        reassignments=memory.reassignments,
        refused_requests=memory.refusals,
        overrides=memory.overrides,
        asked_reviewers=memory.asked,
    )
