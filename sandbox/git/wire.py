"""What git says over HTTP: packet lines, the commands of a push, and the report on it.

Source: gitprotocol-common, gitprotocol-pack and gitprotocol-http of git's own documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

from .process import run_git

FLUSH = b"0000"
ZERO = "0" * 40
CAPABILITIES = "report-status delete-refs side-band-64k atomic ofs-delta object-format=sha1 agent=sandbox"
_BAND_LIMIT = 65_515


@dataclass(frozen=True, slots=True)
class Command:
    """One reference to be changed from `old` to `new`; forty zeros where it is not there."""

    old: str
    new: str
    name: str


@dataclass(frozen=True, slots=True)
class Push:
    """A push as it arrives: its commands, what the client is able to, and the objects that it brings."""

    commands: tuple[Command, ...]
    capabilities: frozenset[str]
    pack: bytes


class MalformedPushError(ValueError):
    """The request is no push."""


def packet(payload: bytes) -> bytes:
    """A packet line."""
    return b"%04x%s" % (len(payload) + 4, payload)


def packets(data: bytes) -> tuple[list[bytes], bytes]:
    """The packet lines up to the flush packet, and what comes after it; raises MalformedPushError."""
    found: list[bytes] = []
    position = 0
    while True:
        head = data[position : position + 4]
        if head == FLUSH:
            return found, data[position + 4 :]
        try:
            length = int(head, 16)
        except ValueError:
            raise MalformedPushError from None
        if length < 4 or position + length > len(data):
            raise MalformedPushError
        found.append(data[position + 4 : position + length])
        position += length


def parse_push(data: bytes) -> Push:
    """Read the body of a request to git-receive-pack; raises MalformedPushError."""
    lines, pack = packets(data)
    commands: list[Command] = []
    capabilities = b""
    for line in lines:
        text, _, said = line.rstrip(b"\n").partition(b"\0")
        capabilities = capabilities or said
        parts = text.decode("utf-8", "replace").split(" ", 2)
        if len(parts) != 3 or any(len(oid) != 40 for oid in parts[:2]):
            raise MalformedPushError
        commands.append(Command(*parts))
    return Push(tuple(commands), frozenset(capabilities.decode("utf-8", "replace").split()), pack)


def unpack(directory: Path, pack: bytes) -> None:
    """Store the objects of a pack; raises GitError."""
    if pack:
        run_git("unpack-objects", "-q", data=pack, at=directory)


def advertisement(references: Mapping[str, str]) -> bytes:
    """What git-receive-pack says first: every reference, and what it is able to."""
    listed = list(references.items()) or [("capabilities^{}", ZERO)]
    body = packet(b"# service=git-receive-pack\n") + FLUSH
    for place, (name, oid) in enumerate(listed):
        extra = f"\0{CAPABILITIES}" if place == 0 else ""
        body += packet(f"{oid} {name}{extra}\n".encode())
    return body + FLUSH


def report(push: Push, refused: Mapping[str, str], notes: Iterable[str]) -> bytes:
    """The answer to a push: a line for each reference (`refused` says why not), and notes for the person."""
    lines = [b"unpack ok\n"]
    for command in push.commands:
        why = refused.get(command.name)
        line = f"ok {command.name}\n" if why is None else f"ng {command.name} {why}\n"
        lines.append(line.encode())
    status = b"".join(map(packet, lines)) + FLUSH
    if "side-band-64k" not in push.capabilities:
        return status
    body = b"".join(packet(b"\x02" + note.encode()[:_BAND_LIMIT]) for note in notes)
    chunks = (status[start : start + _BAND_LIMIT] for start in range(0, len(status), _BAND_LIMIT))
    return body + b"".join(packet(b"\x01" + chunk) for chunk in chunks) + FLUSH


def push_request(commands: Iterable[Command], *, atomic: bool = False) -> bytes:
    """The body that a client sends to push objects that the server has already."""
    wanted = "report-status atomic" if atomic else "report-status"
    listed = list(commands)
    body = b""
    for place, command in enumerate(listed):
        extra = f"\0 {wanted}" if place == 0 else ""
        body += packet(f"{command.old} {command.new} {command.name}{extra}\n".encode())
    if all(command.new == ZERO for command in listed):
        return body + FLUSH
    pack = b"PACK" + (2).to_bytes(4, "big") + (0).to_bytes(4, "big")
    return body + FLUSH + pack + sha1(pack, usedforsecurity=False).digest()


def parse_report(data: bytes) -> dict[str, str | None]:
    """What became of each reference, by its full name: None, or why not."""
    lines, _ = packets(data)
    found: dict[str, str | None] = {}
    for line in lines[1:]:
        verdict, _, rest = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
        name, _, why = rest.partition(" ")
        found[name] = None if verdict == "ok" else why
    return found


def parse_advertisement(data: bytes) -> dict[str, str]:
    """The references that a server advertises."""
    _, rest = packets(data)
    lines, _ = packets(rest)
    found: dict[str, str] = {}
    for line in lines:
        oid, _, name = line.partition(b"\0")[0].decode("utf-8", "replace").rstrip("\n").partition(" ")
        if oid != ZERO:
            found[name] = oid
    return found
