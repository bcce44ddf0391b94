"""What the sandbox works out and writes without git is what git itself would have."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.git.objects import Signature
from sandbox.git.process import GitError, run_git
from sandbox.git.repository import GitRepository
from sandbox.git.writer import TreeChange, write_tree

SOMEBODY = Signature("somebody", "somebody@example.com", datetime(2026, 2, 19, tzinfo=UTC))


@pytest.fixture
def git(tmp_path: Path) -> Iterator[GitRepository]:
    """An empty repository."""
    repository = GitRepository.create(tmp_path / "made.git")
    yield repository
    repository.close()


def commits(git: GitRepository, seed: int, count: int) -> list[str]:
    """A history with forks, merges and more than one root."""
    chance = random.Random(seed)  # noqa: S311 - the same histories every time
    tree = git.write_tree(None, [TreeChange("a", content=b"a")])
    made: list[str] = []
    for number in range(count):
        parents = chance.sample(made[-8:], k=min(len(made), chance.choice((0, 1, 1, 1, 1, 2))))
        made.append(git.write_commit(tree, parents, SOMEBODY, SOMEBODY, f"Commit {number}"))
    return made


def by_git(git: GitRepository, *arguments: str) -> str | None:
    """What a git command says; None when it refuses."""
    try:
        return run_git(*arguments, at=git.directory).decode().strip()
    except GitError:
        return None


@pytest.mark.parametrize("seed", range(4))
def test_histories_are_compared_as_git_does(git: GitRepository, seed: int) -> None:
    """Merge bases, the commits between two others, and who comes from whom."""
    made = commits(git, seed, 24)
    chance = random.Random(seed)  # noqa: S311 - the same histories every time
    for _ in range(20):
        one, other = chance.choice(made), chance.choice(made)
        assert git.merge_base(one, other) == by_git(git, "merge-base", one, other)
        listed = by_git(git, "rev-list", "--reverse", "--topo-order", other, f"^{one}")
        assert list(git.commits_between(one, other)) == (listed or "").split()
        assert git.contains(other, one) == (by_git(git, "merge-base", "--is-ancestor", one, other) is not None)


def test_trees_are_written_as_git_does(git: GitRepository) -> None:
    """Files and folders added, changed, replaced by each other and removed, with names that sort oddly."""
    names = ("a", "a.b", "a-b", "a0", "b", "ü x", "z")
    chance = random.Random(7)  # noqa: S311 - the same changes every time
    tree: str | None = None
    for number in range(40):
        parts = [chance.choice(names) for _ in range(chance.randint(1, 3))]
        content = None if chance.random() < 0.3 else f"{number}".encode()
        mode = chance.choice(("100644", "100755", "120000"))
        changes = [TreeChange("/".join(parts), mode, content=content)]
        expected = git.commit(write_tree(git.directory, tree, changes)).tree
        tree = git.write_tree(tree, changes)
        assert tree == expected, changes
    assert by_git(git, "fsck", "--strict") is not None


def test_references_are_git_s_own(git: GitRepository) -> None:
    """Branches and tags that were written are there for git; one in the way of another is refused."""
    commit = commits(git, 1, 1)[0]
    for name in ("refs/heads/main", "refs/heads/a/b", "refs/tags/v1.0.0", "refs/pull/1/head"):
        git.set_reference(name, commit)
        assert by_git(git, "rev-parse", name) == commit
    for name in ("refs/heads/a", "refs/heads/a/b/c"):
        with pytest.raises(GitError):
            git.set_reference(name, commit)
