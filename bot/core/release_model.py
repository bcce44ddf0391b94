"""The types of the release gate: facts in, decision out. As in `bot.core.model`, everything is frozen.

Logins are the same in any case; times are aware and in UTC; SHAs are full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.core.finding import Finding as Finding
from bot.core.model import CheckRun, CommitStatus, NextAction, Override
from bot.core.words import State

# --- evidence ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TestApp:
    """The Meta Test App of a validation. A bare date is the beginning of that day in the policy's time zone."""

    __test__ = False  # its name looks like a test's to pytest

    id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EvidenceDocument:
    """One well-formed evidence file. Its free text stays where it is: facts are stored."""

    release: str
    commit: str
    environment: str
    operator: str
    performed_at: datetime
    test_app: TestApp
    scenarios: Mapping[str, str]
    result: str


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One evidence file at the target. `document` is None when anything is wrong with it; `findings` say what.

    `oid` is Git's object ID of the file's contents; `named_at` is the timestamp that is its name.
    """

    path: str
    oid: str
    named_at: datetime | None
    document: EvidenceDocument | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class TestAppUse:
    """A test app that some version of some evidence file in the branch's history names, even a deleted one.

    `release` and `commit` (a full SHA) are what that version names beside it; None: nothing that could be read.
    """

    __test__ = False

    app_id: str
    path: str
    oid: str
    release: str | None = None
    commit: str | None = None


# --- facts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MergedPullRequest:
    """The pull request that brought a commit to the release branch, with the checks on its head."""

    number: int
    author: str
    head_sha: str
    merged_at: datetime
    check_runs: tuple[CheckRun, ...] = ()
    statuses: tuple[CommitStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackCommit:
    """The last commit of the target's history that touched a track, with the checks on it."""

    sha: str
    author: str
    committed_at: datetime
    check_runs: tuple[CheckRun, ...] = ()
    statuses: tuple[CommitStatus, ...] = ()
    pull_request: MergedPullRequest | None = None


@dataclass(frozen=True, slots=True)
class ReleasePullRequest:
    """An open pull request into the release branch that belongs to the release.

    `because` says by what (its milestone or label). `has_all_paths` is False when GitHub listed only some.
    """

    number: int
    title: str
    author: str
    because: str
    paths: tuple[str, ...]
    has_all_paths: bool = True


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from a commit to the target. `is_ancestor` is False also for a commit that nobody knows.

    `changed_paths` are contents compared, with both paths of a renamed file; `is_complete` is False when GitHub
    listed only some of them.
    """

    commit_sha: str
    is_ancestor: bool
    changed_paths: tuple[str, ...] = ()
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class SignOff:
    """One statement that one person confirmed for one commit. `ended` says why it no longer counts, if so."""

    statement: str
    login: str
    commit_sha: str
    given_at: datetime
    ended: str | None = None


@dataclass(frozen=True, slots=True)
class ExistingTag:
    """A tag that is there: the object it points to, and the commit behind that (None: it leads to no commit)."""

    object_sha: str
    commit_sha: str | None


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """All that a release gate is judged on, as read at one moment.

    `tag` is None for a report about the branch's head. `target_sha` is the commit to release; `asked_for` is how
    it was named, when it was. `is_on_branch` says whether it is in the release branch's history. `tracks` has the
    last commit of each track (None: no commit ever touched it). `documents` holds sizes in bytes at the target.
    `comparisons` has one entry for each commit that evidence or a sign-off was made for and is not the target.
    `existing_tag` is the tag as GitHub has it; `recorded_commit` the commit of our own record for that tag.
    `unreadable` names what could not be read; any entry closes the gate.
    """

    repository: str
    release_branch: str
    head_sha: str
    target_sha: str
    tag: str | None = None
    asked_for: str | None = None
    is_on_branch: bool = True
    tracks: Mapping[str, TrackCommit | None] = field(default_factory=dict)
    open_pull_requests: tuple[ReleasePullRequest, ...] = ()
    documents: Mapping[str, int | None] = field(default_factory=dict)
    evidence: tuple[EvidenceFile, ...] = ()
    test_app_uses: tuple[TestAppUse, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    existing_tag: ExistingTag | None = None
    recorded_commit: str | None = None
    unreadable: tuple[str, ...] = ()


# --- decision ------------------------------------------------------------------------------------------------


class RowKind(StrEnum):
    """The four rows of the release gate, in the order of the report."""

    TRACKS = "tracks"
    STAGING = "staging validation"
    EVIDENCE = "evidence"
    SIGN_OFFS = "sign-offs"


@dataclass(frozen=True, slots=True)
class ReleaseItem:
    """One line inside a row, or a problem beside the rows: `subject` is the track, statement, file … it is about.

    `since` is when it came to be so, where that is known: its age is counted from there. What `is_aside` neither
    holds nor fails: it is only told (a file that does not count, beside one that does).
    """

    subject: str
    state: State
    reason: str
    next_action: NextAction | None = None
    since: datetime | None = None
    is_aside: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One row of the gate. `next_action` is set exactly when `state` is not success; it is the row's one."""

    kind: RowKind
    state: State
    reason: str
    next_action: NextAction | None = None
    since: datetime | None = None
    items: tuple[ReleaseItem, ...] = ()
    look_again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """Whether something made for one commit holds for the target as well, and why."""

    is_bound: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseDecision:
    """The release gate for one commit, with every reason: open exactly when `state` is success.

    `problems` concern the release as a whole (its tag, its target, what could not be read). `evidence` is the file
    that counted and `sign_offs` those that counted. `look_again_at` is when time alone may change the decision.
    """

    repository: str
    release_branch: str
    target_sha: str
    tag: str | None
    policy_source: str
    policy_digest: str
    state: State
    title: str
    rows: tuple[ReleaseRow, ...]
    problems: tuple[ReleaseItem, ...] = ()
    next_action: NextAction | None = None
    evidence: EvidenceFile | None = None
    sign_offs: tuple[SignOff, ...] = ()
    overrides: tuple[Override, ...] = ()
    look_again_at: datetime | None = None
