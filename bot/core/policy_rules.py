"""The rules between a policy's sections, judged on plain data (mappings, lists, text).

Plain data, so that they can be reported together with the errors of a file whose fields are wrong as well:
whatever has the wrong shape is passed over here, since the models report it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from bot.core.policy_paths import normalised_prefix
from bot.core.policy_text import KeyPath, nearest, shown

# Nobody corrects more at once, and finding the nearest of 200 names costs 15 ms.
MAXIMUM_BROKEN_RULES = 200
MAXIMUM_HINTS = 20
# All patterns are one RE2 automaton of bounded memory (core.tracks). Measured: the costliest patterns of 30,000
# characters together are compiled and matched, those of 40,000 no longer.
MAXIMUM_PATTERNS = 20_000
BrokenRule = tuple[KeyPath, str]
# `gate/release` is the release gate's own check run.
RESERVED_TRACKS = frozenset({"release"})


def broken_rules(data: object) -> Iterator[BrokenRule]:
    """The broken rules of a policy's data: the path of the offending value, and what was expected there."""
    return islice(_broken_rules(_mapping(data)), MAXIMUM_BROKEN_RULES)


def _broken_rules(policy: Mapping[str, object]) -> Iterator[BrokenRule]:
    people = _mapping(policy.get("people"))
    yield from _people(people)
    yield from _tracks(_mapping(policy.get("tracks")))
    unknown = ((path, name) for path, name in _references(policy) if people and name not in people)
    for number, (path, name) in enumerate(unknown):
        hint = nearest(name, tuple(people)) if number < MAXIMUM_HINTS else ""
        yield path, f"a person of `people`{hint}"
    yield from _doubles(policy)


def _people(people: Mapping[str, object]) -> Iterator[BrokenRule]:
    """No login twice, and nobody is their own backup."""
    seen: dict[str, str] = {}
    for name, person in people.items():
        login = _mapping(person).get("login")
        if isinstance(login, str):
            first = seen.setdefault(login.casefold(), name)
            if first != name:
                yield ("people", name, "login"), f"a login of its own; `{shown(first)}` has this one already"
        if _mapping(person).get("backup") == name:
            yield ("people", name, "backup"), "another person; nobody is their own backup"


def _tracks(tracks: Mapping[str, object]) -> Iterator[BrokenRule]:
    """Every track claims paths, and no prefix or glob is claimed by two: one of them could never win."""
    claimed: dict[str, str] = {}
    room = MAXIMUM_PATTERNS
    for name, track in tracks.items():
        path: KeyPath = ("tracks", name)
        if name in RESERVED_TRACKS:
            yield path, f"another name: the check run `gate/{name}` is the release gate's own"
        fields = _mapping(track)
        prefix = fields.get("prefix")
        globs = list(_texts(("tracks", name, "globs"), fields.get("globs")))
        if isinstance(track, Mapping) and not prefix and not fields.get("globs"):
            yield path, "a prefix or globs: the track claims no path"
        if isinstance(prefix, str):
            globs.insert(0, ((*path, "prefix"), normalised_prefix(prefix)))
        for where, pattern in globs:
            if room >= 0 > room - len(pattern):
                yield where, f"prefixes and globs of at most {MAXIMUM_PATTERNS} characters in all tracks together"
            room -= len(pattern)
            first = claimed.setdefault(pattern, name)
            if first != name:
                yield where, f"a path of its own; track `{shown(first)}` claims the same one"


def _references(policy: Mapping[str, object]) -> Iterator[tuple[KeyPath, str]]:
    """Every place that names a person, with the name."""
    for key in ("cross_stream_reviewer", "architecture_reviewer"):
        yield from _text((key,), policy.get(key))
    for name, person in _mapping(policy.get("people")).items():
        yield from _text(("people", name, "backup"), _mapping(person).get("backup"))
    for name, track in _mapping(policy.get("tracks")).items():
        yield from _texts(("tracks", name, "owners"), _mapping(track).get("owners"))
    release = _mapping(policy.get("release"))
    yield from _texts(("release", "leads"), release.get("leads"))
    for name, approvers in _mapping(release.get("statements")).items():
        yield from _texts(("release", "statements", name), approvers)
    staging = _mapping(release.get("staging"))
    yield from _texts(("release", "staging", "operators"), staging.get("operators"))


def _doubles(policy: Mapping[str, object]) -> Iterator[BrokenRule]:
    """No entry twice in a list where order or number carries no meaning (commands may repeat)."""
    for path, entries in _lists((), policy):
        seen: set[str] = set()
        for where, entry in _texts(path, entries):
            if entry in seen:
                yield where, "each entry once; it stands above already"
            seen.add(entry)


def _lists(path: KeyPath, value: object) -> Iterator[tuple[KeyPath, object]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            if key != "commands":
                yield from _lists((*path, str(key)), child)
    elif isinstance(value, list | tuple):
        yield path, value


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(path: KeyPath, value: object) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield path, value


def _texts(path: KeyPath, value: object) -> Iterator[tuple[KeyPath, str]]:
    for index, entry in enumerate(value if isinstance(value, list | tuple) else ()):
        yield from _text((*path, index), entry)
