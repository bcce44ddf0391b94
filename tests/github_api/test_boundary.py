"""The GitHub library stays in its room."""

from __future__ import annotations

import ast
import inspect
import typing
from pathlib import Path

import bot
from bot.github_api.client import GitHubClient, Installation

HTTP_LIBRARIES = {"github", "requests", "urllib3"}
BOT = Path(bot.__file__).parent
ROOM = BOT / "github_api"


def _imported(path: Path) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


def test_only_this_package_knows_the_http_libraries() -> None:
    """No file of bot outside github_api imports github, requests or urllib3; some file inside does."""
    users = {path for path in BOT.rglob("*.py") if _imported(path) & HTTP_LIBRARIES}
    assert users
    assert {path for path in users if ROOM not in path.parents} == set()


def _modules(hint: object) -> set[str]:
    """The top-level packages of every type in an annotation."""
    inner = {name for part in typing.get_args(hint) for name in _modules(part)}
    return inner | {str(getattr(hint, "__module__", "builtins")).partition(".")[0]}


def test_the_way_in_speaks_only_our_types() -> None:
    """No argument and no result of the client is a type of the GitHub library."""
    allowed = {"bot", "builtins", "collections", "datetime", "types", "typing"}
    for owner in (GitHubClient, Installation):
        for name, member in inspect.getmembers(owner):
            function = member.fget if isinstance(member, property) else member
            if not name.startswith("_") and callable(function):
                modules = {m for hint in typing.get_type_hints(function).values() for m in _modules(hint)}
                assert modules <= allowed, name
