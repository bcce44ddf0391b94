"""Writing git objects and references as the files that git itself would write, without a process for each."""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from .objects import TreeEntry
from .writer import TreeChange

PLAIN_CHANGES_AT_MOST = 50
"""Changes of a tree that are made here; more of them are quicker with git's own importer."""
ReadTree = Callable[[str], Mapping[str, TreeEntry]]
_MODES = ("100644", "100755", "120000")
_PLAIN_REFERENCE = re.compile(r"refs/(?:heads|pull|tags)/[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")


def write_loose(directory: Path, kind: str, content: bytes) -> str:
    """Write a blob, tree or commit; its object ID. The content has to be well formed."""
    whole = b"%s %d\0" % (kind.encode(), len(content)) + content
    oid = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    target = directory / "objects" / oid[:2] / oid[2:]
    if not target.exists():
        _write_file(target, zlib.compress(whole, 1))
    return oid


def _write_file(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name[:20]}.{os.getpid()}.partial")
    partial.write_bytes(content)
    partial.replace(target)


def can_write_reference(name: str, taken: Collection[str]) -> bool:
    """Whether a reference is a file of a plain name that no folder of other references is in the way of."""
    if _PLAIN_REFERENCE.fullmatch(name) is None:
        return False
    if name in taken:
        return True
    parts = name.split("/")
    above = {"/".join(parts[:count]) for count in range(3, len(parts))}
    return above.isdisjoint(taken) and not any(other.startswith(f"{name}/") for other in taken)


def write_reference(directory: Path, name: str, oid: str) -> None:
    """Create or move a reference; `can_write_reference` says whether this may be done."""
    _write_file(directory / name, f"{oid}\n".encode())


def is_plain(changes: Sequence[TreeChange]) -> bool:
    """Whether `write_changed_tree` can make these changes: a few, of plain paths, by content or removal."""
    paths = [change.path.split("/") for change in changes]
    folders = {tuple(parts[:count]) for parts in paths for count in range(1, len(parts))}
    return (
        len(changes) <= PLAIN_CHANGES_AT_MOST
        and folders.isdisjoint(map(tuple, paths))
        and all(
            change.oid is None
            and (change.content is None or change.mode in _MODES)
            and all(part not in ("", ".", "..") and part.lower() != ".git" for part in parts)
            and not any(character in change.path for character in "\0\ufffd\\")
            for change, parts in zip(changes, paths, strict=True)
        )
    )


def write_changed_tree(
    directory: Path, read: ReadTree, base_tree: str | None, changes: Sequence[TreeChange]
) -> str | None:
    """Write the tree that `base_tree` becomes; None when a name in the way is none that can be written again."""
    blobs = {
        tuple(change.path.split("/")): None
        if change.content is None
        else (change.mode, write_loose(directory, "blob", change.content))
        for change in changes
    }
    try:
        tree = _changed(directory, read, base_tree, blobs)
    except UnicodeError:
        return None
    return tree or write_loose(directory, "tree", b"")


def _changed(
    directory: Path, read: ReadTree, tree: str | None, blobs: Mapping[tuple[str, ...], tuple[str, str] | None]
) -> str | None:
    """One folder and those below it; None when nothing is left of it."""
    entries = {} if tree is None else dict(read(tree))
    below: dict[str, dict[tuple[str, ...], tuple[str, str] | None]] = {}
    for (name, *rest), blob in blobs.items():
        if rest:
            below.setdefault(name, {})[tuple(rest)] = blob
        elif blob is None:
            entries.pop(name, None)
        else:
            entries[name] = TreeEntry(blob[0], name, blob[1])
    for name, inner in below.items():
        known = entries.get(name)
        folder = known.oid if known is not None and known.kind == "tree" else None
        if folder is None and known is not None and not any(inner.values()):
            continue  # what is to be removed lies below a file, so it is not there
        made = _changed(directory, read, folder, inner)
        if made is None:
            entries.pop(name, None)
        else:
            entries[name] = TreeEntry("040000", name, made)
    return _write_tree(directory, entries.values()) if entries else None


def _write_tree(directory: Path, entries: Iterable[TreeEntry]) -> str:
    """Git sorts folders as if their names ended in a slash. Raises UnicodeError for a name that was not UTF-8."""
    if any("\ufffd" in entry.name for entry in entries):
        raise UnicodeError("a name was replaced when it was read")
    ordered = sorted(entries, key=lambda one: (f"{one.name}/" if one.kind == "tree" else one.name).encode())
    return write_loose(directory, "tree", b"".join(map(_line, ordered)))


def _line(entry: TreeEntry) -> bytes:
    return b"%s %s\0%s" % (entry.mode.lstrip("0").encode(), entry.name.encode(), bytes.fromhex(entry.oid))
