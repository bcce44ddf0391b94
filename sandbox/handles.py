"""What tests and stories hold in hand: repositories, pull requests and issues, as their makers got them back."""

from __future__ import annotations

from dataclasses import dataclass

from .state import Repository


@dataclass(frozen=True, slots=True)
class Thread:
    """An issue as its opener got it back."""

    repository: str
    number: int
    node_id: str

    @property
    def issue_path(self) -> str:
        """Its REST address."""
        return f"/repos/{self.repository}/issues/{self.number}"


@dataclass(frozen=True, slots=True)
class Pull(Thread):
    """A pull request as its opener got it back; `head_sha` is the head at that time."""

    branch: str
    base: str
    head_sha: str

    @property
    def path(self) -> str:
        """Its REST address; `issue_path` is that of the same thing seen as an issue."""
        return f"/repos/{self.repository}/pulls/{self.number}"


def name_of(repository: str | Repository | Thread) -> str:
    """`owner/name` of a repository given in any form."""
    if isinstance(repository, str):
        return repository
    return repository.full_name if isinstance(repository, Repository) else repository.repository
