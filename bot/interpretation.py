"""What one delivery asks for, as `bot.events` reads it out of the payload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.commands import ParsedCommand
from bot.core.subjects import Subject
from bot.payload import Payload


@dataclass(frozen=True, slots=True)
class PullRequestSeen:
    """What a pull_request event says of its pull request: kept only to find it again by its head SHA."""

    repository: str
    number: int
    head_sha: str
    base_branch: str
    is_open: bool
    is_draft: bool
    title: str
    author: str


@dataclass(frozen=True, slots=True)
class CommandComment:
    """A comment with commands that may be obeyed: just created, by a human, who wrote it.

    `for_release` are the places in `commands` of those that the release desk carries out (on a plain issue: all);
    the others are the pull request's. `written_at` is GitHub's own time.
    """

    repository: str
    number: int
    comment_id: int
    comment_node_id: str
    sender: str
    commands: tuple[ParsedCommand, ...]
    for_release: frozenset[int] = frozenset()
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InstallationChange:
    """Repositories that an installation gained or lost, with the IDs of those gained.

    `all_lost`: it was deleted or suspended.
    """

    installation_id: int
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    all_lost: bool = False
    ids: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class RepositoryMoved:
    """A repository has a new name: what is known of it follows."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RepositoryGone:
    """A repository can be changed by nobody: deleted for good (another may get its name), or archived for now."""

    repository: str
    is_deleted: bool
    repository_id: int | None = None


@dataclass(frozen=True, slots=True)
class RequestedDeployment:
    """A deployment that waits for our answer. `callback_url` is hostile text until it is checked."""

    repository: str
    environment: str
    ref: str
    sha: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What one delivery asks for. `reason` is for the log; without anything else there is nothing to do.

    `concerns_releases` is for whatever may open a release that is armed: without such a release it asks for
    nothing. `deleted_comment` is a repository and the ID of a comment in it. `opened_to_somebody` is a repository
    to which somebody got access.
    """

    reason: str
    subjects: tuple[Subject, ...] = ()
    pull_request: PullRequestSeen | None = None
    comment: CommandComment | None = None
    installation: InstallationChange | None = None
    moved: RepositoryMoved | RepositoryGone | None = None
    deployment: RequestedDeployment | None = None
    deleted_comment: tuple[str, int] | None = None
    opened_to_somebody: str | None = None
    concerns_releases: bool = False

    @property
    def has_work(self) -> bool:
        """Whether anything is to be stored beyond the delivery itself, or queued, whatever the store knows.

        For what concerns releases only the store can tell; the intake then adds a subject.
        """
        return bool(self.subjects or self.pull_request or self.comment or self.installation or self.moved)


@dataclass(frozen=True, slots=True)
class Own:
    """Who we are on GitHub, to know our own doings. Unknown (None) until GitHub was asked once."""

    app_id: int | None = None
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery's body with what every handler needs of it."""

    action: str
    repository: str
    payload: Payload
    own: Own


Handler = Callable[[Received], Interpretation]
