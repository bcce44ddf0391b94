"""Who we are to GitHub: the App's JWT, and installation tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AppIdentity:
    """The App as GitHub knows it. `slug` is the name in its own comments' `slug[bot]`."""

    app_id: int
    slug: str
