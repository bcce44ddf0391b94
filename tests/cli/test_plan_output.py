"""How `trackgate plan` answers: JSON of a written shape, tables on a terminal, lines in a pipe; no network."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from bot.cli.plan_report import report_json_schema
from tests.support.local_repository import LocalRepository

pytestmark = pytest.mark.end_to_end

Trackgate = Callable[..., Any]
ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "bot.cli", "plan")
HOSTILE = {
    "backend/späße mit 'quotes\" und \N{PILE OF POO}.py": "x",
    "backend/new\nline\tand\x1b[31mcolour.py": "x",
    "backend/right-to-left-\u202egnp.py": "x",
    b"backend/\xff\xfe-not-utf-8.py": "x",
    "backend/[bold]markup[/bold].py": "x",
}


def run(folder: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, as a shell starts it."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | options.pop("env", {})
    command = [*options.pop("before", ()), *COMMAND, "--repository", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, env=environment, check=False, timeout=60, **options)


def test_committed_schema_is_that_of_the_answer() -> None:
    """`docs/plan.schema.json` is generated: write `report_json_schema()` into it when this fails."""
    assert (ROOT / "docs" / "plan.schema.json").read_text(encoding="utf-8") == report_json_schema()


def test_answers_conform_to_the_schema(trackgate: Trackgate, repository: LocalRepository) -> None:
    """An answer with every kind of part in it is what the schema says, and nothing else would be."""
    repository.git("mv", "backend/api.py", "dbt/api.sql")
    repository.commit({"docs/a.md": "x", "else": "x"})
    arguments = ("--author", "sofia", "--label", "refactor", "--label", "gate/hold")
    answer = json.loads(trackgate("plan", "--json", "--repository", repository.folder, *arguments).stdout)
    validator = jsonschema_rs.Draft202012Validator(json.loads(report_json_schema()))
    assert [str(error) for error in validator.iter_errors(answer)] == []
    assert all(answer[part] for part in ("problems", "tracks", "reviewers", "paths", "labels"))
    assert not validator.is_valid({**answer, "more": 1})


def test_plain_text_in_a_pipe(trackgate: Trackgate, repository: LocalRepository) -> None:
    """Every part of the answer is there, one row a line, columns aligned, no control characters."""
    repository.commit({"backend/api.py": "new\n", "docs/a.md": "x", "other": "x"})
    text = trackgate("plan", "--repository", repository.folder, "--author", "sofia").stdout
    base, head = repository.git("rev-parse", "main"), repository.git("rev-parse", "HEAD")
    assert text.startswith(f"{head[:7]} into main {base[:7]}, from merge base {base[:7]}: 3 files, 43 lines\n")
    for line in (
        "  maya  backend     maya is an owner of backend",
        "  raj   backend     sofia is an owner of backend; sofia is the author; "
        "maya has a slot of this track already",
        "  raj   everything  cross-stream reviewer: 2 tracks touched and 1 path outside all tracks",
        "  track / backend  1  ruff check backend && pytest -q backend",
        "  backend/api.py  backend             longest match: prefix backend/",
        "  other           outside all tracks  no track's prefix or glob matches",
    ):
        assert line in text.splitlines()
    assert re.search(r"^  docs/runbooks/operations\.md +missing$", text, re.MULTILINE)
    assert re.fullmatch(r"[^\x00-\x09\x0b-\x1f\x7f-\x9f]*", text)


def test_hostile_paths_are_shown_and_obeyed_by_nothing(trackgate: Trackgate, repository: LocalRepository) -> None:
    """Line breaks, colours, direction marks and bytes that are no text stand escaped, in every form."""
    repository.commit(HOSTILE)
    arguments = ("--repository", repository.folder)
    text = trackgate("plan", *arguments).stdout
    for shown in (
        "backend/späße mit 'quotes\" und \N{PILE OF POO}.py",
        r"backend/new\nline\tand\x1b[31mcolour.py",
        r"backend/right-to-left-\u202egnp.py",
        r"backend/\xff\xfe-not-utf-8.py",
        "backend/[bold]markup[/bold].py",
    ):
        assert shown in text
    answer = trackgate("plan", "--json", *arguments).stdout
    assert answer.isascii()
    paths = {path["path"]: path["track"] for path in json.loads(answer)["paths"]}
    assert set(paths.values()) == {"backend"}
    assert "backend/new\nline\tand\x1b[31mcolour.py" in paths
    assert r"backend/\xff\xfe-not-utf-8.py" in paths


def test_tables_on_a_terminal(repository: LocalRepository) -> None:
    """On a terminal the same words stand in tables; a path's own escape sequences still have no effect."""
    repository.commit(HOSTILE)
    controller, terminal = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "150", "TERM": "xterm", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [*COMMAND, "--repository", str(repository.folder)], stdout=terminal, stderr=terminal, env=environment
    )
    os.close(terminal)
    output = b""
    try:
        while block := os.read(controller, 65536):
            output += block
    except OSError:  # how Linux says that the other side was closed
        pass
    finally:
        os.close(controller)
    assert process.wait(timeout=60) == 0
    text = output.decode()
    assert "Who must approve" in text
    assert "─" in text
    assert r"\x1b[31mcolour.py" in text
    assert "\x1b[31m" not in text
    assert "[bold]markup[/bold]" in text


def test_terminal_without_unicode_and_closed_pipe(repository: LocalRepository) -> None:
    """A character that can't be shown is escaped; a reader who leaves early is no error."""
    repository.commit(HOSTILE)
    western = run(repository.folder, env={"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"})
    assert (western.returncode, western.stderr) == (0, b"")
    assert "späße mit 'quotes\" und \\U0001f4a9.py".encode("latin-1") in western.stdout
    reading, writing = os.pipe()
    os.close(reading)
    command = [*COMMAND, "--repository", str(repository.folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    closed = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, env=environment, check=False, timeout=60
    )
    os.close(writing)
    assert b"Traceback" not in closed.stderr


def test_uses_no_network(repository: LocalRepository, tmp_path: Path) -> None:
    """Python connects to nothing, and git fetches nothing, even in a clone that lacks objects.

    Where the system allows it, the process also runs in a network namespace that has no network at all.
    """
    repository.commit({"backend/api.py": "new\n"})
    repository.git("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    uri = repository.folder.as_uri()
    repository.git(
        "clone", "--quiet", "--no-checkout", "--filter=blob:none", "--branch=feature", uri, str(partial)
    )
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import os, sys\n"
        "def no_sockets(event, arguments):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto'):\n"
        "        os.write(2, f'network: {event}'.encode())\n"
        "        os._exit(99)\n"
        "sys.addaudithook(no_sockets)\n"
    )
    namespace = ("unshare", "--map-root-user", "--net")
    allowed = shutil.which("unshare") and not subprocess.run([*namespace, "true"], check=False).returncode
    options = {
        "before": namespace if allowed else (),
        "env": {
            "PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{ROOT}",
            "GIT_TRACE2_EVENT": str(tmp_path / "trace"),
        },
    }
    whole = run(repository.folder, **options)
    assert (whole.returncode, whole.stderr) == (0, b"")
    lacking = run(partial, "origin/main", "--policy", str(repository.folder / ".github"), **options)
    assert lacking.returncode == 2
    assert b"objects are missing in this partial clone" in lacking.stderr
    started = [json.loads(line) for line in (tmp_path / "trace").read_text(encoding="utf-8").splitlines()]
    names = {event["name"] for event in started if event["event"] == "cmd_name"}
    assert names <= {
        "rev-parse",
        "merge-base",
        "symbolic-ref",
        "config",
        "cat-file",
        "diff-tree",
        "ls-tree",
        "fetch",
    }
    assert not [event for event in started if event["event"] == "child_start" and "upload-pack" in str(event)]
