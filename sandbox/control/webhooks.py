"""Commands about webhook deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..payloads.hooks import delivery_json
from .registry import app_of, command

if TYPE_CHECKING:
    from ..sandbox import Sandbox


@command
def pause_webhooks(github: Sandbox) -> None:
    """Hold back every delivery from now on."""
    github.webhooks.pause()


@command
def resume_webhooks(github: Sandbox, drop: bool = False) -> int:
    """Send deliveries again; `drop` loses those that were held back. How many were lost."""
    return len(github.webhooks.resume(drop=drop))


@command
def held_webhooks(github: Sandbox) -> int:
    """How many deliveries wait."""
    return github.webhooks.held()


@command
def wait_for_deliveries(github: Sandbox, timeout: float = 10.0) -> None:
    """Return once every delivery so far has its answer; fails after `timeout` seconds."""
    github.wait_for_deliveries(timeout)


@command
def deliveries(github: Sandbox, app: str | None = None) -> list[dict[str, Any]]:
    """The deliveries made so far, newest first, as GitHub's own list shows them."""
    found = github.deliveries(None if app is None else app_of(github, app))
    return [delivery_json(delivery) for delivery in found]
