"""One bare git repository: references kept in memory, immutable facts cached by SHA, git for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from .diff import ChangedFile, changed_files
from .graph import CommitGraph, Shape
from .loose import can_write_reference, is_plain, write_changed_tree, write_loose, write_reference
from .objects import Commit, Signature, TagObject, TreeEntry, parse_commit, parse_tag, parse_tree
from .process import GitError, MissingObjectError, ObjectReader, run_git
from .writer import TreeChange, commit_content, tag_content, write_object, write_tree

K = TypeVar("K")
V = TypeVar("V")
_FULL_OID = re.compile(r"[0-9a-f]{40}")
_SUFFIXED = re.compile(r"([^~^]+)((?:\^\{(?:commit|tree|blob|tag|)\}|\^\d{0,3}|~\d{0,6})+)")
_CACHED = 5_000
_SMALL = 64 * 1024


class GitRepository:
    """A bare repository on disk. Only this object may change it, since references are cached."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._reader = ObjectReader(directory)
        self._objects: dict[str, tuple[str, bytes]] = {}
        self._commits: dict[str, Commit] = {}
        self._trees: dict[str, dict[str, TreeEntry]] = {}
        self._diffs: dict[tuple[str, str], tuple[ChangedFile, ...]] = {}
        self._shapes: dict[tuple[str, str], Shape] = {}
        self._graph: CommitGraph | None = None
        self._histories: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._merges: dict[tuple[str, str], str | None] = {}
        self.references: dict[str, str] = self._load_references()

    @classmethod
    def create(cls, directory: Path) -> GitRepository:
        """A new, empty bare repository."""
        run_git("init", "--quiet", "--bare", "--initial-branch=main", str(directory))
        return cls(directory)

    @classmethod
    def clone(cls, source: Path, directory: Path) -> GitRepository:
        """A bare copy of any local git repository, with its branches and tags."""
        run_git("clone", "--quiet", "--bare", "--no-hardlinks", str(source), str(directory))
        return cls(directory)

    def close(self) -> None:
        """End the processes."""
        self._reader.close()

    # Reading

    @property
    def head_branch(self) -> str | None:
        """The branch that HEAD names."""
        name = run_git("symbolic-ref", "HEAD", at=self.directory).decode().strip()
        return name.removeprefix("refs/heads/") or None

    def read(self, oid: str) -> tuple[str, bytes]:
        """Type and content of an object; raises MissingObjectError."""
        known = self._objects.get(oid)
        if known is None:
            _, kind, content = self._reader.read(oid)
            known = (kind, content)
            if len(content) <= _SMALL and _FULL_OID.fullmatch(oid):
                _remember(self._objects, oid, known)
        return known

    def kind_of(self, oid: str) -> str | None:
        """blob, tree, commit or tag; None when there is no such object."""
        try:
            return self.read(oid)[0]
        except MissingObjectError:
            return None

    def commit(self, oid: str) -> Commit:
        """A commit by its full object ID; raises MissingObjectError."""
        known = self._commits.get(oid)
        if known is None:
            kind, content = self.read(oid)
            if kind != "commit":
                raise MissingObjectError(oid)
            known = _remember(self._commits, oid, parse_commit(oid, content))
        return known

    def tag(self, oid: str) -> TagObject:
        """An annotated tag object; raises MissingObjectError."""
        kind, content = self.read(oid)
        if kind != "tag":
            raise MissingObjectError(oid)
        return parse_tag(oid, content)

    def tree(self, oid: str) -> dict[str, TreeEntry]:
        """A tree's entries by name, in git's order; raises MissingObjectError."""
        known = self._trees.get(oid)
        if known is None:
            kind, content = self.read(oid)
            if kind != "tree":
                raise MissingObjectError(oid)
            known = _remember(self._trees, oid, {entry.name: entry for entry in parse_tree(content)})
        return known

    def entry(self, tree: str, path: str) -> TreeEntry | None:
        """The entry at a path below a tree, or None."""
        parts = path.split("/")
        for depth, part in enumerate(parts, start=1):
            entry = self.tree(tree).get(part)
            if entry is None or depth == len(parts):
                return entry
            if entry.kind != "tree":
                return None
            tree = entry.oid
        return None

    def resolve(self, revision: str) -> str | None:
        """The object that a branch, tag, full reference, SHA or short SHA names, as `git rev-parse` would.

        Suffixes that lead on from there (`^{commit}`, `^`, `~2`) are git's own business.
        """
        suffixed = _SUFFIXED.fullmatch(revision)
        if suffixed is not None:
            return self._follow(self.resolve(suffixed[1]), suffixed[2])
        for name in (revision, f"refs/{revision}", f"refs/tags/{revision}", f"refs/heads/{revision}"):
            if name in self.references:
                return self.references[name]
        try:
            return self._reader.read(revision)[0] if re.fullmatch(r"[0-9a-fA-F]{4,40}", revision) else None
        except MissingObjectError:
            return None

    def _follow(self, start: str | None, suffix: str) -> str | None:
        if start is None:
            return None
        try:
            found = run_git("rev-parse", "--verify", "--quiet", f"{start}{suffix}", at=self.directory)
        except GitError:
            return None
        return found.decode().strip()

    def resolve_commit(self, revision: str) -> str | None:
        """The commit that a revision names, through annotated tags."""
        oid = self.resolve(revision)
        for _ in range(10):
            kind = None if oid is None else self.kind_of(oid)
            if oid is None or kind == "commit":
                return oid
            if kind != "tag":
                return None
            oid = self.tag(oid).target
        return None

    def resolve_tree(self, revision: str) -> str | None:
        """The tree that a revision names, its own or that of the commit it leads to."""
        oid = self.resolve(revision)
        if oid is not None and self.kind_of(oid) == "tree":
            return oid
        commit = self.resolve_commit(revision)
        return None if commit is None else self.commit(commit).tree

    # Comparing

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor, or None; git chooses where there are several."""
        bases = self._shape(one, other).bases
        if len(bases) > 1:
            return run_git("merge-base", one, other, at=self.directory).decode().strip()
        return bases[0] if bases else None

    def _shape(self, one: str, other: str) -> Shape:
        """How two commits, or what tags lead to, lie to each other; a missing one has nothing in common."""
        known = self._shapes.get((one, other))
        if known is not None:
            return known
        found = self.resolve_commit(one), self.resolve_commit(other)
        if found[0] is None or found[1] is None:
            return Shape((), (), straight=True)
        if self._graph is None:
            self._graph = CommitGraph(self.directory, lambda oid: self.commit(oid).parents)
        shape = self._graph.compare(found[0], found[1])
        if found == (one, other):  # else a reference was named, which may move
            _remember(self._shapes, found, shape)
        return shape

    def changes(self, base: str, head: str) -> tuple[ChangedFile, ...]:
        """The files that differ between two commits."""
        known = self._diffs.get((base, head))
        if known is None:
            known = _remember(self._diffs, (base, head), changed_files(self.directory, base, head))
        return known

    def commits_between(self, base: str, head: str) -> tuple[str, ...]:
        """The commits reachable from head and not from base, oldest first."""
        shape = self._shape(base, head)
        if shape.straight:
            return shape.ahead
        listed = run_git("rev-list", "--reverse", "--topo-order", head, f"^{base}", at=self.directory)
        return tuple(listed.decode().split())

    def history(
        self,
        head: str,
        path: str | None,
        limit: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[str, ...]:
        """The newest commits from head backwards; of one path, and committed within these times, if given.

        Of a path they are those that git's own history simplification leaves, as with `git log -- path`.
        """
        times = [
            f"--{name}={int(moment.timestamp())}"
            for name, moment in (("since", since), ("until", until))
            if moment is not None
        ]
        scope = ["--", path] if path else ["--"]
        command = ("rev-list", *times, f"--max-count={limit}", head, *scope)
        known = self._histories.get(command)
        if known is None:
            listed = run_git("--literal-pathspecs", *command, at=self.directory)
            known = _remember(self._histories, command, tuple(listed.decode().split()))
        return known

    def contains(self, head: str, commit: str) -> bool:
        """Whether `commit` is `head` or one of its ancestors."""
        return self.merge_base(commit, head) == commit

    def merged_tree(self, base: str, head: str) -> str | None:
        """The tree of merging head into base, or None when they conflict."""
        key = (base, head)
        if key not in self._merges:
            try:
                printed = run_git("merge-tree", "--write-tree", base, head, at=self.directory)
                _remember(self._merges, key, printed.decode().split()[0])
            except GitError:
                _remember(self._merges, key, None)
        return self._merges[key]

    def replayed_tree(self, commit: str, onto: str) -> str | None:
        """The tree of `onto` with one commit's change made again, or None when that conflicts."""
        # Not every git in use lets `merge-tree` be told its merge base, hence a commit that has `onto`'s tree and
        # the other's parent.
        parents = self.commit(commit).parents
        if not parents:
            return None
        nobody = Signature("sandbox", "sandbox", datetime.fromtimestamp(0, UTC))
        stand_in = self.write_commit(self.commit(onto).tree, parents[:1], nobody, nobody, "Stand-in")
        return self.merged_tree(stand_in, commit)

    # Writing

    def write_blob(self, content: bytes) -> str:
        """Store a blob."""
        return write_loose(self.directory, "blob", content)

    def write_tree(self, base_tree: str | None, changes: Iterable[TreeChange]) -> str:
        """Store the tree that `base_tree` becomes by these changes; raises GitError."""
        changes = list(changes)
        if is_plain(changes):
            made = write_changed_tree(self.directory, self.tree, base_tree, changes)
            if made is not None:
                return made
        return self.commit(write_tree(self.directory, base_tree, changes)).tree

    def write_commit(
        self, tree: str, parents: Iterable[str], author: Signature, committer: Signature, message: str
    ) -> str:
        """Store a commit."""
        content = commit_content(tree, parents, author, committer, message)
        return write_loose(self.directory, "commit", content)

    def write_tag(self, name: str, target: str, kind: str, tagger: Signature, message: str) -> str:
        """Store an annotated tag object; raises GitError."""
        return write_object(self.directory, "tag", tag_content(name, target, kind, tagger, message))

    def set_reference(self, name: str, oid: str) -> None:
        """Create or move a reference; raises GitError."""
        if can_write_reference(name, self.references) and self.kind_of(oid) is not None:
            write_reference(self.directory, name, oid)
        else:
            run_git("update-ref", name, oid, at=self.directory)
        self.references[name] = oid

    def delete_reference(self, name: str) -> None:
        """Delete a reference."""
        run_git("update-ref", "-d", name, at=self.directory)
        self.references.pop(name, None)

    def fetch_from(self, other: GitRepository, oid: str, name: str) -> None:
        """Bring a commit of another repository here, under a reference, so that it outlives the other."""
        source = f"refs/sandbox/fetch-{oid}"
        run_git("update-ref", source, oid, at=other.directory)
        try:
            refspec = f"+{source}:{name}"
            run_git("fetch", "--quiet", "--no-tags", str(other.directory), refspec, at=self.directory)
        finally:
            run_git("update-ref", "-d", source, at=other.directory)
        self.references[name] = oid

    def _load_references(self) -> dict[str, str]:
        listed = run_git("for-each-ref", "--format=%(objectname) %(refname)", at=self.directory)
        lines = listed.decode("utf-8", "replace").splitlines()
        return {name: oid for oid, _, name in (line.partition(" ") for line in lines)}


def _remember(cache: dict[K, V], key: K, value: V) -> V:
    """Keep a fact that never changes; the oldest go first when there are too many."""
    while len(cache) >= _CACHED:
        cache.pop(next(iter(cache)))
    cache[key] = value
    return value
