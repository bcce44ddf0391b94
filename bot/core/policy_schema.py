"""What the models say about themselves: the JSON Schema for editors, and the keys each section knows."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any

from pydantic.fields import FieldInfo

from bot.core.policy_model import Policy
from bot.core.policy_text import KeyPath
from bot.core.policy_types import Section

SCHEMA_FILE = "policy.schema.json"


def policy_json_schema() -> str:
    """The JSON Schema (draft 2020-12) of a policy file: `policies/policy.schema.json`, byte for byte."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema.update(Policy.model_json_schema(by_alias=True))
    schema["title"] = "Trackgate policy"
    _close(schema)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def all_keys() -> tuple[str, ...]:
    """Every key of the format, as `docs/policy.md` writes it: `people.<name>.away.from`, `version` …"""
    return tuple(_keys(Policy, ""))


def section_at(path: KeyPath) -> type[Section] | None:
    """The section a path of a policy leads to, None where the format has no section (a list, a text)."""
    found: Any = Policy
    for part in path:
        if isinstance(found, type) and issubclass(found, Section):
            fields = _fields(found)
            if part not in fields:
                return None
            found = _inner(fields[str(part)].annotation)
        else:
            found = _inner(_element(found))
    return found if isinstance(found, type) and issubclass(found, Section) else None


def known_keys(section: type[Section]) -> tuple[str, ...]:
    """The keys that may stand in a section, as they are written in the YAML."""
    return tuple(_fields(section))


def _fields(section: type[Section]) -> dict[str, FieldInfo]:
    return {info.alias or name: info for name, info in section.model_fields.items()}


def _keys(section: type[Section], start: str) -> Iterator[str]:
    for key, info in _fields(section).items():
        yield start + key
        inner = _inner(info.annotation)
        below = f"{start}{key}."
        if typing.get_origin(inner) is Mapping:
            inner, below = _inner(_element(inner)), f"{below}<name>."
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from _keys(inner, below)


def _inner(annotation: Any) -> Any:
    """The annotation without `Annotated` and without `| None`."""
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif origin in {UnionType, typing.Union}:
            annotation = next(a for a in typing.get_args(annotation) if a is not type(None))
        else:
            return annotation


def _element(annotation: Any) -> Any:
    """What a mapping or tuple holds; None for anything that holds nothing."""
    arguments = [a for a in typing.get_args(annotation) if a is not Ellipsis]
    return arguments[-1] if arguments else None


def _close(schema: Any) -> None:
    """Let editors flag names that match no pattern: pydantic leaves such mappings open."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        for value in schema.values():
            _close(value)
    elif isinstance(schema, list):
        for value in schema:
            _close(value)
