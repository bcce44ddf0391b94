"""Writing git objects: trees through `fast-import` (3,000 files at once), the rest through `hash-object`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .objects import Signature
from .process import run_git

_ZERO = "0" * 40


@dataclass(frozen=True, slots=True)
class TreeChange:
    """One path of a new tree: given content, or an existing object by `oid`, or neither for a removal."""

    path: str
    mode: str = "100644"
    oid: str | None = None
    content: bytes | None = None


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"' + escaped.encode("utf-8", "replace") + b'"'


def write_tree(directory: Path, base_tree: str | None, changes: Iterable[TreeChange]) -> str:
    """Write the tree that `base_tree` becomes by these changes; returns a commit that carries it.

    The commit only exists because git's importer speaks commits; callers read its tree.
    """
    stream = [b"feature done\n"]
    stream.append(b"commit refs/sandbox/import\nmark :1\ncommitter sandbox <sandbox> 0 +0000\ndata 0\n")
    if base_tree is not None:
        stream.append(b'M 040000 %s ""\n' % base_tree.encode())
    for change in changes:
        path = _quoted(change.path)
        if change.content is not None:
            stream.append(b"M %s inline %s\n" % (change.mode.encode(), path))
            stream.append(b"data %d\n%s\n" % (len(change.content), change.content))
        elif change.oid is not None:
            stream.append(b"M %s %s %s\n" % (change.mode.encode(), change.oid.encode(), path))
        else:
            stream.append(b"D %s\n" % path)
    stream.append(b"get-mark :1\nreset refs/sandbox/import\nfrom %s\n\ndone\n" % _ZERO.encode())
    printed = run_git("fast-import", "--quiet", "--force", data=b"".join(stream), at=directory)
    return printed.decode().strip()


def write_object(directory: Path, kind: str, content: bytes) -> str:
    """Write one blob, commit or tag; returns its object ID."""
    printed = run_git("hash-object", "-w", "-t", kind, "--stdin", data=content, at=directory)
    return printed.decode().strip()


def person_line(signature: Signature) -> str:
    """`Name <email> 1700000000 +0100`, with what would break the line taken out."""
    offset = signature.date.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
    name, email = (
        "".join(character for character in text if character not in "<>\n\0").strip()
        for text in (signature.name, signature.email)
    )
    return f"{name or 'unknown'} <{email}> {int(signature.date.timestamp())} {zone}"


def commit_content(
    tree: str, parents: Iterable[str], author: Signature, committer: Signature, message: str
) -> bytes:
    """The bytes of a commit object."""
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {person_line(author)}", f"committer {person_line(committer)}", "", message]
    return ("\n".join(lines) + "\n").encode()


def tag_content(name: str, target: str, kind: str, tagger: Signature, message: str) -> bytes:
    """The bytes of an annotated tag object."""
    return (f"object {target}\ntype {kind}\ntag {name}\ntagger {person_line(tagger)}\n\n{message}\n").encode()


def signature_of(name: str, email: str, date: datetime) -> Signature:
    """A signature from its parts."""
    return Signature(name=name, email=email, date=date)
