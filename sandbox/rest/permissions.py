"""What the caller may do in a repository, as repositories show it."""

from __future__ import annotations

from ..access import ROLES, role_of
from ..state import Repository
from .common import caller, world

_SHOWN = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}


def permissions_of(repository: Repository) -> dict[str, bool]:
    """`pull`, `triage`, `push`, `maintain` and `admin`, each true or false."""
    if caller().kind == "installation":
        level = caller().permission("contents") or "read"
        role = "write" if level == "write" else "read"
    else:
        role = role_of(world(), repository, caller().account)
    return {name: ROLES.index(role) >= ROLES.index(needed) for name, needed in _SHOWN.items()}
