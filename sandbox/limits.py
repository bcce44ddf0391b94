"""Rate limits: counted for each token and resource, shown in headers, enforced on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Response

from .errors import Refusal
from .tokens import Caller

if TYPE_CHECKING:
    from .world import World

WINDOW_SECONDS = 3600


@dataclass(slots=True)
class Budget:
    """What one token used of one resource, until `reset` (epoch seconds)."""

    used: int
    reset: int


class Limits:
    """The primary rate limit."""

    def __init__(self, world: World) -> None:
        self._world = world

    def budget(self, caller: Caller, resource: str) -> Budget:
        """The caller's budget for `core` or `graphql`, fresh after each hour."""
        now = int(self._world.clock.now().timestamp())
        key = (caller.token, resource)
        budget = self._world.budgets.get(key)
        if budget is None or budget.reset <= now:
            budget = Budget(0, now + WINDOW_SECONDS)
            self._world.budgets[key] = budget
        return budget

    def spend(self, caller: Caller, path: str) -> None:
        """Count one request; raises a refusal when the limit is enforced and used up."""
        if path == "/rate_limit":
            return
        budget = self.budget(caller, resource_of(path))
        behaviour = self._world.behaviour
        if behaviour.rate_limit_enforced and budget.used >= behaviour.rate_limit:
            raise Refusal("RATE_LIMITED", "API rate limit exceeded for this token.")
        budget.used += 1

    def give_back(self, caller: Caller, path: str) -> None:
        """Take back one request: an answer of 304 does not count."""
        self.budget(caller, resource_of(path)).used -= 1

    def show(self, caller: Caller, path: str, response: Response) -> None:
        """Put the state of the budget into the answer's headers."""
        resource = resource_of(path)
        shown = self.as_json(caller, resource)
        for name in ("limit", "remaining", "used", "reset"):
            response.headers[f"X-RateLimit-{name.capitalize()}"] = str(shown[name])
        response.headers["X-RateLimit-Resource"] = resource

    def as_json(self, caller: Caller, resource: str) -> dict[str, Any]:
        """The budget as `GET /rate_limit` shows it."""
        budget = self.budget(caller, resource)
        limit = self._world.behaviour.rate_limit
        return {
            "limit": limit,
            "used": budget.used,
            "remaining": max(0, limit - budget.used),
            "reset": budget.reset,
        }


def resource_of(path: str) -> str:
    """Which budget a path draws on."""
    return "graphql" if path == "/graphql" else "core"
