"""A repository's activity as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..clock import iso
from ..state import Activity
from .accounts import JSON, user_json

if TYPE_CHECKING:
    from ..world import World


def activity_json(world: World, entry: Activity) -> JSON:
    """One entry."""
    return {
        "id": entry.id,
        "node_id": entry.node_id,
        "before": entry.before,
        "after": entry.after,
        "ref": entry.reference,
        "timestamp": iso(entry.moment),
        "activity_type": entry.kind,
        "actor": user_json(world, entry.actor),
    }
