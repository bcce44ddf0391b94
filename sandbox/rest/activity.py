"""The activity of a repository: what became of its branches, page by page with cursors."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from urllib.parse import urlencode

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from ..errors import unprocessable
from ..payloads.activity import activity_json
from ..state import Activity
from .common import PAGE_DEFAULT, PAGE_MAXIMUM, answer, find_repository, world

blueprint = Blueprint("activity", __name__)
DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
KINDS = ("push", "force_push", "branch_creation", "branch_deletion", "pr_merge", "merge_queue_merge")


@blueprint.get("/repos/<owner>/<name>/activity")
def list_activity(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    asked = request.args
    for member, known in (("direction", ("asc", "desc")), ("activity_type", KINDS), ("time_period", DAYS)):
        if member in asked and asked[member] not in known:
            raise unprocessable("Validation Failed", f"{member} is not included in the list")
    found = [entry for entry in repository.activities if _wanted(entry)]
    if asked.get("direction", "desc") == "desc":
        found.reverse()
    size = asked.get("per_page", PAGE_DEFAULT, type=int)
    page, start = _window(found, max(1, min(size, PAGE_MAXIMUM)))
    _link(found, page, start)
    return answer([activity_json(world(), entry) for entry in page])


def _wanted(entry: Activity) -> bool:
    asked = request.args
    kind, period, reference = asked.get("activity_type"), asked.get("time_period"), asked.get("ref")
    if period is not None and entry.moment < world().clock.now() - timedelta(days=DAYS[period]):
        return False
    return (
        kind in (None, entry.kind)
        and (reference is None or entry.reference in (reference, f"refs/heads/{reference}"))
        and asked.get("actor", entry.actor.login).lower() == entry.actor.login.lower()
    )


def _window(found: list[Activity], size: int) -> tuple[list[Activity], int]:
    """The page that the cursors name, and where it begins."""
    places = {entry.id: place for place, entry in enumerate(found)}
    after, before = (_cursor(request.args.get(side)) for side in ("after", "before"))
    start = places.get(after, -1) + 1 if after is not None else 0
    if before is not None:
        start = max(0, places.get(before, 0) - size)
    return found[start : start + size], start


def _cursor(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(base64.urlsafe_b64decode(text.encode()).decode())
    except (binascii.Error, ValueError):
        raise unprocessable("Validation Failed", "The cursor is not valid") from None


def _link(found: list[Activity], page: list[Activity], start: int) -> None:
    links: list[str] = []
    for relation, side, entry, exists in (
        ("next", "after", page[-1:], start + len(page) < len(found)),
        ("prev", "before", page[:1], start > 0),
    ):
        if entry and exists:
            kept = {name: value for name, value in request.args.items() if name not in ("after", "before")}
            kept[side] = base64.urlsafe_b64encode(str(entry[0].id).encode()).decode()
            links.append(f'<{world().url}{request.path}?{urlencode(kept)}>; rel="{relation}"')
    g.link = ", ".join(links) or None
