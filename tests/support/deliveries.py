"""What every delivery in a test of the event table has in common."""

from __future__ import annotations

from typing import Any

from bot.interpretation import Own

REPOSITORY = "meta/integration"
SHA = "4ead" * 10
OWN = Own(app_id=4242, slug="trackgate")


def payload(**parts: Any) -> dict[str, Any]:
    """A delivery of our repository and installation."""
    return {"repository": {"id": 7, "full_name": REPOSITORY}, "installation": {"id": 99}, **parts}
