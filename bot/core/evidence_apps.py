"""Which test apps a file names, well formed as evidence or not: used is used."""

from __future__ import annotations

import re
from collections.abc import Iterable

import re2

from bot.core.evidence_text import MAXIMUM_EVIDENCE_BYTES
from bot.core.policy_yaml import read_yaml

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t\r]*\n(.*?)(?:^---[ \t\r]*$|\Z)", re.DOTALL | re.MULTILINE)
# For front matter that is no YAML: whatever stands where the ID would.
_LOOKS_LIKE = re2.compile(r"meta_test_app\b[^\n]{0,200}?\n?[^\n]{0,200}?\bid[\"']?:[ \t]*[\"']?([\w.-]{1,100})")
_APP_ID = re.compile(r"0*[1-9][0-9]{0,31}", re.ASCII)


def named_test_apps(content: bytes) -> frozenset[str]:
    """The IDs of test apps in the front matter of a file; none in a file that is too large for evidence."""
    if len(content) > MAXIMUM_EVIDENCE_BYTES:
        return frozenset()
    found = _FRONT_MATTER.match(content.decode("utf-8", "replace"))
    if found is None:
        return frozenset()
    root = read_yaml(found.group(1).encode("utf-8", "replace")).root
    app = root.value.get("meta_test_app") if root is not None and isinstance(root.value, dict) else None
    named = app.get("id") if isinstance(app, dict) else app
    if isinstance(named, str | int) and not isinstance(named, bool):
        return _numbers([str(named).strip()])
    return _numbers(_LOOKS_LIKE.findall(found.group(1)))


def _numbers(words: Iterable[str]) -> frozenset[str]:
    """Meta numbers its apps. Anything else names none, and may be a secret, which must not be kept as a fact."""
    return frozenset(word.lstrip("0") for word in words if _APP_ID.fullmatch(word))
