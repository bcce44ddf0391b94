"""Which commit comes from which: in memory, since a process of git for each question takes milliseconds."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .process import run_git

_ONE, _OTHER, _BELOW = 1, 2, 4
_BOTH = _ONE | _OTHER


@dataclass(frozen=True, slots=True)
class Shape:
    """How two commits lie to each other.

    `bases` are their best common ancestors; `ahead` is what only the second one reaches, oldest first where
    it is `straight`.
    """

    bases: tuple[str, ...]
    ahead: tuple[str, ...]
    straight: bool


class CommitGraph:
    """Parents of commits, and each commit's generation: one more than the highest of its parents."""

    def __init__(self, directory: Path, parents_of: Callable[[str], tuple[str, ...]]) -> None:
        self._read = parents_of
        self._parents: dict[str, tuple[str, ...]] = {}
        self._generations: dict[str, int] = {}
        listed = run_git("rev-list", "--all", "--topo-order", "--reverse", "--parents", at=directory)
        for line in listed.decode().splitlines():
            commit, *parents = line.split()
            self._add(commit, tuple(parents))

    def compare(self, one: str, other: str) -> Shape:
        """How two commits lie to each other; raises MissingObjectError when git has not got one of them."""
        marks: dict[str, int] = {}
        waiting: list[tuple[int, str]] = []
        for commit, mark in ((one, _ONE), (other, _OTHER)):
            self._learn(commit)
            self._mark(marks, waiting, commit, mark)
        bases: list[str] = []
        while any(marks[commit] & _BELOW == 0 for _, commit in waiting):
            # Whoever comes out first has the highest generation, so all its descendants came out before.
            _, commit = heapq.heappop(waiting)
            mark = marks[commit]
            if mark & _BOTH == _BOTH:
                if not mark & _BELOW:
                    bases.append(commit)
                mark |= _BELOW
            for parent in self._parents[commit]:
                self._mark(marks, waiting, parent, mark)
        ahead = [commit for commit, mark in marks.items() if mark & _BOTH == _OTHER]
        ahead.sort(key=self._generations.__getitem__)
        straight = all(len(self._parents[commit]) <= 1 for commit in ahead)
        return Shape(tuple(bases), tuple(ahead), straight)

    def _mark(self, marks: dict[str, int], waiting: list[tuple[int, str]], commit: str, mark: int) -> None:
        known = marks.get(commit)
        marks[commit] = mark | (known or 0)
        if known is None:
            heapq.heappush(waiting, (-self._generations[commit], commit))

    def _learn(self, commit: str) -> None:
        """Read a new commit, and those of its ancestors that are new."""
        stack = [commit]
        while stack:
            current = stack[-1]
            if current in self._generations:
                stack.pop()
                continue
            parents = self._read(current)
            missing = list(self._unknown(parents))
            if missing:
                stack += missing
            else:
                self._add(stack.pop(), parents)

    def _unknown(self, commits: Iterable[str]) -> Iterator[str]:
        return (commit for commit in commits if commit not in self._generations)

    def _add(self, commit: str, parents: tuple[str, ...]) -> None:
        self._parents[commit] = parents
        self._generations[commit] = 1 + max((self._generations[parent] for parent in parents), default=0)
