"""The primary rate limit: counted for each holder and resource, shown in headers, enforced on demand.

All tokens of an installation draw on one budget; an App's JWTs draw on another, and each person has their own.
"""

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
    """What one holder used of one resource, until `reset` (epoch seconds)."""

    used: int
    reset: int


class Limits:
    """The primary rate limit."""

    def __init__(self, world: World) -> None:
        self._world = world

    def budget(self, caller: Caller, resource: str) -> Budget:
        """The caller's budget for `core` or `graphql`, fresh after each hour."""
        now = int(self._world.clock.now().timestamp())
        key = (_holder(caller), resource)
        budget = self._world.budgets.get(key)
        if budget is None or budget.reset <= now:
            budget = Budget(0, now + WINDOW_SECONDS)
            self._world.budgets[key] = budget
        return budget

    def spend(self, caller: Caller, path: str) -> None:
        """Count one request; raises a refusal when the limit is enforced and used up."""
        if path == "/rate_limit":
            return
        resource = resource_of(path)
        budget = self.budget(caller, resource)
        behaviour = self._world.behaviour
        if behaviour.rate_limit_enforced and budget.used >= behaviour.rate_limit:
            # GraphQL says so in the errors of an answer that is none the worse for it by its status.
            status = 200 if resource == "graphql" else behaviour.rate_limit_status
            message = f"API rate limit exceeded for {_holder(caller)}."
            raise Refusal("RATE_LIMITED", message, status=status)
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


def _holder(caller: Caller) -> str:
    if caller.installation is not None:
        return f"installation ID {caller.installation.id}"
    if caller.kind == "app" and caller.app is not None:
        return f"app ID {caller.app.id}"
    return "anonymous requests" if caller.account is None else f"user ID {caller.account.id}"


def resource_of(path: str) -> str:
    """Which budget a path draws on."""
    return "graphql" if path == "/graphql" else "core"
