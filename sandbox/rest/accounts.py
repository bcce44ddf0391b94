"""Users, and the rate limit."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ..access import acting_account
from ..errors import Refusal
from ..limits import Limits
from ..payloads.accounts import full_user_json
from .common import answer, caller, world

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/user")
def get_authenticated() -> ResponseReturnValue:
    if caller().kind == "installation":
        raise Refusal("FORBIDDEN", "Resource not accessible by integration")
    return answer(full_user_json(world(), acting_account(caller())))


@blueprint.get("/users/<login>")
def get_user(login: str) -> ResponseReturnValue:
    return answer(full_user_json(world(), world().account(login)))


@blueprint.get("/rate_limit")
def rate_limit() -> ResponseReturnValue:
    limits = Limits(world())
    core = limits.as_json(caller(), "core")
    resources = {
        "core": core,
        "graphql": limits.as_json(caller(), "graphql"),
        "search": {"limit": 30, "used": 0, "remaining": 30, "reset": core["reset"]},
    }
    return answer({"resources": resources, "rate": core})
