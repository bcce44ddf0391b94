"""A local git repository and two commits in the place of GitHub: the facts of the pull request they would be.

Nothing of what only GitHub knows is there yet: no reviews, no check runs, no holds but a label told by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.cli.plan_policy import choose_policy
from bot.core.merge_gate import decide, wanted_facts
from bot.core.model import Decision, PullRequestFacts
from bot.core.policy import LoadedPolicy
from bot.git_changes import Changes, changes_between
from bot.git_repository import GitError, GitRepository

UNKNOWN_AUTHOR = "the author"
"""In the place of a login that was not told; no login has a blank in it, so nobody is taken for the author."""


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What was asked at the terminal. None stands for what is to be found out."""

    repository: Path
    base: str | None = None
    head: str = "HEAD"
    policy: Path | None = None
    policy_dir: Path = Path("policies")
    author: str | None = None
    labels: tuple[str, ...] = ()
    base_branch: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The facts of the pull request that could be opened, and the merge gate's decision on them."""

    request: PlanRequest
    name: str | None
    base: str
    merge_base: str
    facts: PullRequestFacts
    loaded: LoadedPolicy
    decision: Decision
    notes: tuple[str, ...]


def make_plan(request: PlanRequest, now: datetime) -> Plan:
    """Read the repository and decide. Raises GitError, InvalidPolicy or NoPolicyError."""
    repository = GitRepository.open(request.repository)
    base_name = request.base or _default_base(repository, request.base_branch)
    base, head = repository.commit(base_name), repository.commit(request.head)
    merge_base = repository.merge_base(base, head)
    name = repository.remote_name()
    loaded = choose_policy(repository, base, name, request.policy, request.policy_dir)
    changes = changes_between(repository, merge_base, head)
    default_branch = repository.default_branch() or "main"
    base_branch = request.base_branch or repository.branch_of(base_name) or default_branch
    documents = wanted_facts(loaded.policy).documents
    facts = PullRequestFacts(
        repository=name or request.repository.resolve().name,
        number=0,
        title="",
        author=request.author or UNKNOWN_AUTHOR,
        is_open=True,
        is_draft=False,
        base_branch=base_branch,
        default_branch=default_branch,
        head_sha=head,
        head_commit_author=None,
        head_seen_at=now,
        labels=request.labels,
        changed_files=len(changes.files),
        changed_lines=changes.lines,
        files=changes.files,
        documents=repository.file_sizes(head, documents),
    )
    decision = decide(facts, loaded, now)
    notes = _notes(request, repository, changes)
    return Plan(request, name, base, merge_base, facts, loaded, decision, notes)


def _default_base(repository: GitRepository, base_branch: str | None) -> str:
    """The newest known state of the branch that the pull request would go to."""
    branch = base_branch or repository.default_branch()
    found = repository.base_of(branch) if branch is not None else None
    if found is None:
        raise GitError(f"no branch {branch or 'main'} here or on the remote; name BASE")
    return found


def _notes(request: PlanRequest, repository: GitRepository, changes: Changes) -> tuple[str, ...]:
    """What the reader has to know to trust the answer."""
    notes = []
    if request.author is None:
        notes.append("No --author was given, so nobody is passed over as the author.")
    if not changes.files:
        notes.append("Nothing changed between the merge base and the head.")
    if repository.is_shallow():
        notes.append("The clone is shallow: GitHub may find another merge base.")
    return tuple(notes)
