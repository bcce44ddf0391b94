"""Rulesets, and what the App was granted: for `trackgate doctor`, and after a ruleset changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.github_api.auth import AppCredential
from bot.github_api.budget import RequestKind
from bot.github_api.errors import NotFound
from bot.github_api.graphql import Json
from bot.github_api.release_readings import Grants
from bot.github_api.session import PAGE_SIZE, Session, repository_path
from bot.github_api.transport import Request


def read_rulesets(session: Session, repository: str) -> tuple[Mapping[str, Any], ...]:
    """The rulesets on tags of a repository, its organisation's among them, as GitHub gives them.

    `bypass_actors` is only there for those who may change the ruleset. 1 request, and 1 for each ruleset (a
    repository may have 75); one that is gone by then is left out.
    """
    path = repository_path(repository, "rulesets")
    found: list[Mapping[str, Any]] = []
    number = 0
    while True:
        number += 1
        parameters: dict[str, str | int] = {"targets": "tag", "per_page": PAGE_SIZE, "page": number}
        page = session.get("list rulesets", path, parameters)
        found += [item for item in page if item.get("target") == "tag"]
        if len(page) < PAGE_SIZE:
            break
    return tuple(whole for item in found if (whole := _whole(session, repository, int(item["id"]))) is not None)


def _whole(session: Session, repository: str, ruleset_id: int) -> Json | None:
    try:
        answer: Json = session.get("read a ruleset", repository_path(repository, "rulesets", ruleset_id))
    except NotFound:
        return None
    return answer


def read_app_grants(app: AppCredential) -> Grants:
    """What the App asks for (1 request)."""
    return _grants(app.send(Request("GET", "/app", RequestKind.READ, "read our App")).data)


def read_installation_grants(app: AppCredential, installation_id: int) -> Grants:
    """What one installation was granted; less than the App asks for until its owner accepts (1 request)."""
    path = f"/app/installations/{installation_id}"
    return _grants(app.send(Request("GET", path, RequestKind.READ, "read an installation")).data)


def _grants(item: Json) -> Grants:
    permissions = {str(name): str(level) for name, level in (item.get("permissions") or {}).items()}
    return Grants(permissions, frozenset(str(event) for event in item.get("events") or ()))
