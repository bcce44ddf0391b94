"""Do webhook payloads conform to GitHub's published schemas?

Two publications exist. `@octokit/webhooks-schemas` is the strict one: it names every member, and refuses
others. It knows no `repository_ruleset` and a few newer actions; those are judged by the `x-webhooks` part
of the OpenAPI document, which is current but lenient (members it does not name are allowed).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs

from tests.contract.openapi_schema import Schemas, problems, reachable

_PREFIX = "#/definitions/"


class Webhooks:
    """GitHub's published webhook schemas; validators are made when an event is first met."""

    def __init__(self, strict: Mapping[str, Any], current: Mapping[str, Any]) -> None:
        """Takes the parsed JSON Schema of @octokit/webhooks-schemas and the parsed OpenAPI document."""
        self._definitions: dict[str, Any] = strict["definitions"]
        self._current = current["x-webhooks"]
        self._schemas = Schemas(current)
        self._validators: dict[str, jsonschema_rs.Draft7Validator] = {}

    @classmethod
    def load(cls, strict: Path, current: Path) -> Webhooks:
        """Read both documents from disk."""
        return cls(json.loads(strict.read_bytes()), json.loads(current.read_bytes()))

    def check_webhook(self, event: str, payload: Mapping[str, Any]) -> list[str]:
        """Every way in which a payload departs from the schema of its event; empty when it conforms."""
        action = payload.get("action")
        label = f"{event}.{action}" if action is not None else event
        name = self._strict_name(event, action)
        if name is not None:
            if name not in self._validators:
                root = {"$ref": f"{_PREFIX}{name}"}
                reached = reachable(root, _PREFIX, self._definitions.__getitem__)
                schema = {**root, "definitions": reached}
                self._validators[name] = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
            return problems(self._validators[name], payload, f"{label} ")
        key = _current_key(event, action)
        if key not in self._current:
            return [f"{label}: no such event or action"]
        if key not in self._validators:
            body = self._current[key]["post"]["requestBody"]["content"]["application/json"]["schema"]
            self._validators[key] = self._schemas.validator(body)
        return problems(self._validators[key], payload, f"{label} ")

    def source(self, event: str, action: str | None) -> str | None:
        """Which publication judges an event: `strict`, `current`, or None when neither knows it."""
        if self._strict_name(event, action) is not None:
            return "strict"
        return "current" if _current_key(event, action) in self._current else None

    def events(self) -> set[tuple[str, str | None]]:
        """Every (event, action) that the strict publication knows."""
        pairs = (name.partition("$") for name in self._definitions if "$" in name)
        return {(event, None if action == "event" else action) for event, _, action in pairs}

    def _strict_name(self, event: str, action: object) -> str | None:
        """The definition for an event: of its action, or of the event where actions are not told apart."""
        for name in (f"{event}${action}", f"{event}$event"):
            if name in self._definitions:
                return name
        return None


def _current_key(event: str, action: object) -> str:
    """The name of an event in the OpenAPI document: `repository-ruleset-created`."""
    return "-".join([event, *([str(action)] if action is not None else [])]).replace("_", "-")
