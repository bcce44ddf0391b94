"""Which test apps a file names, well formed as evidence or not: used is used. And for which validation it does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import re2

from bot.core.policy_yaml import read_yaml
from bot.core.release_tags import tag_fault
from bot.core.secrets import find_secrets

MAXIMUM_LOOKED_AT = 256 * 1024
"""Bytes of a file that are looked into; front matter stands at the beginning."""

_FRONT_MATTER = re.compile(
    r"\A[\ufeff\ufffd]{0,3}---[ \t\r]*\n(.*?)(?:^---[ \t\r]*$|\Z)", re.DOTALL | re.MULTILINE
)
# For front matter that is no YAML: whatever stands where the ID would.
_LOOKS_LIKE = re2.compile(r"meta_test_app\b[^\n]{0,200}?\n?[^\n]{0,200}?\bid[\"']?:[ \t]*[\"']?([\w.-]{1,100})")
_KEY = r"(?m)^%s:[ \t]*[\"']?([^\s\"'#]{1,200})"
_LOOKS_LIKE_KEY = {key: re2.compile(_KEY % key) for key in ("release", "commit")}
_APP_ID = re.compile(r"0*[1-9][0-9]{0,31}", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NamedApps:
    """What a file names: IDs of test apps; the release and the full SHA (in lower case) they were used for."""

    apps: frozenset[str] = frozenset()
    release: str | None = None
    commit: str | None = None


def named_test_apps(content: bytes) -> NamedApps:
    """What the front matter names, read as far as it can be: not all of it need be YAML, nor text."""
    text = content[:MAXIMUM_LOOKED_AT].replace(b"\0", b"").decode("utf-8", "replace")  # UTF-16 too
    found = _FRONT_MATTER.match(text)
    if found is None:
        return NamedApps()
    front = found.group(1)
    root = read_yaml(front.encode("utf-8", "replace")).root
    keys = root.value if root is not None and isinstance(root.value, dict) else {}
    apps = _apps(keys.get("meta_test_app"), front)
    return NamedApps(apps, _release(_word("release", keys, front)), _commit(_word("commit", keys, front)))


def _apps(app: object, front: str) -> frozenset[str]:
    named = app.get("id") if isinstance(app, dict) else app
    if isinstance(named, str | int) and not isinstance(named, bool):
        return _numbers([str(named).strip()])
    return _numbers(_LOOKS_LIKE.findall(front))


def _word(key: str, keys: dict[str, object], front: str) -> str:
    if isinstance(written := keys.get(key), str | int):
        return str(written).strip()
    found = _LOOKS_LIKE_KEY[key].search(front)
    return str(found[1]) if found else ""


def _numbers(words: Iterable[str]) -> frozenset[str]:
    """Meta numbers its apps. Anything else names none, and may be a secret, which must not be kept as a fact."""
    return frozenset(word.lstrip("0") for word in words if _APP_ID.fullmatch(word))


def _release(word: str) -> str | None:
    """A tag, unless it looks like a secret."""
    return word if tag_fault(word) is None and not find_secrets(word.encode("utf-8", "replace"), "") else None


def _commit(word: str) -> str | None:
    return word.lower() if _SHA.fullmatch(word.lower()) else None
