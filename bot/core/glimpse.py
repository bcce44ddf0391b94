"""What a list of pull requests shows of one: enough to tell whether its gate may still be what was decided last.

An evaluation keeps the digest of what GitHub should show once its writes are done. A sweep reads many pull
requests in one page and computes the same of each: where both are equal, nothing happened that was not seen.
Left out is what cannot change a gate by itself (titles, comments, checks that no policy names) and what the head
SHA and the base branch's policy fix already (files, documents, folders).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.core.checks import check_name
from bot.core.effects import is_merge_gate
from bot.core.model import (
    CheckRun,
    CommitStatus,
    Effect,
    PostCheckRun,
    PullRequestFacts,
    RemoveLabel,
    RequestReview,
    Review,
    ReviewState,
    State,
)
from bot.core.policy_model import Policy


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One open pull request as a list shows it.

    `policy_oid` is the object ID of the base branch's own policy file, None when there is none. `opinions` are the
    reviews that are no mere comments. `siblings` are the other open pull requests with the same head SHA.
    """

    number: int
    head_sha: str
    head_commit_author: str | None
    author: str
    is_draft: bool
    base_branch: str
    default_branch: str
    policy_oid: str | None
    labels: tuple[str, ...]
    changed_files: int
    changed_lines: int
    opinions: tuple[Review, ...]
    requested_reviewers: tuple[str, ...]
    check_runs: tuple[CheckRun, ...]
    statuses: tuple[CommitStatus, ...]
    own_check_runs: tuple[CheckRun, ...]
    siblings: tuple[int, ...]


def glimpse_of(facts: PullRequestFacts, policy_oid: str | None, siblings: Iterable[int]) -> Glimpse:
    """What a list would show of the pull request with these facts."""
    opinions = [review for review in facts.reviews if review.state is not ReviewState.COMMENTED]
    return Glimpse(
        number=facts.number,
        head_sha=facts.head_sha,
        head_commit_author=facts.head_commit_author,
        author=facts.author,
        is_draft=facts.is_draft,
        base_branch=facts.base_branch,
        default_branch=facts.default_branch,
        policy_oid=policy_oid,
        labels=facts.labels,
        changed_files=facts.changed_files,
        changed_lines=facts.changed_lines,
        opinions=tuple(opinions),
        requested_reviewers=facts.requested_reviewers,
        check_runs=facts.check_runs,
        statuses=facts.statuses,
        own_check_runs=facts.own_check_runs,
        siblings=tuple(siblings),
    )


def with_written(glimpse: Glimpse, written: Iterable[Effect]) -> Glimpse:
    """The same after GitHub did what was `written`."""
    for number, effect in enumerate(written, 1):
        match effect:
            case PostCheckRun():
                newest = max((run.run_id for run in glimpse.own_check_runs), default=0)
                own = (*glimpse.own_check_runs, _as_shown(effect, newest + number))
                glimpse = replace(glimpse, own_check_runs=own)
            case RequestReview(login):
                glimpse = replace(glimpse, requested_reviewers=(*glimpse.requested_reviewers, login))
            case RemoveLabel(label):
                glimpse = replace(glimpse, labels=tuple(one for one in glimpse.labels if one != label))
            case _:
                pass  # comments and reactions are not looked at
    return glimpse


def watched_checks(policy: Policy | None) -> tuple[str, ...]:
    """The names of the checks that a policy reads; none without a valid policy."""
    tracks = policy.tracks.items() if policy is not None else ()
    return tuple(sorted(check_name(name) for name, track in tracks if track.commands))


def glimpse_digest(glimpse: Glimpse, watched: Sequence[str], judged_by: str) -> str:
    """SHA-256 of all in `glimpse` that may matter, by the names of the checks that are `watched`.

    `judged_by` stands for what else decides: the rules' own version, and the policy that holds where the base
    branch has none of its own.
    """
    names = {name.lower() for name in watched}
    parts = (
        judged_by,
        glimpse.head_sha,
        (glimpse.head_commit_author or "").lower(),
        glimpse.author.lower(),
        glimpse.is_draft,
        glimpse.base_branch,
        glimpse.default_branch,
        glimpse.policy_oid,
        sorted(set(glimpse.labels)),
        glimpse.changed_files,
        glimpse.changed_lines,
        [
            (one.author.lower(), one.state.value, one.commit_sha, one.submitted_at.timestamp())
            for one in glimpse.opinions
        ],
        sorted({login.lower() for login in glimpse.requested_reviewers}),
        _newest_runs(run for run in glimpse.check_runs if run.name.lower() in names),
        sorted({(one.context.lower(), one.state) for one in glimpse.statuses if one.context.lower() in names}),
        _own_runs(glimpse.own_check_runs),
        sorted(set(glimpse.siblings)),
    )
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _newest_runs(runs: Iterable[CheckRun]) -> list[tuple[object, ...]]:
    """The newest run of each name and App: older ones decide nothing."""
    newest: dict[tuple[str, int], CheckRun] = {}
    for run in sorted(runs, key=lambda run: run.run_id):
        newest[run.name, run.app_id or 0] = run
    return [
        (*key, run.run_id, run.status.lower(), (run.conclusion or "").lower())
        for key, run in sorted(newest.items())
    ]


def _own_runs(runs: Iterable[CheckRun]) -> list[tuple[object, ...]]:
    """The newest of our own gates by name; their numbers are not known yet when they have just been written."""
    newest = {run.name: run for run in sorted(runs, key=lambda run: run.run_id) if is_merge_gate(run.name)}
    return [
        (name, run.external_id, run.status.lower(), (run.conclusion or "").lower())
        for name, run in sorted(newest.items())
    ]


def _as_shown(post: PostCheckRun, run_id: int) -> CheckRun:
    """A check run that was just posted, as GitHub will list it: the newest of its name."""
    is_open = post.state is State.IN_PROGRESS
    return CheckRun(
        post.name,
        None,
        "in_progress" if is_open else "completed",
        None if is_open else post.state.value,
        run_id,
        node_id=post.check_run_node_id or "",
        external_id=post.external_id,
    )
