"""What an event asks to look at again. A delivery never carries the truth, only a subject."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PullRequestSubject:
    """One pull request of one repository (`owner/name`)."""

    repository: str
    number: int


@dataclass(frozen=True, slots=True)
class CommitSubject:
    """Every open pull request and merge group whose head is this commit; the store knows which those are.

    Checks of pull requests from forks name no pull request (`pull_requests: []`), only the commit; those that an
    event does name are `named`. `check` is the check or status that reported there: no concern of a policy that
    does not name it. None: anything may have changed.
    """

    repository: str
    sha: str
    check: str | None = None
    named: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MergeGroupSubject:
    """One merge group of a merge queue, by the head SHA that GitHub made for it."""

    repository: str
    head_sha: str
    base_branch: str


@dataclass(frozen=True, slots=True)
class RepositorySubject:
    """Every open pull request of a repository: its policy or its rights may have changed."""

    repository: str


@dataclass(frozen=True, slots=True)
class InstallationSubject:
    """Every repository of an installation that came back or was given new permissions."""

    installation_id: int


@dataclass(frozen=True, slots=True)
class ReleasesSubject:
    """All releases of a repository: its release branch, tags, sign-offs, evidence, or a command for them."""

    repository: str


@dataclass(frozen=True, slots=True)
class TagsSubject:
    """The release tags of a repository; with `rulesets`, also the rulesets that protect them."""

    repository: str
    rulesets: bool = False


@dataclass(frozen=True, slots=True)
class DeploymentSubject:
    """One deployment of one workflow run that waits for our answer."""

    repository: str
    run_id: int
    environment: str


Subject = (
    PullRequestSubject
    | CommitSubject
    | MergeGroupSubject
    | RepositorySubject
    | InstallationSubject
    | ReleasesSubject
    | TagsSubject
    | DeploymentSubject
)
