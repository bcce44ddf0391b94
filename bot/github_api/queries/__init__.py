"""GraphQL documents: the `*.graphql` files beside this, joined with the parts that a policy makes necessary.

Logins and paths are variables of the document. What is generated into its text is only aliases (`d0`, `f0`,
`u0` …) and the declarations of those variables, so no text from a policy or from GitHub becomes query.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

from bot.core.model import Wanted

DOCUMENTS = (
    "pull_request",
    "pull_request_pages",
    "commit",
    "contexts",
    "merge_group",
    "open_pull_requests",
    "glimpses",
    "tags",
    "guarded",
    "release",
    "release_pages",
    "history",
    "associated",
    "blobs",
    "pull_request_paths",
    "conversation",
    "evidence",
)
FRAGMENTS = ("fragments", "release_fragments")
_SPREAD = re.compile(r"\.\.\.\s*(?!on\b)(\w+)")
_NOTHING_WANTED = Wanted()


@dataclass(frozen=True, slots=True)
class Document:
    """A document, the variables that `compose` chose, and what each generated alias stands for."""

    text: str
    variables: Mapping[str, str | int | None] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """A generated fragment: its text, and each variable it needs with type and value."""

    fragment: str
    text: str
    types: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str | int | None], ...] = ()


@lru_cache(maxsize=256)
def compose(name: str, wanted: Wanted = _NOTHING_WANTED, parts: tuple[Part, ...] = ()) -> Document:
    """The document `name` with the shared fragments it uses and one alias for each thing in `wanted`.

    `parts` are generated fragments that the document names beside those of `wanted`.
    """
    generated = {**_NOTHING_MORE, **{part.fragment: part for part in (*_wanted(wanted), *parts)}}
    text, used = _load(name), list[str]()
    todo = _SPREAD.findall(text)
    while todo:
        fragment = todo.pop()
        if fragment not in used:
            used.append(fragment)
            found = generated[fragment].text if fragment in generated else _fragments()[fragment]
            todo += _SPREAD.findall(found)
    chosen = [generated[fragment] for fragment in used if fragment in generated]
    declarations = "".join(f"${alias}: {kind}, " for part in chosen for alias, kind in part.types)
    text = re.sub(r"^(query \w+\()", lambda match: match[1] + declarations, text, count=1, flags=re.MULTILINE)
    fragments = [generated[f].text if f in generated else _fragments()[f] for f in sorted(used)]
    variables = {alias: value for part in chosen for alias, value in part.values}
    aliases = {alias: str(value) for alias, value in variables.items() if value is not None}
    return Document("\n".join([text, *fragments]), variables, aliases)


def part(
    fragment: str, on: str, letter: str, values: Sequence[str | int], template: str, *, kind: str = "String!"
) -> Part:
    """The fragment `fragment` with an alias (`letter` and a number) for each value, as `template` says."""
    aliases = {f"{letter}{index}": value for index, value in enumerate(dict.fromkeys(values))}
    fields = [_ALWAYS[on], *(f"{alias}: {template.format(alias=alias)}" for alias in aliases)]
    text = f"fragment {fragment} on {on} {{\n  " + "\n  ".join(fields) + "\n}\n"
    return Part(fragment, text, tuple((alias, kind) for alias in aliases), tuple(aliases.items()))


def folder_paths(wanted: Wanted) -> tuple[str, ...]:
    """The folders that need an alias: the whole tree ("") is read by every document."""
    return tuple(dict.fromkeys(path for path in (f.strip("/") for f in wanted.folders) if path))


def wanted_logins(wanted: Wanted) -> tuple[str, ...]:
    """Each login once, in lower case, as GitHub's logins know no case."""
    return tuple(dict.fromkeys(login.lower() for login in wanted.logins))


_FOLDER = "file(path: ${alias}) {{ oid }}"
_DOCUMENT = "file(path: ${alias}) {{ mode object {{ ... on Blob {{ byteSize }} }} }}"
_USER = "user(login: ${alias}) {{ id login }}"
# A selection may not be empty, so each fragment holds a field that is always there.
_ALWAYS = {"Commit": "oid tree { oid }", "Query": "__typename", "Repository": "id"}
# What a document names and nobody asked for is a fragment of that field alone.
_NOTHING_MORE = {
    name: part(name, on, "_", (), "")
    for name, on in (
        ("TrackHistories", "Commit"),
        ("WantedBlobs", "Repository"),
        ("WantedEvidence", "Commit"),
        ("WantedPaths", "Repository"),
    )
}


def _wanted(wanted: Wanted) -> tuple[Part, ...]:
    return (
        part("WantedFolders", "Commit", "f", folder_paths(wanted), _FOLDER),
        part("WantedDocuments", "Commit", "d", wanted.documents, _DOCUMENT),
        part("WantedUsers", "Query", "u", wanted_logins(wanted), _USER),
    )


@cache
def _load(name: str) -> str:
    lines = files(__package__).joinpath(f"{name}.graphql").read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


@cache
def _fragments() -> Mapping[str, str]:
    text = "\n".join(_load(name) for name in FRAGMENTS)
    parts = re.split(r"^fragment ", text, flags=re.MULTILINE)[1:]
    return {part.split(maxsplit=1)[0]: f"fragment {part}" for part in parts}
