"""Read a release and judge it: GitHub's facts and our own, the policy in force, and the decision of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.evidence_text import read_evidence
from bot.core.merge_gate import wanted_facts
from bot.core.policy import InvalidPolicy, LoadedPolicy, Problem
from bot.core.policy_model import Policy
from bot.core.release_gate import decide_release, decide_release_without_policy
from bot.core.release_membership import belongs_because
from bot.core.release_model import (
    Comparison,
    EvidenceFile,
    ReleaseDecision,
    ReleaseFacts,
    ReleasePullRequest,
    SignOff,
)
from bot.core.tracks import folders_of
from bot.github_api.client import Installation
from bot.github_api.errors import Retryable
from bot.github_api.release_readings import OpenPullRequestLabels, ReleaseReading, ReleaseReadingPlan
from bot.judging import READS_OF_A_MOVING_POLICY
from bot.policy_selection import PolicyInForce
from bot.release_memory import Remembered, recall, without_comments
from bot.release_test_apps import uses_of_test_apps
from bot.release_tracks_reading import last_commits
from bot.services import Services

_NO_POLICY = "a policy that names {}; there is none"
MOST_COMPARISONS = 30
"""Commits that are compared with the target; each costs one request. What is older than these does not count."""


@dataclass(frozen=True, slots=True)
class ReadRelease:
    """One release as GitHub has it, with the policy in force and what was asked for."""

    reading: ReleaseReading
    plan: ReleaseReadingPlan
    in_force: PolicyInForce
    head_sha: str
    target_sha: str

    @property
    def policy(self) -> Policy | None:
        """The policy in force, when it is valid."""
        return self.in_force.policy if isinstance(self.in_force, LoadedPolicy) else None


@dataclass(frozen=True, slots=True)
class JudgedRelease:
    """One release as read and judged."""

    read: ReadRelease
    facts: ReleaseFacts
    decision: ReleaseDecision

    @property
    def reading(self) -> ReleaseReading:
        """As GitHub has it."""
        return self.read.reading

    @property
    def policy(self) -> Policy | None:
        """The policy in force, when it is valid."""
        return self.read.policy


def read_release(
    services: Services,
    installation: Installation,
    repository: str,
    tag: str | None,
    target: str | None,
    issue: int | None,
) -> ReadRelease | None:
    """The release of `target` (7 to 40 hexadecimal digits; None: the release branch's head), read in 1 request.

    `issue` is where its report stands. None when the release branch or the target does not exist.
    """
    comments = tuple(sorted(recall(services, repository, tag).comments))
    asked = ReleaseReadingPlan(target=target, tag=tag, comments=comments, issue=issue)
    plan = _plan(services.policies.expected(repository), asked)
    for _ in range(READS_OF_A_MOVING_POLICY):
        reading = installation.read_release(repository, plan)
        if reading is None:
            return None
        in_force = services.policies.in_force(repository, reading.policy_file)
        needed = _plan(in_force, asked)
        if needed == plan:
            if reading.head_sha is None or reading.target_sha is None:
                return None
            return ReadRelease(reading, plan, in_force, reading.head_sha, reading.target_sha)
        plan = needed
    raise Retryable(f"the policy of {repository} changed with each read", retry_after=10)


def judge_release(services: Services, installation: Installation, read: ReadRelease) -> JudgedRelease:
    """Judge what was read, with what the store knows at this moment.

    More requests only for what one query cannot hold: commits to compare (kept), paths of the release's open pull
    requests, older evidence (kept).
    """
    reading, plan = read.reading, read.plan
    remembered = recall(services, reading.repository, plan.tag)
    if not reading.unreadable:
        gone = set(plan.comments) - reading.existing_comments
        remembered = without_comments(services, reading.repository, remembered, gone)
    facts = ReleaseFacts(
        repository=reading.repository,
        release_branch=reading.release_branch,
        head_sha=read.head_sha,
        target_sha=read.target_sha,
        tag=plan.tag,
        asked_for=plan.target,
        existing_tag=reading.existing_tag,
        recorded_commit=remembered.recorded(reading.existing_tag),
        unreadable=reading.unreadable,
    )
    if isinstance(read.in_force, LoadedPolicy):
        facts = _with_policy(services, installation, reading, facts, read.in_force.policy, remembered)
        return JudgedRelease(read, facts, decide_release(facts, read.in_force, services.clock()))
    expected = _NO_POLICY.format(reading.repository)
    invalid = read.in_force or InvalidPolicy((Problem("policy", 1, "repositories", expected),))
    return JudgedRelease(read, facts, decide_release_without_policy(facts, invalid))


def _plan(in_force: PolicyInForce, plan: ReleaseReadingPlan) -> ReleaseReadingPlan:
    """The plan with what the policy in force needs read."""
    if not isinstance(in_force, LoadedPolicy):
        return plan
    policy = in_force.policy
    return replace(
        plan,
        branch=policy.release.branch,
        tracks={name: folders_of(track) for name, track in policy.tracks.items()},
        evidence_directory=policy.release.evidence.directory,
        documents=wanted_facts(policy).documents,
    )


def _with_policy(
    services: Services,
    installation: Installation,
    reading: ReleaseReading,
    facts: ReleaseFacts,
    policy: Policy,
    remembered: Remembered,
) -> ReleaseFacts:
    repository, target = facts.repository, facts.target_sha
    evidence = tuple(read_evidence(entry, policy) for entry in reading.evidence)
    uses, unread = uses_of_test_apps(services.test_apps, installation, reading, policy)
    tracks, untold = last_commits(installation, reading, policy)
    facts = replace(
        facts,
        is_on_branch=_is_on_branch(installation, facts),
        tracks=tracks,
        open_pull_requests=_open_pull_requests(
            installation, repository, reading.open_pull_requests, facts.tag, policy
        ),
        documents=reading.documents,
        evidence=evidence,
        test_app_uses=uses,
        sign_offs=remembered.sign_offs,
        overrides=remembered.overrides,
        unreadable=(*facts.unreadable, *untold, *unread),
    )
    return replace(
        facts, comparisons=_comparisons(installation, repository, target, _commits(facts, policy, services))
    )


def _is_on_branch(installation: Installation, facts: ReleaseFacts) -> bool:
    if facts.target_sha == facts.head_sha:
        return True
    return installation.read_comparison(facts.repository, facts.target_sha, facts.head_sha).is_ancestor


def _open_pull_requests(
    installation: Installation,
    repository: str,
    found: Sequence[OpenPullRequestLabels],
    tag: str | None,
    policy: Policy,
) -> tuple[ReleasePullRequest, ...]:
    """Those that belong to the release, with their paths: one more request when there are any."""
    reasons = {one.number: belongs_because(one.milestone, one.labels, tag, policy) for one in found}
    belonging = [one for one in found if reasons[one.number] is not None]
    if not belonging:
        return ()
    paths = installation.read_pull_request_paths(repository, [one.number for one in belonging])
    return tuple(
        ReleasePullRequest(
            one.number,
            one.title,
            one.author,
            reasons[one.number] or "",
            paths[one.number].paths if one.number in paths else (),
            has_all_paths=one.number in paths and paths[one.number].is_complete,
        )
        for one in belonging
    )


def _commits(facts: ReleaseFacts, policy: Policy, services: Services) -> list[str]:
    """The commits that something was made for and that have to be compared with the target, most telling first."""
    oldest = services.clock() - policy.release.evidence.max_age
    signed = sorted(_live(facts.sign_offs), key=lambda one: one.given_at, reverse=True)
    newest = {(one.statement, one.login.lower()): one.commit_sha for one in reversed(signed)}
    documents = sorted(
        (file.document for file in facts.evidence if file.document is not None and _is_of(file, facts.tag)),
        key=lambda one: one.performed_at,
        reverse=True,
    )
    recent = [one.commit for one in documents[:1]] + [
        one.commit for one in documents[1:] if one.performed_at >= oldest
    ]
    older = [one.commit_sha for one in signed]
    wanted = [*recent, *newest.values(), *(one.commit_sha for one in facts.overrides), *older]
    return [sha for sha in dict.fromkeys(wanted) if sha != facts.target_sha][:MOST_COMPARISONS]


def _live(sign_offs: Iterable[SignOff]) -> list[SignOff]:
    return [one for one in sign_offs if one.ended is None]


def _is_of(file: EvidenceFile, tag: str | None) -> bool:
    return file.document is not None and tag in (None, file.document.release)


def _comparisons(
    installation: Installation, repository: str, target: str, commits: Iterable[str]
) -> Mapping[str, Comparison]:
    return {sha: installation.read_comparison(repository, sha, target) for sha in commits}
