"""A local git repository, read by git itself and by nothing else: no network, no hooks, no writes.

Every question is one short `git` process. What git cannot answer becomes `GitError`, whose text is one line.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

REGULAR_FILES = (b"100644", b"100755")
"""Modes of a git tree that are files with contents of their own: no symlink, submodule or folder."""

_PATHS_PER_CALL = 200
_REMOTE = re.compile(
    r"(?:(?:https?|ssh|git)://[^/\s]+/|(?:[^@/\s]+@)?[^:/\s]+:)(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?",
    re.ASCII,
)


class GitError(Exception):
    """Why the repository cannot answer, in one line for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class GitRepository:
    """One repository on disk: a working tree, any folder in it, a linked worktree, or a bare repository."""

    folder: Path

    @classmethod
    def open(cls, folder: Path) -> GitRepository:
        """The repository that `folder` lies in; GitError when there is none."""
        if not folder.is_dir():
            raise GitError(f"{folder}: no such folder")
        repository = cls(folder)
        answer = repository._run("rev-parse", "--git-dir")
        if answer.returncode:
            raise GitError(f"{folder}: not a git repository ({_reason(answer)})")
        return repository

    def commit(self, name: str) -> str:
        """The full SHA of a commit, branch or tag."""
        answer = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if answer.returncode:
            shallow = "; the clone is shallow, `git fetch --unshallow` brings the rest"
            raise GitError(f"{name}: no such commit here{shallow if self.is_shallow() else ''}")
        return answer.stdout.decode().strip()

    def merge_base(self, base: str, head: str) -> str:
        """The commit that a pull request's diff starts from (the first one, where git finds several)."""
        answer = self._run("merge-base", base, head)
        if answer.returncode == 1:
            where = "in this shallow clone; try `git fetch --unshallow`" if self.is_shallow() else "at all"
            raise GitError(f"{base[:7]} and {head[:7]} have no common ancestor {where}")
        return _succeeded(answer).decode().strip()

    def is_shallow(self) -> bool:
        """Whether history was cut off when the repository was cloned."""
        return self._run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"

    def branch_of(self, name: str) -> str | None:
        """The branch that a name means (`main`, `origin/main` → `main`); None for a SHA, a tag, `HEAD~1` …"""
        answer = self._run("rev-parse", "--symbolic-full-name", "--verify", "--quiet", "--end-of-options", name)
        return _branch(answer.stdout.decode(errors="replace").strip())

    def default_branch(self) -> str | None:
        """The remote's default branch as cloned, else `main` or `master` if there is one."""
        named = self._run("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD").stdout
        branch = _branch(named.decode(errors="replace").strip())
        return branch or next((name for name in ("main", "master") if self.base_of(name)), None)

    def base_of(self, branch: str) -> str | None:
        """How to name a branch's newest known state: as on the remote, else as here; None if it is not there."""
        for name in (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}"):
            if self._run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").returncode == 0:
                return name
        return None

    def remote_name(self) -> str | None:
        """`owner/name` of the remote `origin`; None without one, and for one that is only a path."""
        url = self._run("config", "--get", "remote.origin.url").stdout.decode(errors="replace").strip()
        found = _REMOTE.fullmatch(url)
        return found["name"] if found else None

    def contents(self, commit: str, path: str) -> bytes | None:
        """The bytes of a file (of a symlink: its target) at a commit; None when no file is there."""
        answer = self._run("cat-file", "blob", f"{commit}:{path}")
        return None if answer.returncode else answer.stdout

    def file_sizes(self, commit: str, paths: Iterable[str]) -> dict[str, int | None]:
        """The sizes in bytes of regular files at a commit; None for a path where no regular file is."""
        sizes: dict[str, int | None] = dict.fromkeys(paths)
        for some in _chunks(tuple(sizes)):
            listing = self.read("ls-tree", "-z", "-l", "--full-tree", commit, "--", *some)
            for entry in listing.split(b"\0")[:-1]:
                described, _, path = entry.partition(b"\t")
                mode, _, _, size = described.split()
                name = path.decode("utf-8", "backslashreplace")
                if mode in REGULAR_FILES and name in sizes:
                    sizes[name] = int(size)
        return sizes

    def read(self, *arguments: str) -> bytes:
        """What a git command prints; GitError when it fails."""
        return _succeeded(self._run(*arguments))

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                ["git", "-C", os.fspath(self.folder), *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                env=_environment(),
            )
        except FileNotFoundError:
            raise GitError("git is not installed, or not on the PATH") from None


def _environment() -> dict[str, str]:
    """The environment without what would turn git to another repository, to a network or to a prompt."""
    chosen_elsewhere = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")
    kept = {name: value for name, value in os.environ.items() if name not in chosen_elsewhere}
    return kept | {
        "GIT_ALLOW_PROTOCOL": "none",  # a partial clone would fetch what it lacks
        "GIT_NO_LAZY_FETCH": "1",  # the same, for the git versions that know it
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",  # as on GitHub
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


def _succeeded(answer: subprocess.CompletedProcess[bytes]) -> bytes:
    if answer.returncode:
        raise GitError(_reason(answer))
    return answer.stdout


def _reason(answer: subprocess.CompletedProcess[bytes]) -> str:
    """What git said last, with what to do where it lacks objects."""
    lines = answer.stderr.decode("utf-8", "backslashreplace").strip().splitlines() or ["git said nothing"]
    missing = any("promisor" in line or "not allowed" in line for line in lines)
    if missing:
        return "objects are missing in this partial clone; `git diff BASE...HEAD` once brings them"
    return next((line for line in lines if line.startswith("fatal:")), lines[-1]).removeprefix("fatal: ")


def _branch(reference: str) -> str | None:
    if reference.startswith("refs/heads/"):
        return reference.removeprefix("refs/heads/")
    if reference.startswith("refs/remotes/"):
        return reference.removeprefix("refs/remotes/").partition("/")[2] or None
    return None


def _chunks(paths: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """A few hundred paths at a time: a command line has a length limit."""
    rest = iter(paths)
    while some := tuple(islice(rest, _PATHS_PER_CALL)):
        yield some
