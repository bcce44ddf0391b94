"""Which names git takes for references."""

from __future__ import annotations

import re

_BAD = re.compile(r"\.\.|[\x00-\x20\x7f~^:?*\[\\]|//|/$|\.lock(?:/|$)|@\{|\.$|/\.")


def is_reference_name(name: str) -> bool:
    """Whether this is a full name (`refs/…/…`) that git would take (git-check-ref-format)."""
    return name.startswith("refs/") and name.count("/") >= 2 and _BAD.search(name) is None
