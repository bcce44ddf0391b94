"""Commits, trees and annotated tags as git stores them, parsed into records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone


@dataclass(frozen=True, slots=True)
class Signature:
    """Who made a commit or tag, and when (with the person's own time zone)."""

    name: str
    email: str
    date: datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit object."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True, slots=True)
class TagObject:
    """An annotated tag object."""

    oid: str
    name: str
    target: str
    target_type: str
    tagger: Signature
    message: str


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of a tree: `mode` as octal text (`100644`), `kind` blob, tree or commit (submodule)."""

    mode: str
    name: str
    oid: str

    @property
    def kind(self) -> str:
        """blob, tree or commit, by the mode."""
        return {"040000": "tree", "160000": "commit"}.get(self.mode, "blob")


_NOBODY = Signature("", "", datetime.fromtimestamp(0, UTC))


def parse_signature(line: str) -> Signature:
    """Read `Name <email> 1700000000 +0100`."""
    try:
        person, _, moment = line.rpartition("> ")
        name, _, email = person.partition("<")
        seconds, _, zone = moment.partition(" ")
        sign = -1 if zone.startswith("-") else 1
        offset = sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        return Signature(name.strip(), email, datetime.fromtimestamp(int(seconds), timezone(offset)))
    except (ValueError, OverflowError, OSError):
        return Signature(line, "", _NOBODY.date)


def _headers(content: bytes) -> tuple[list[tuple[str, str]], str]:
    head, _, message = content.partition(b"\n\n")
    pairs: list[tuple[str, str]] = []
    for line in head.decode("utf-8", "replace").split("\n"):
        if line.startswith(" "):
            continue  # the continuation of a signature
        key, _, value = line.partition(" ")
        pairs.append((key, value))
    return pairs, message.decode("utf-8", "replace")


def parse_commit(oid: str, content: bytes) -> Commit:
    """Read a commit object's content."""
    pairs, message = _headers(content)
    fields = dict(reversed(pairs))
    return Commit(
        oid=oid,
        tree=fields.get("tree", ""),
        parents=tuple(value for key, value in pairs if key == "parent"),
        author=parse_signature(fields.get("author", "")),
        committer=parse_signature(fields.get("committer", "")),
        message=message.rstrip("\n"),
    )


def parse_tag(oid: str, content: bytes) -> TagObject:
    """Read an annotated tag's content."""
    pairs, message = _headers(content)
    fields = dict(pairs)
    return TagObject(
        oid=oid,
        name=fields.get("tag", ""),
        target=fields.get("object", ""),
        target_type=fields.get("type", "commit"),
        tagger=parse_signature(fields["tagger"]) if "tagger" in fields else _NOBODY,
        message=message.rstrip("\n"),
    )


def parse_tree(content: bytes) -> tuple[TreeEntry, ...]:
    """Read a tree's content; names that are not UTF-8 get replacement characters, as GitHub shows them."""
    entries: list[TreeEntry] = []
    position = 0
    while position < len(content):
        space = content.index(b" ", position)
        end = content.index(b"\0", space)
        mode = content[position:space].decode().rjust(6, "0")
        name = content[space + 1 : end].decode("utf-8", "replace")
        entries.append(TreeEntry(mode, name, content[end + 1 : end + 21].hex()))
        position = end + 21
    return tuple(entries)
