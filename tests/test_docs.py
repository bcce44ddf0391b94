"""The documentation says what the code does: names, links, targets, and the example of the README."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from bot.cli.main import app
from bot.core.checks import check_name
from bot.core.commands import MARKER, USAGE
from bot.core.effects import GATE, RELEASE_GATE, TRACK_GATE_PREFIX
from bot.web import webhooks
from tests.test_architecture import FLOORS

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PLAN = re.compile(
    r"<!-- plan: begin -->\n+    \$ trackgate (?P<call>.+)\n\n"
    r"(?P<shown>(?:    .*\n|\n)+?)\n*<!-- plan: end -->"
)
OURS = re.compile(r"`((?:bot|sandbox|demo|tests|docs|policies|scripts|requirements|bench)/[\w./-]*)`")


def outside_code(text: str) -> str:
    """Markdown without its fenced blocks and code spans."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link of each page names a file or folder that is there, and a heading that is on it."""
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", outside_code(text)):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / unquote(path) if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_named_in_the_docs_exist(page: Path) -> None:
    """A path of this repository in backticks is one that is there, so that a moved file is missed."""
    text = page.read_text(encoding="utf-8")
    for name in OURS.findall(text):
        if name.startswith("docs/project/"):  # documents of the repository that the shipped policy is for
            continue
        assert (ROOT / name).exists(), f"{page.name}: {name}"


def test_pages_named_in_the_code_exist() -> None:
    """A page of `docs/` that a Python or SQL file of `bot/` sends its reader to is there."""
    named = {
        (file.relative_to(ROOT), page)
        for suffix in ("py", "sql")
        for file in ROOT.glob(f"bot/**/*.{suffix}")
        for page in re.findall(r"\bdocs/[\w./-]+?\.md\b", file.read_text(encoding="utf-8"))
    }
    assert named, "the search finds them at all"
    assert [(str(file), page) for file, page in sorted(named) if not (ROOT / page).exists()] == []


def test_every_decision_is_in_the_index() -> None:
    """`docs/decisions/README.md` links each decision once."""
    folder = ROOT / "docs" / "decisions"
    linked = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert linked == sorted(file.name for file in folder.glob("[0-9]*.md"))


def test_make_targets_are_documented_and_exist() -> None:
    """The Makefile's targets, its own listing and the table of CONTRIBUTING are the same."""
    targets = re.findall(r"^([a-z][a-z-]*):", MAKEFILE, flags=re.MULTILINE)
    explained = re.findall(r"^([a-z][a-z-]*):.*## \w", MAKEFILE, flags=re.MULTILINE)
    [phony] = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, flags=re.MULTILINE)
    assert targets == explained == phony.split()
    assert re.findall(r"^\| `make ([a-z-]+)` \|", CONTRIBUTING, flags=re.MULTILINE) == targets
    for text in (README, CONTRIBUTING):
        assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", text, flags=re.MULTILINE)) <= set(targets)


def test_floors_are_documented() -> None:
    """The architecture's table puts each room on the floor where the test of imports has it."""
    rows = re.findall(r"^\| (\d) \| (`.+?) \|", ARCHITECTURE, flags=re.MULTILINE)
    shown = {name.strip("/").removesuffix(".py").replace("/", "."): floor for floor, names in rows
             for name in re.findall(r"`([^`]+)`", names)}  # fmt: skip
    for room, floor in shown.items():
        assert int(floor) == FLOORS.get(room, FLOORS["bot"]), room
    above_core = {room for room in FLOORS if not room.startswith("bot.core") and room != "bot"}
    assert above_core <= set(shown)


def commands(command: Any, name: str = "trackgate") -> Iterator[tuple[str, Any]]:
    """All sub-commands with their whole names."""
    for word, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{name} {word}")
    if not hasattr(command, "commands"):
        yield name, command


def test_commands_and_their_options_are_documented() -> None:
    """`docs/cli.md` has a section for each command, and each option and argument is in it; and no others."""
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `(trackgate [^`]+)`\n(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL))
    there = dict(commands(get_command(app)))
    assert set(sections) == set(there)
    for name, command in there.items():
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        assert set(re.findall(r"--[a-z][a-z-]+", sections[name])) == options
        for parameter in command.params:
            if parameter.param_type_name == "argument":
                assert parameter.name.rstrip("s").upper() in sections[name]


def environment_variables() -> set[str]:
    """Names that the program looks up in an environment: `x.get("NAME")`, `x["NAME"]`, `"NAME" in x`."""
    found: list[ast.expr] = []
    files = [ROOT / "app.py", *ROOT.glob("bot/**/*.py"), *ROOT.glob("demo/**/*.py")]
    for node in (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            found += node.args[:1] if is_environment(node.func.value) else []
        elif isinstance(node, ast.Subscript) and is_environment(node.value):
            found.append(node.slice)
        elif isinstance(node, ast.Compare) and is_environment(node.comparators[0]):
            found.append(node.left)
    return {part.value for part in found if isinstance(part, ast.Constant) and str(part.value).isupper()}


def is_environment(expression: ast.expr) -> bool:
    """Whether an expression is the environment, by the names that the program has for it."""
    return ast.unparse(expression) in ("os.environ", "environment", "values")


def test_environment_variables_are_documented_and_read() -> None:
    """The README's table names exactly the variables that the program reads."""
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", README, flags=re.MULTILINE))
    assert documented == environment_variables()
    assert {"GITHUB_APP_PRIVATE_KEY_FILE", "POLICY_DIR", "PORT"} <= documented, "the search finds them at all"


def test_check_run_names_are_documented() -> None:
    """Every name that people make a required check, or give a job, is in the README."""
    for name in (GATE, f"{TRACK_GATE_PREFIX}<track>", RELEASE_GATE, check_name("<track>")):
        assert f"`{name}`" in README


def test_comment_commands_are_documented() -> None:
    """The README's table of commands is the one that `/gate help` answers with: verbs, arguments, who may."""
    rows = re.findall(rf"^\| `{MARKER} (\w+) ?([^`]*)` \| .+ \| (.+) \|$", README, flags=re.MULTILINE)
    assert rows == [(verb.value, arguments, who) for verb, (arguments, _, who) in USAGE.items()]


def test_http_routes_are_documented() -> None:
    """Each route of `bot/web` is in the table of the architecture."""
    found = set()
    for file in (ROOT / "bot" / "web").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        named = dict(re.findall(r"^(_?[A-Z]+) = \"(/.+)\"$", text, flags=re.MULTILINE))
        for method, given in re.findall(r"@routes\.(get|post)\(([^)]+)\)", text):
            path = re.sub(r"<int\(.*?\):", "<", named.get(given, given.strip('"')))
            found.add(f"{method.upper()} {path}")
    found.add(f"POST {webhooks.PATH}")  # it is answered before Flask
    assert set(re.findall(r"^\| `((?:GET|POST) [^`]+)` \|", ARCHITECTURE, flags=re.MULTILINE)) == found


def test_readmes_plan_is_what_the_command_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's example, run again on this repository, gives what is printed there, word for word."""
    found = PLAN.search(README)
    assert found is not None, "the example stands between its two marks"
    call = found["call"].split()
    commits = [word for word in call[1:] if re.fullmatch(r"[0-9a-f]{7,40}", word)]
    assert len(commits) == 2
    for commit in commits:
        look = ["git", "cat-file", "-e", f"{commit}^{{commit}}"]
        known = subprocess.run(look, cwd=ROOT, check=False, capture_output=True)
        if known.returncode:
            pytest.skip(f"this clone does not have commit {commit}")
    monkeypatch.chdir(ROOT)
    answer = CliRunner().invoke(app, call)
    shown = "".join(line.removeprefix("    ") for line in found["shown"].splitlines(keepends=True))
    # A clone with a remote on GitHub begins with its name.
    assert re.sub(r"^[\w.-]+/[\w.-]+: ", "", answer.stdout).rstrip() == shown.rstrip()
