"""What the reads and writes of the release gate take and give. Frozen, and free of any GitHub library's types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.evidence_text import EvidenceEntry
from bot.core.model import CheckRun
from bot.core.release_model import ExistingTag, TrackCommit
from bot.github_api.readings import Handles, PolicyFile


@dataclass(frozen=True, slots=True)
class ReleaseReadingPlan:
    """What to read for one release.

    `branch` is the release branch (None: the default branch) and `target` 7 to 40 hexadecimal digits of a commit
    (None: the branch's head). `tracks` has for each track the folders that hold its paths, "" being the whole
    tree. `documents` are paths whose sizes are wanted, `comments` node IDs of comments that may be deleted.
    `issue` is the issue or pull request that is to be commented on.
    """

    branch: str | None = None
    target: str | None = None
    tag: str | None = None
    tracks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    evidence_directory: str | None = None
    documents: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    issue: int | None = None


@dataclass(frozen=True, slots=True)
class FolderCommit:
    """The last commit of the target's history that touched one folder of a track.

    `is_last` is False when it is known that another folder of the same track was touched by a later commit that
    has this one in its history. More than one may be last: those came by different branches.
    """

    folder: str
    commit: TrackCommit
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class EvidenceVersion:
    """One version of a file directly in the evidence folder: `oid` is the object ID of its contents."""

    path: str
    oid: str


@dataclass(frozen=True, slots=True)
class OpenPullRequestLabels:
    """An open pull request into the release branch, with what may make it part of a release."""

    number: int
    title: str
    author: str
    milestone: str | None
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseReading:
    """One release as read at one moment.

    `head_sha` is None when the release branch is gone, `target_sha` when no single commit is named so. `tracks`
    has the last commits of each track's folders, none for a folder that no commit ever touched. `evidence` has
    all entries of the evidence folder at the target and of the folders in it; `earlier_evidence` every other
    version in the target's history of the files directly in it. `existing_comments` are those of the plan that
    still exist. `own_check_runs` are our App's on the target. In `handles` the place of the
    pull request is the plan's issue, if it is there. `unreadable` names what could not be read.
    """

    repository: str
    default_branch: str
    release_branch: str
    head_sha: str | None
    head_committed_at: datetime | None
    target_sha: str | None
    handles: Handles
    policy_file: PolicyFile | None
    tracks: Mapping[str, tuple[FolderCommit, ...]] = field(default_factory=dict)
    documents: Mapping[str, int | None] = field(default_factory=dict)
    evidence: tuple[EvidenceEntry, ...] = ()
    earlier_evidence: tuple[EvidenceVersion, ...] = ()
    existing_tag: ExistingTag | None = None
    open_pull_requests: tuple[OpenPullRequestLabels, ...] = ()
    existing_comments: frozenset[str] = frozenset()
    own_check_runs: tuple[CheckRun, ...] = ()
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PathList:
    """The paths that a pull request or commit changes, with the previous path of each renamed or copied file.

    `is_complete` is False when GitHub listed only some.
    """

    paths: tuple[str, ...]
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Tagger:
    """Who an annotated tag says made it, and when. The same words and moment make the same tag object."""

    name: str
    email: str
    moment: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """A GitHub release. `is_own` says whether our App made it."""

    release_id: int
    tag: str
    title: str
    body: str
    is_draft: bool
    is_own: bool
    url: str


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a release. `digest` is `sha256:…`, when GitHub tells it; `is_uploaded` False: the upload broke."""

    asset_id: int
    name: str
    size: int
    digest: str | None
    is_uploaded: bool


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of ours on an issue or pull request."""

    node_id: str
    url: str
    body: str


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue, or a pull request, which GitHub counts among them."""

    number: int
    node_id: str
    url: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Grants:
    """What an App may do and is told: permissions (`contents` → `write`) and the events it subscribes to."""

    permissions: Mapping[str, str]
    events: frozenset[str]
