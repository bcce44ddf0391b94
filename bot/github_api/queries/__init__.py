"""GraphQL documents: the `*.graphql` files beside this, joined with the parts that a policy makes necessary.

Logins and paths are variables of the document. What is generated into its text is only aliases (`d0`, `f0`,
`u0` …) and the declarations of those variables, so no text from a policy or from GitHub becomes query.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

from bot.core.model import Wanted

DOCUMENTS = ("pull_request", "pull_request_pages", "commit", "contexts", "merge_group", "open_pull_requests")
_SPREAD = re.compile(r"\.\.\.\s*(?!on\b)(\w+)")
_NOTHING_WANTED = Wanted()


@dataclass(frozen=True, slots=True)
class Document:
    """A document, the variables that `compose` chose, and what each generated alias stands for."""

    text: str
    variables: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Generated:
    text: str
    types: Mapping[str, str]
    aliases: Mapping[str, str]


@lru_cache(maxsize=256)
def compose(name: str, wanted: Wanted = _NOTHING_WANTED) -> Document:
    """The document `name` with the shared fragments it uses and one alias for each thing in `wanted`."""
    generated = {
        "WantedFolders": _generate("WantedFolders on Commit", "f", folder_paths(wanted), _FOLDER, "tree { oid }"),
        "WantedDocuments": _generate("WantedDocuments on Commit", "d", wanted.documents, _DOCUMENT, "oid"),
        "WantedUsers": _generate("WantedUsers on Query", "u", wanted_logins(wanted), _USER, "__typename"),
    }
    text, used = _load(name), list[str]()
    todo = _SPREAD.findall(text)
    while todo:
        fragment = todo.pop()
        if fragment not in used:
            used.append(fragment)
            todo += [] if fragment in generated else _SPREAD.findall(_fragments()[fragment])
    parts = [generated[fragment] for fragment in used if fragment in generated]
    declarations = "".join(f"${alias}: {kind}, " for part in parts for alias, kind in part.types.items())
    text = re.sub(r"^(query \w+\()", lambda match: match[1] + declarations, text, count=1, flags=re.MULTILINE)
    fragments = [generated[f].text if f in generated else _fragments()[f] for f in sorted(used)]
    aliases = {alias: value for part in parts for alias, value in part.aliases.items()}
    return Document("\n".join([text, *fragments]), variables=aliases, aliases=aliases)


def folder_paths(wanted: Wanted) -> tuple[str, ...]:
    """The folders that need an alias: the whole tree ("") is read by every document."""
    return tuple(dict.fromkeys(path for path in (f.strip("/") for f in wanted.folders) if path))


def wanted_logins(wanted: Wanted) -> tuple[str, ...]:
    """Each login once, in lower case, as GitHub's logins know no case."""
    return tuple(dict.fromkeys(login.lower() for login in wanted.logins))


_FOLDER = "file(path: ${alias}) {{ oid }}"
_DOCUMENT = "file(path: ${alias}) {{ mode object {{ ... on Blob {{ byteSize }} }} }}"
_USER = "user(login: ${alias}) {{ id login }}"


def _generate(head: str, letter: str, values: tuple[str, ...], template: str, always: str) -> _Generated:
    aliases = {f"{letter}{index}": value for index, value in enumerate(dict.fromkeys(values))}
    fields = [always, *(f"{alias}: {template.format(alias=alias)}" for alias in aliases)]
    text = f"fragment {head} {{\n  " + "\n  ".join(fields) + "\n}\n"
    return _Generated(text, dict.fromkeys(aliases, "String!"), aliases)


@cache
def _load(name: str) -> str:
    lines = files(__package__).joinpath(f"{name}.graphql").read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


@cache
def _fragments() -> Mapping[str, str]:
    parts = re.split(r"^fragment ", _load("fragments"), flags=re.MULTILINE)[1:]
    return {part.split(maxsplit=1)[0]: f"fragment {part}" for part in parts}
