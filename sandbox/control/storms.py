"""Commands that make a storm in this process, and let it loose."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..storm import Storm, StormPlan, StormTrack, let_loose, make_storm
from ..webhooks.delivery import request_of
from .registry import command

if TYPE_CHECKING:
    from ..sandbox import Sandbox

_STORMS: WeakKeyDictionary[Sandbox, list[Storm]] = WeakKeyDictionary()


@command
def prepare_storm(github: Sandbox, tracks: Sequence[dict[str, Any]], **plan: Any) -> dict[str, Any]:
    """Make a storm by the fields of `StormPlan`: its number, how many `events`, and its `pull_requests`."""
    parts = tuple(StormTrack(**{**track, "reviewers": tuple(track["reviewers"])}) for track in tracks)
    plan["authors"] = tuple(plan["authors"])
    storm = make_storm(github, StormPlan(tracks=parts, **plan))
    known = _STORMS.setdefault(github, [])
    known.append(storm)
    pulls = [{"number": pull.number, "head_sha": pull.head_sha, "node_id": pull.node_id} for pull in storm.pulls]
    return {
        "storm": len(known) - 1,
        "events": len(storm.deliveries),
        "seconds": storm.seconds,
        "pull_requests": pulls,
        "guids": [delivery.guid for delivery in storm.deliveries],
    }


@command
def fire_storm(github: Sandbox, storm: int, **how: Any) -> dict[str, Any]:
    """Let a storm loose; returns once all of it was sent. Arguments and answer are `sandbox.storm.let_loose`'s."""
    return let_loose(github, _STORMS[github][storm], **how)


@command
def lose_storm(github: Sandbox, storm: int) -> None:
    """Log all webhooks of a storm as failed, as if nobody had listened."""
    github.webhooks.record_lost(_STORMS[github][storm].deliveries)


@command
def write_storm(github: Sandbox, storm: int, path: str, order: str = "shuffled", seed: int | None = None) -> None:
    """Write a storm's requests to a file for another sender: lines of `{"headers": …, "body": base64}`."""
    target = github.behaviour.hook_target_type
    with Path(path).open("w", encoding="utf-8") as file:
        for delivery in _STORMS[github][storm].ordered(order, seed):
            headers, body = request_of(delivery, target)
            file.write(json.dumps({"headers": headers, "body": base64.b64encode(body).decode()}) + "\n")
