"""Where commands are kept: plain functions of a sandbox and JSON values, called by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ..state import App, Installation

if TYPE_CHECKING:
    from ..sandbox import Sandbox

F = TypeVar("F", bound=Callable[..., Any])
COMMANDS: dict[str, Callable[..., Any]] = {}


def command(function: F) -> F:
    """Make a function a command. It is given the sandbox and JSON values by name, and returns a JSON value."""
    COMMANDS[function.__name__] = function
    return function


def app_of(github: Sandbox, slug: str) -> App:
    """An App by its slug; raises LookupError."""
    with github.world.lock:
        found = next((app for app in github.world.apps.values() if app.slug == slug), None)
    if found is None:
        raise LookupError(f"there is no App {slug}")
    return found


def installation_of(github: Sandbox, identifier: int) -> Installation:
    """An installation by its number; raises LookupError."""
    found = github.world.installations.get(identifier)
    if found is None:
        raise LookupError(f"there is no installation {identifier}")
    return found
