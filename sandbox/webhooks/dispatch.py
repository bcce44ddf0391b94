"""From "this happened" to deliveries: one for each installed App that listens, in the order of the events."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..payloads.accounts import installation_json, organization_json, user_json
from ..payloads.repositories import repository_json
from ..request_log import WebhookSent
from ..state import Account, App, Installation, Repository
from .deliverer import Deliverer
from .delivery import Delivery
from .events import is_told

if TYPE_CHECKING:
    from ..world import World


class Dispatcher:
    """Turns events into signed deliveries. Call it under the world's lock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.deliverer = Deliverer(world)

    def fire(
        self,
        event: str,
        action: str | None,
        repository: Repository,
        sender: Account,
        body: Mapping[str, Any],
        *,
        only: App | None = None,
    ) -> None:
        """Tell every App installed on the repository (or only one) of an event of the repository."""
        listening = [
            installation
            for installation in self._world.installations_on(repository)
            if (only is None or installation.app is only) and self._hears(installation, event, sender)
        ]
        if not listening:
            return
        common: dict[str, Any] = dict(body) if action is None else {"action": action, **body}
        common["repository"] = repository_json(self._world, repository)
        if repository.owner.kind == "Organization":
            common["organization"] = organization_json(self._world, repository.owner)
        common["sender"] = user_json(self._world, sender)
        for installation in listening:
            reference = {"id": installation.id, "node_id": installation.node_id}
            payload = {**common, "installation": reference}
            self._queue(installation.app, event, action, payload, installation.id, repository.id)

    def fire_installation(
        self,
        event: str,
        action: str,
        installation: Installation,
        sender: Account,
        body: Mapping[str, Any],
    ) -> None:
        """Tell one App of an event of its own installation."""
        payload = {
            "action": action,
            "installation": installation_json(self._world, installation),
            **body,
            "sender": user_json(self._world, sender),
        }
        self._queue(installation.app, event, action, payload, installation.id, None)

    def ping(self, app: App, hook: Mapping[str, Any]) -> None:
        """Send the ping that follows setting a webhook."""
        payload = {"zen": "Keep it logically awesome.", "hook_id": app.hook_id, "hook": dict(hook)}
        self._queue(app, "ping", None, payload, None, None)

    def _hears(self, installation: Installation, event: str, sender: Account) -> bool:
        if installation.suspended_at is not None or not is_told(installation.app, installation, event):
            return False
        return self._world.behaviour.apps_receive_own_events or sender is not installation.app.bot

    def _queue(
        self,
        app: App,
        event: str,
        action: str | None,
        payload: Mapping[str, Any],
        installation_id: int | None,
        repository_id: int | None,
    ) -> None:
        for observer in self._world.observers.webhooks:
            observer(WebhookSent(event, action, payload))
        if app.webhook_url is None:
            return
        self.deliverer.queue(
            Delivery(
                id=self._world.next_id(),
                guid=str(uuid.uuid4()),
                app=app,
                event=event,
                action=action,
                payload=json.dumps(payload, ensure_ascii=False).encode(),
                installation_id=installation_id,
                repository_id=repository_id,
                delivered_at=self._world.clock.now(),
            )
        )
