"""`/healthz`: the process lives. `/readyz`: it can do its work, or why not."""

from __future__ import annotations

import psycopg
from flask import Blueprint, Response

from bot.foundation import Foundation
from bot.store.database import DatabaseUnreachableError, require_writable
from bot.store.migrate import pending
from bot.store.queue import queue_state

Answer = tuple[Response, int]


def blueprint(services: Foundation) -> Blueprint:
    """The routes, working with `services`."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Answer:
        return _text("ok"), 200

    @routes.get("/readyz")
    def readyz() -> Answer:
        reason = _reason_against(services)
        return (_text("ready"), 200) if reason is None else (_text(reason), 503)

    return routes


def _reason_against(services: Foundation) -> str | None:
    """Why this process cannot work now; None when it can."""
    try:
        with services.database.transaction() as connection:
            missing = pending(connection)
            if missing:
                return f"database: migration {missing[0]} is missing (run `trackgate migrate`)"
            queue_state(connection)
            require_writable(connection)
    except DatabaseUnreachableError as error:
        return f"database: {error}"
    except psycopg.Error as error:
        return f"queue: does not answer ({type(error).__name__})"
    return None


def _text(text: str) -> Response:
    return Response(f"{text}\n", mimetype="text/plain")
