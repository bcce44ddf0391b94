"""What this package hands out beside the core's own facts. Frozen, and free of any GitHub library's types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.model import CheckRun, CommitStatus, Effect, PullRequestFacts

POLICY_PATH = ".github/trackgate.yml"


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """`.github/trackgate.yml` at the head of the base branch: its bytes and its Git object ID.

    Of a file over a mebibyte only the beginning is here (never less than GitHub's GraphQL gives, 500 KB);
    it is longer than any policy may be.
    """

    text: bytes
    oid: str


@dataclass(frozen=True, slots=True)
class Handles:
    """The node IDs that writes need. Logins are keys in lower case; who GitHub does not know is absent."""

    repository_node_id: str
    pull_request_node_id: str | None
    user_node_ids: Mapping[str, str] = field(default_factory=dict)
    label_node_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PullRequestReading:
    """One pull request as read at one moment.

    Of `facts`, the fields that only our store knows (holds, reassignments, refused_requests, siblings) are at
    their defaults, and `head_seen_at` is the moment of the reading: fill them with `dataclasses.replace`.
    `sibling_numbers` are the other open pull requests of the repository with the same head SHA.
    """

    facts: PullRequestFacts
    handles: Handles
    policy_file: PolicyFile | None
    sibling_numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OpenPullRequest:
    """One line of the list of open pull requests."""

    number: int
    head_sha: str
    base_branch: str
    is_draft: bool
    title: str
    author: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One pull request in a merge queue. `group_head_sha` is the merge group's commit once GitHub made it."""

    position: int
    number: int
    head_sha: str
    group_head_sha: str | None


@dataclass(frozen=True, slots=True)
class MergeGroupReading:
    """A merge group's head and the queue it stands in. Entries come in the queue's order.

    A group holds the entry whose `group_head_sha` is `head_sha` and, since each group builds on the one
    before it, those ahead of it in the queue.
    """

    repository: str
    base_branch: str
    default_branch: str
    head_sha: str
    check_runs: tuple[CheckRun, ...]
    statuses: tuple[CommitStatus, ...]
    own_check_runs: tuple[CheckRun, ...]
    entries: tuple[QueueEntry, ...]
    documents: Mapping[str, int | None]
    trees: Mapping[str, Mapping[str, str | None]]
    handles: Handles
    policy_file: PolicyFile | None
    unreadable: tuple[str, ...] = ()

    @property
    def member_numbers(self) -> tuple[int, ...]:
        """The pull requests this head would merge; empty when no entry has this head (the group is gone)."""
        last = next((e.position for e in self.entries if e.group_head_sha == self.head_sha), None)
        if last is None:
            return ()
        return tuple(entry.number for entry in self.entries if entry.position <= last)


@dataclass(frozen=True, slots=True)
class InstalledApp:
    """One installation of the App. A suspended one answers nothing."""

    installation_id: int
    account: str
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class InstalledRepository:
    """One repository that an installation may see. Its ID stays when its name changes."""

    repository_id: int
    repository: str
    default_branch: str
    is_archived: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one effect. `refused` is GitHub's reason, plain text; None: done, or nothing was to do.

    `node_id` is what was made or changed, where GitHub names it (check runs, comments, reactions).
    `transient` marks a refusal that says nothing about the effect itself (a limit, an outage): the effect is
    worth another try after a new read, and the refusal is not worth remembering.
    """

    effect: Effect
    refused: str | None = None
    node_id: str | None = None
    transient: bool = False
