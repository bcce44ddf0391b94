"""The limiter of a process that stands alone: it obeys GitHub's word, and keeps no count of its own."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from bot.github_api.errors import LimitReached
from bot.github_api.limits import Cost, Permit, Said, next_pause


@dataclass(slots=True)
class _Account:
    paused_until: dict[str | None, float] = field(default_factory=dict)
    times: int = 0


class ObedientLimiter:
    """Pauses when GitHub says so, for commands that run without the service's database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, _Account] = {}

    def acquire(self, cost: Cost) -> Permit:
        """Leave to send a request. Raises LimitReached while GitHub wants a pause."""
        with self._lock:
            until = self._accounts.get(cost.account, _Account()).paused_until
            wait = max(until.get(None, 0.0), until.get(cost.resource, 0.0)) - time.monotonic()
        if wait > 0:
            raise LimitReached(f"GitHub wants a pause ({cost.account}, {cost.resource})", wait)
        return Permit(cost)

    def settle(self, permit: Permit, said: Said) -> float | None:
        """Keep the pause that GitHub asks for, if it does."""
        with self._lock:
            account = self._accounts.setdefault(permit.cost.account, _Account())
            if said.pause is None:
                if said.succeeded and account.paused_until.get(None, 0.0) <= time.monotonic():
                    account.times = 0
                return None
            now = time.monotonic()
            # Requests that were under way together are refused together: that is one time, not many.
            again = said.pause.seconds is None and account.paused_until.get(None, 0.0) <= now
            seconds = next_pause(said.pause.seconds, account.times if again else max(0, account.times - 1))
            account.times += again
            kept = account.paused_until.get(said.pause.resource, 0.0)
            account.paused_until[said.pause.resource] = max(kept, now + seconds)
            return seconds

    def close(self) -> None:
        """Nothing is held."""
