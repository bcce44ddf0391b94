"""Objects that exist only for GraphQL: git's commits, trees, blobs, tags and references with their repository."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..git.objects import Commit as GitCommit
from ..git.objects import TagObject, TreeEntry
from ..identifiers import node_id
from ..state import PullRequest, Repository


@dataclass(frozen=True)
class GitObjectSource:
    """A git object of a repository."""

    repository: Repository
    oid: str
    graphql_type = "GitObject"

    @property
    def node_id(self) -> str:
        return node_id(self.graphql_type, self.repository.id, self.oid)

    @property
    def abbreviated_oid(self) -> str:
        """The first seven characters."""
        return self.oid[:7]


@dataclass(frozen=True)
class CommitSource(GitObjectSource):
    """A commit."""

    graphql_type = "Commit"

    @cached_property
    def facts(self) -> GitCommit:
        """What git says of it."""
        return self.repository.git.commit(self.oid)


@dataclass(frozen=True)
class TreeSource(GitObjectSource):
    """A tree; `path` is where it lies, with a slash at its end unless it is the root."""

    path: str = ""
    graphql_type = "Tree"


@dataclass(frozen=True)
class BlobSource(GitObjectSource):
    """A blob."""

    graphql_type = "Blob"

    @cached_property
    def content(self) -> bytes:
        """Its bytes."""
        return self.repository.git.read(self.oid)[1]


@dataclass(frozen=True)
class TagSource(GitObjectSource):
    """An annotated tag."""

    graphql_type = "Tag"

    @cached_property
    def facts(self) -> TagObject:
        """What git says of it."""
        return self.repository.git.tag(self.oid)


@dataclass(frozen=True)
class EntrySource:
    """An entry of a tree, with the path it lies at."""

    repository: Repository
    entry: TreeEntry
    path: str


@dataclass(frozen=True)
class RefSource:
    """A branch or tag by its full name."""

    repository: Repository
    full_name: str
    oid: str
    graphql_type = "Ref"

    @property
    def node_id(self) -> str:
        return node_id("Ref", self.repository.id, self.full_name)


@dataclass(frozen=True)
class StatusSource:
    """All commit statuses of a commit."""

    commit: CommitSource
    graphql_type = "Status"

    @property
    def node_id(self) -> str:
        return node_id("Status", self.commit.repository.id, self.commit.oid)


@dataclass(frozen=True)
class RollupSource:
    """All checks and statuses of a commit."""

    commit: CommitSource
    graphql_type = "StatusCheckRollup"

    @property
    def node_id(self) -> str:
        return node_id("StatusCheckRollup", self.commit.repository.id, self.commit.oid)


@dataclass(frozen=True)
class PullCommitSource:
    """A commit of a pull request."""

    pull_request: PullRequest
    commit: CommitSource
    graphql_type = "PullRequestCommit"

    @property
    def node_id(self) -> str:
        return node_id("PullRequestCommit", self.pull_request.pull_id, self.commit.oid)


@dataclass(frozen=True)
class QueueSource:
    """The merge queue of a branch."""

    repository: Repository
    branch: str
    graphql_type = "MergeQueue"

    @property
    def node_id(self) -> str:
        return node_id("MergeQueue", self.repository.id, self.branch)


def git_object(repository: Repository, oid: str | None) -> GitObjectSource | None:
    """The source for an object ID of unknown type; None when there is no such object."""
    if oid is None:
        return None
    kind = repository.git.kind_of(oid)
    makers = {"commit": CommitSource, "tree": TreeSource, "blob": BlobSource, "tag": TagSource}
    return None if kind is None else makers[kind](repository, oid)
