"""The types that travel: facts in, decision out, effects last.

Everything here is frozen and only looks at itself. `github_api` and `store` make Facts, `core` a Decision of them,
`core.effects` Effects, `github_api` writes those. Logins are the same in any case; times are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.core.effect import AddComment as AddComment
from bot.core.effect import AddReaction as AddReaction
from bot.core.effect import Effect as Effect
from bot.core.effect import PostCheckRun as PostCheckRun
from bot.core.effect import RemoveLabel as RemoveLabel
from bot.core.effect import RequestReview as RequestReview
from bot.core.finding import Annotation, Finding
from bot.core.words import ChangeType as ChangeType
from bot.core.words import ReviewState as ReviewState
from bot.core.words import State as State

# --- facts: what GitHub and our store said -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of the pull request's diff. `previous_path` is set for renames and copies."""

    path: str
    change: ChangeType
    previous_path: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """One submitted review. `commit_sha` is None when GitHub no longer has the commit."""

    author: str
    state: ReviewState
    commit_sha: str | None
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One check run on the head SHA, by whichever App. `run_id` grows with each run (database ID)."""

    name: str
    app_id: int | None
    status: str
    conclusion: str | None
    run_id: int
    started_at: datetime | None = None
    completed_at: datetime | None = None
    node_id: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """One commit status on the head SHA. It never satisfies a required check."""

    context: str
    state: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold by `/gate hold`; holds by label are read from the labels."""

    holder: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reassignment:
    """`/gate reassign @old @new`, as allowed when it was commanded."""

    old: str
    new: str
    by: str


@dataclass(frozen=True, slots=True)
class Override:
    """A required check of a track that two people let pass on one commit, until `expires_at`.

    `confirmed_by` is None while only one of them asked for it: then it does not count yet.
    """

    track: str
    commit_sha: str
    by: str
    reason: str
    confirmed_by: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SiblingGate:
    """Another open pull request with the same head SHA: its own gate, judged apart from ours."""

    number: int
    state: State
    title: str


@dataclass(frozen=True, slots=True)
class PullRequestFacts:
    """All that a merge gate is judged on, as read at one moment.

    `trees` holds object IDs by commit SHA and then by folder ("" is the whole tree; None: nothing is there):
    equal IDs mean equal contents. `documents` holds sizes in bytes of regular files at the head SHA (None: there
    is none). `unreadable` names what could not be read; any entry closes the gate.
    `refused_requests` maps a login to GitHub's reason for refusing a review request at this head SHA.
    `evidence_secrets` are places in changed evidence files that close the gate, `evidence_findings` what else is
    wrong with such files. `asked_reviewers` are all who were ever asked. `head_seen_at` is when Trackgate first
    saw this head SHA.
    """

    repository: str
    number: int
    title: str
    author: str
    is_open: bool
    is_draft: bool
    base_branch: str
    default_branch: str
    head_sha: str
    head_commit_author: str | None
    head_seen_at: datetime
    labels: tuple[str, ...]
    changed_files: int
    changed_lines: int
    files: tuple[ChangedFile, ...]
    reviews: tuple[Review, ...] = ()
    requested_reviewers: tuple[str, ...] = ()
    asked_reviewers: tuple[str, ...] = ()
    check_runs: tuple[CheckRun, ...] = ()
    statuses: tuple[CommitStatus, ...] = ()
    own_check_runs: tuple[CheckRun, ...] = ()
    documents: Mapping[str, int | None] = field(default_factory=dict)
    trees: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    reassignments: tuple[Reassignment, ...] = ()
    refused_requests: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    siblings: tuple[SiblingGate, ...] = ()
    evidence_secrets: tuple[Finding, ...] = ()
    evidence_findings: tuple[Finding, ...] = ()
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MergeGroupFacts:
    """A merge queue's group: its own head, and a decision for each pull request it would merge.

    `members` is empty when GitHub's queue does not know this head (any more).
    """

    repository: str
    base_branch: str
    head_sha: str
    head_seen_at: datetime
    members: tuple[Decision, ...]
    check_runs: tuple[CheckRun, ...] = ()
    statuses: tuple[CommitStatus, ...] = ()
    own_check_runs: tuple[CheckRun, ...] = ()
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a policy needs read beside the pull request itself: one query asks for all of it."""

    logins: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    def covers(self, other: Wanted) -> bool:
        """Whether a read of this would also have answered `other`."""
        return (
            set(other.logins) <= set(self.logins)
            and set(other.documents) <= set(self.documents)
            and set(other.folders) <= set(self.folders)
        )


# --- decision: what the gate says, and why ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NextAction:
    """The one thing to do next, and whose it is: a login, or a role such as `release leads`."""

    owner: str
    action: str


class RequirementKind(StrEnum):
    """What sort of thing a gate needs; also the order in which a failed one is named first."""

    POLICY = "policy"
    FILES = "files"
    EVIDENCE = "evidence"
    HOLD = "hold"
    APPROVAL = "approval"
    CHECK = "check"
    DOCUMENT = "document"
    DRAFT = "draft"
    SIBLING = "sibling"
    SCOPE = "scope"


class Role(StrEnum):
    """In which capacity somebody must approve."""

    OWNER = "owner"
    CROSS_STREAM = "cross_stream_reviewer"
    ARCHITECTURE = "architecture_reviewer"


@dataclass(frozen=True, slots=True)
class Slot:
    """One approval that is needed: `person` is named by the policy, `approver` (a login) fills it now.

    `because` says why there is such a slot at all. `approver` is None when nobody in the chain may. `passed`
    says, in order, why earlier people do not.
    """

    role: Role
    track: str | None
    person: str
    approver: str | None
    passed: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing a gate needs. `subject` is the login, check name, document or label it is about.

    `overrides` are those in force for a check, of each pull request that the gate is about.
    """

    kind: RequirementKind
    subject: str
    state: State
    reason: str
    next_action: NextAction | None = None
    slot: Slot | None = None
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class PathReason:
    """Why a path went where it went. `track` and `pattern` are None for a path outside all tracks."""

    path: str
    track: str | None
    pattern: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class TrackGate:
    """The gate of one touched track, posted as `gate/<track>`."""

    track: str
    purpose: str
    state: State
    title: str
    requirements: tuple[Requirement, ...]
    commands: tuple[str, ...] = ()
    next_action: NextAction | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The merge gate of one pull request at one head SHA, with every reason.

    `next_action` is set exactly when `state` is not success. `review_requests` are the logins to ask now.
    `look_again_at` is when time alone may change the decision (a check's deadline, the end of an absence).
    """

    repository: str
    number: int
    head_sha: str
    base_branch: str
    author: str
    pull_request_title: str
    policy_source: str
    policy_digest: str
    in_scope: bool
    state: State
    title: str
    requirements: tuple[Requirement, ...]
    tracks: tuple[TrackGate, ...]
    paths: tuple[PathReason, ...]
    next_action: NextAction | None = None
    review_requests: tuple[str, ...] = ()
    look_again_at: datetime | None = None
    annotations: tuple[Annotation, ...] = ()
