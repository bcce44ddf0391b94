"""The log of deliveries, as long as GitHub keeps it: looked through from the newest on."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from datetime import datetime

from ..state import App
from .delivery import Delivery


class DeliveryLog:
    """Deliveries by their numbers. Not safe to share between threads: `Deliverer` locks."""

    def __init__(self) -> None:
        self._by_id: dict[int, Delivery] = {}
        self._ids: list[int] = []

    def add(self, delivery: Delivery) -> None:
        """Remember a delivery that was made."""
        if delivery.id not in self._by_id:
            bisect.insort(self._ids, delivery.id)
        self._by_id[delivery.id] = delivery

    def find(self, identifier: int, since: datetime) -> Delivery | None:
        """One that was made after `since`, by its number."""
        found = self._by_id.get(identifier)
        return None if found is None or found.delivered_at < since else found

    def newest_first(self, app: App | None, since: datetime, before: int | None = None) -> Iterator[Delivery]:
        """Those of one App or of all, made after `since`, with numbers below `before`."""
        end = len(self._ids) if before is None else bisect.bisect_left(self._ids, before)
        for position in range(end - 1, -1, -1):
            delivery = self._by_id[self._ids[position]]
            if delivery.delivered_at >= since and app in (None, delivery.app):
                yield delivery
